import Artifacts
import Catalogue
import Foundation
import Pipelines
import Stages
import Tasks
import Testing

/// A store and a catalogue that are gone when the test is over, and runs of the built-in kinds inside this process.
final class StageWorkshop: Sendable {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-stages-\(UUID().uuidString)")
    let store: Store
    let catalogue: Catalogue

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = try Store(opening: folder.appendingPathComponent("store"), create: true)
        catalogue = try Catalogue(store: store)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Runs a pipeline in the folder to its end; a stage that fails fails the test.
    func run(_ text: String, _ overrides: [String: String] = [:], cores: Int = 2) async throws -> RunResult {
        let pipeline = try PipelineLoader().load(
            text: text, name: folder.appendingPathComponent("p.yaml").path, registry: .builtIn, overrides: overrides)
        let result = await runner(cores: cores).run(pipeline)
        for stage in result.stages {
            if let failure = stage.failure { Issue.record("\(stage.name): \(failure.message)") }
        }
        try #require(result.problem == nil)
        return result
    }

    func runner(cores: Int = 2, registry: StageRegistry = .builtIn) -> Runner {
        var options = RunOptions()
        options.cores = cores
        options.environment = [:]
        return Runner(
            store: store, catalogue: catalogue, options: options, launcher: InProcessLauncher(registry: registry))
    }

    /// An output of a stage of `result`.
    func artifact(_ stage: String, _ role: String, of result: RunResult) throws -> Artifact {
        let found = try #require(result.stages.first { $0.name == stage })
        return try Artifact(try #require(found.outputs[role], "\(stage).\(role)"), in: store)
    }

    /// The lines of a member without its header.
    func rows(_ member: String, of artifact: Artifact) throws -> [[String]] {
        String(decoding: try artifact.data(member), as: UTF8.self).split(separator: "\n").dropFirst()
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    }
}

extension RunResult {
    /// Artifact digests by `stage.role`.
    var outputs: [String: Digest] {
        var outputs: [String: Digest] = [:]
        for stage in stages {
            for (role, digest) in stage.outputs { outputs["\(stage.name).\(role)"] = digest }
        }
        return outputs
    }

    func metrics(_ stage: String) -> [String: Double] { stages.first { $0.name == stage }?.metrics ?? [:] }
}
