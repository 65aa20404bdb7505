import Artifacts
import Foundation
import Pipelines
import Stages
import Tasks
import Testing

@Suite("Versions of the stage kinds") struct KindVersionTests {
    private func run() async throws -> (workshop: StageWorkshop, result: RunResult) {
        let workshop = try StageWorkshop()
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        for (path, name) in [
            ("CommandLineTests/Fixtures/tiny-chat", "tiny"), ("TokenizationTests/Fixtures/lines.txt", "lines.txt"),
        ] {
            try FileManager.default.copyItem(
                at: tests.appendingPathComponent(path), to: workshop.folder.appendingPathComponent(name))
        }
        for (name, text) in KnownResults.files {
            try Data(text.utf8).write(to: workshop.folder.appendingPathComponent(name))
        }
        let result = try await workshop.run(TinyPipeline.data + TinyPipeline.models + KnownResults.stages)
        return (workshop, result)
    }

    @Test("a kind whose outputs change raises its version")
    func digests() async throws {
        let (_, result) = try await run()
        let found = result.stages.filter { stage in
            let kind = "\(stage.kind) \(version(stage.kind))"
            return KnownResults.losses[kind] == nil && KnownResults.likelihoods[kind] == nil
        }
        .flatMap { stage in
            stage.outputs.sorted { $0.key < $1.key }.map { role, digest in
                "\(stage.kind) \(version(stage.kind)) \(stage.name).\(role) \(digest.short)"
            }
        }.sorted()
        let known = KnownResults.digests.split(separator: "\n").map(String.init)
        #expect(
            found == known,
            "raise the version of the kinds that differ, then put this into KnownResults:\n\(found.joined(separator: "\n"))"
        )
    }

    @Test("a kind that trains and comes to other losses raises its version")
    func losses() async throws {
        let (workshop, result) = try await run()
        for stage in result.stages where stage.kind == "model.train" || stage.kind == "model.compose" {
            let curve = try workshop.artifact(stage.name, "curve", of: result)
            let last = try #require(try workshop.rows("loss.tsv", of: curve).last.flatMap { Double($0[1]) })
            let known = KnownResults.losses["\(stage.kind) \(version(stage.kind))"]?[stage.name]
            let difference = abs(last - (known ?? .infinity))
            #expect(
                difference < KnownResults.tolerance,
                "\(stage.kind) \(version(stage.kind)): \(stage.name) ends at \(last)")
        }
    }

    @Test("a kind that measures how well a model predicts and comes to other likelihoods raises its version")
    func likelihoods() async throws {
        let (_, result) = try await run()
        for (kind, stages) in KnownResults.likelihoods {
            for (stage, known) in stages {
                let found = try #require(result.stages.first { $0.name == stage })
                #expect("\(found.kind) \(version(found.kind))" == kind)
                let nats = found.metrics["nats-per-token"] ?? .infinity
                #expect(abs(nats - known) < KnownResults.tolerance, "\(kind): \(stage) has \(nats) nats per token")
            }
        }
    }

    /// `command` makes what a program makes, a source what it is told to fetch; `results.summary` is tested by its values.
    @Test("every other kind is in the table, with its version of now")
    func complete() {
        let known = Set(
            KnownResults.digests.split(separator: "\n").map {
                $0.split(separator: " ").prefix(2).joined(separator: " ")
            }
                + KnownResults.losses.keys + KnownResults.likelihoods.keys)
        let kinds = StageRegistry.builtIn.names.filter {
            !["command", "results.summary"].contains($0) && !$0.hasPrefix("source.")
        }.map {
            "\($0) \(version($0))"
        }
        #expect(known == Set(kinds))
    }

    private func version(_ kind: String) -> Int { StageRegistry.builtIn[kind]?.version ?? 0 }
}
