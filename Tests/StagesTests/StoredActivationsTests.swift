import Artifacts
import Foundation
import Pipelines
import Stages
import Tasks
import Testing

@Suite("Compositions that share frozen activations") struct StoredActivationsTests {
    /// `composed` keeps activations or not; `again` does as `use` says.
    private static func pipeline(_ use: String, steps: Int = 21, first: String = "auto") -> String {
        let models = TinyPipeline.models.replacingOccurrences(
            of: "dropout: 0.1,", with: "dropout: 0.1, frozen-activations: \(first),")
        return TinyPipeline.data + models + """
              again:
                uses: model.compose
                in: { anchor: anchor, augmenting: augmenting, corpus: joint-corpus }
                with: { steps: \(steps), batch: 8, seed: 4, frozen-activations: \(use) }

            """
    }

    private func log(_ stage: String, _ result: RunResult) throws -> String {
        let report = try #require(result.stages.first { $0.name == stage })
        return try String(contentsOf: try #require(report.log), encoding: .utf8)
    }

    @Test("the second composition reads what the first computed, and its result is what it would have computed")
    func shared() async throws {
        let (workshop, other) = (try StageWorkshop(), try StageWorkshop())
        let result = try await workshop.run(Self.pipeline("always"), cores: 1)
        let logs = [try log("composed", result), try log("again", result)]
        #expect(logs.count { $0.contains("computed in") } == 1)
        #expect(logs.count { $0.contains("read from") } == 1)
        #expect(try workshop.store.materializedFiles().count == 1)
        let bytes = try #require(try workshop.store.materializedFiles().first).bytes
        for stage in ["composed", "again"] {
            #expect(result.metrics(stage)["frozen-activations-bytes"] == Double(bytes))
            // Just read or written, all of it is in memory, in whole pages.
            let resident = try #require(result.metrics(stage)["frozen-activations-resident-bytes"])
            #expect(resident >= Double(bytes) - 4_096 && resident < Double(bytes) + 131_072)
        }
        // Elsewhere only the second runs on activations of its own.
        let alone = try await other.run(Self.pipeline("always", first: "never"))
        #expect(try log("again", alone).contains("computed in"))
        #expect(alone.outputs["again.composition"] == result.outputs["again.composition"])
    }

    @Test("their absence or damage is no reason to rerun a composition", arguments: [true, false])
    func transient(isRemoved: Bool) async throws {
        let workshop = try StageWorkshop()
        let first = try await workshop.run(Self.pipeline("auto"), cores: 1)
        let file = try #require(try workshop.store.materializedFiles().first)
        let path = workshop.store.root.appendingPathComponent("materialized/\(file.key.hex)")
        try FileManager.default.removeItem(at: path)
        if !isRemoved { try Data(count: file.bytes).write(to: path) }
        let second = try await workshop.run(Self.pipeline("auto"), cores: 1)
        #expect(second.stages.allSatisfy { $0.state == .cached })
        // A third composition computes them anew.
        let third = try await workshop.run(Self.pipeline("auto, dropout: 0.2"), cores: 1)
        #expect(try log("again", third).contains("computed in"))
        #expect(third.outputs["composed.composition"] == first.outputs["composed.composition"])
    }

    @Test("a corpus too long for a model's positions is an error before anything is computed from it")
    func tooLong() async throws {
        let workshop = try StageWorkshop()
        let pipeline = try PipelineLoader().load(
            text: Self.pipeline("always", first: "always").replacingOccurrences(
                of: "maximum-positions: 64", with: "maximum-positions: 24"),
            registry: .builtIn, overrides: [:])
        let result = await workshop.runner(cores: 1).run(pipeline)
        let composed = try #require(result.stages.first { $0.name == "composed" })
        #expect(result.stages.first { $0.name == "augmenting" }?.state == .executed)
        #expect(composed.failure?.message.contains("the model positions for 24") == true, "\(composed)")
        #expect(try workshop.store.materializedFiles().isEmpty)
    }

    @Test("what isn't read twice, isn't wanted or doesn't fit is not kept")
    func unkept() async throws {
        for (use, steps, reason) in [
            ("never", 21, nil), ("auto", 2, nil),
            ("always, frozen-activations-limit: 0", 21, "frozen-activations-limit is 0"),
        ] {
            let workshop = try StageWorkshop()
            let result = try await workshop.run(Self.pipeline(use, steps: steps, first: "never"))
            #expect(try workshop.store.materializedFiles().isEmpty, "\(use)")
            let log = try log("again", result)
            #expect(!log.contains("kept as"))
            if let reason { #expect(log.contains(reason)) }
        }
    }
}
