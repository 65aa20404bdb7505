import Artifacts
import Foundation
import LoopbackServing
import Pipelines
import Testing

/// Runs pipelines of sources with an environment of the test's own.
final class SourceWorkshop: Sendable {
    let workshop: StageWorkshop

    init() throws { workshop = try StageWorkshop() }

    var folder: URL { workshop.folder }
    var store: Store { workshop.store }

    func write(_ text: String, to name: String) throws {
        let file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    /// Runs the stages of a pipeline whose file lies in the folder.
    func run(
        _ stages: String, environment: [String: String] = [:], forcing forced: ForcedStages = .none,
        events: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) async throws -> RunResult {
        let pipeline = try PipelineLoader().load(
            text: "name: p\nstages:\n\(stages)", name: folder.appendingPathComponent("p.yaml").path, registry: .builtIn)
        var options = RunOptions()
        options.environment = ["HOME": folder.path].merging(environment) { _, own in own }
        options.forced = forced
        let runner = Runner(
            store: store, catalogue: workshop.catalogue, options: options,
            launcher: InProcessLauncher(registry: .builtIn))
        return await runner.run(pipeline, events: events)
    }

    /// Runs one stage that is to fail, and checks that nothing of it stays.
    func failure(
        _ stages: String, environment: [String: String] = [:], location: Testing.SourceLocation = #_sourceLocation
    ) async throws -> StageFailure {
        let result = try await run(stages, environment: environment)
        #expect(try store.objectDigests().isEmpty, sourceLocation: location)
        #expect(try store.executionKeys().isEmpty, sourceLocation: location)
        return try #require(result.stages.first?.failure, sourceLocation: location)
    }

    /// The files that wait in the store for a later attempt.
    var waiting: [String] {
        let found = FileManager.default.enumerator(atPath: store.root.appendingPathComponent("checkpoints").path)
        return (found?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".part") }
    }

    /// The members of a stage's only output, as texts.
    func members(_ stage: String, of result: RunResult) throws -> [String: String] {
        let found = try #require(result.stages.first { $0.name == stage })
        #expect(found.failure == nil, "\(found.failure?.message ?? "")")
        let digest = try #require(found.outputs.values.first)
        let artifact = try Artifact(digest, in: store)
        return try artifact.manifest.members.keys.reduce(into: [:]) {
            $0[$1] = String(decoding: try artifact.data($1), as: UTF8.self)
        }
    }
}

/// The SHA-256 of a text.
func sha256(_ text: String) -> String { Digest(of: Array(text.utf8)).hex }
