import ArgumentParser
import Foundation
import Pipelines
import Tasks

/// Which pipeline a command reads, and with which parameters.
struct PipelineOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The pipeline's YAML file, or the name of one in the nearest folder 'pipelines' (default: the only one there).",
            valueName: "pipeline"),
        completion: .custom(Completion.pipelines))
    var name: String?

    @Argument(
        help: "Only these stages and what they need; a matrix stage's name means all of its cells.",
        completion: .custom(Completion.stages))
    var stages: [String] = []

    @Option(name: .customLong("set"), help: "Another value for a parameter: params.NAME=VALUE.")
    var settings: [String] = []

    func validate() throws {
        for setting in settings where !setting.contains("=") {
            throw ValidationError("--set takes params.NAME=VALUE, found '\(setting)'")
        }
    }

    /// The pipeline's file, as it is written in the working folder.
    var pipeline: String { name.map { PipelineFile.find($0) ?? $0 } ?? (try? PipelineFile.only()) ?? "" }

    /// The checked pipeline, and what could be read of the store meanwhile.
    ///
    /// - Throws: As `load(into:)`.
    func load(readingAheadIn store: StoreOptions) async throws -> (pipeline: ResolvedPipeline, ahead: ReadAhead?) {
        async let ahead = ReadAhead(store: store.url, pipelineFile: PipelineFile.recorded(pipeline))
        let pipeline = try load(into: store)
        return (pipeline, await ahead)
    }

    /// The checked pipeline, for results in `store`.
    ///
    /// - Throws: `PipelineDiagnostics` with everything that is wrong with it.
    func load(into store: StoreOptions) throws -> ResolvedPipeline {
        if let name {
            if PipelineFile.find(name) == nil, let error = PipelineFile.missing(name) { throw error }
        } else {
            _ = try PipelineFile.only()
        }
        return try Self.load(pipeline, stages, Self.overrides(settings), store: store.url)
    }

    /// What `--set` says, by parameter.
    static func overrides(_ settings: [String]) -> [String: String] {
        var overrides: [String: String] = [:]
        for setting in settings {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            overrides[String(parts[0])] = String(parts[1])
        }
        return overrides
    }

    static func load(
        _ file: String, _ stages: [String], _ overrides: [String: String], store: URL? = nil
    ) throws -> ResolvedPipeline {
        let whole = try PipelineLoader().load(
            file: URL(fileURLWithPath: file), registry: .builtIn, overrides: overrides, store: store)
        if stages.isEmpty { return whole }
        let names = StageNames(Set(stages))
        if let unknown = names.unknown(in: whole).first {
            throw ValidationError(
                "the pipeline has no stage '\(unknown)'; it has: \(whole.stages.map(\.name).joined(separator: ", "))")
        }
        return whole.part(named: names)
    }
}
