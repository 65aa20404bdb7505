import Foundation
import Testing

@Suite("Training that was killed")
struct ResumedRunTests {
    /// The steps of a stage's loss curve, in a report.
    private func curve(of stage: String, in workspace: Workspace) throws -> [Int] {
        let report = try #require(try workspace.query("report") as? [String: Any])
        let curves = try #require(report["curves"] as? [[String: Any]])
        let own = try #require(curves.first { $0["stage"] as? String == stage })
        let series = try #require(own["series"] as? [[String: Any]])
        let rates = try #require(series.first { $0["name"] as? String == "learning rate" })
        return try #require(rates["points"] as? [[Double]]).map { Int($0[0]) }
    }

    @Test(
        "kill -9 in mid-training, then run again: it resumes by itself and ends with the same artifacts, bit for bit",
        arguments: ["model", "composed"])
    func killed(_ stage: String) async throws {
        try await blocking {
            let undisturbed = try LongTraining.reference.get()
            let key = try #require(undisturbed[stage]?.key)
            let steps = stage == "model" ? 150 : 120

            let workspace = try Workspace(LongTraining.pipeline)
            let running = try workspace.start(environment: ["CALM_CHECKPOINT_SECONDS": "0.05"])
            let checkpoint = workspace.store.appendingPathComponent("checkpoints/\(key)/training.safetensors").path
            #expect(eventually { FileManager.default.fileExists(atPath: checkpoint) })
            running.send(SIGKILL)
            #expect(try running.wait().exit == -SIGKILL)

            // The worker ends when it sees that its coordinator is gone; a new run waits for its lock if need be.
            let resumed = try workspace.run()
            #expect(resumed.exit == 0)
            #expect(resumed[stage]?.state == "executed")
            let earlier = undisturbed.stages.map(\.name).prefix { $0 != stage }
            #expect(resumed.names("cached") == Array(earlier), "what was done before stays done")
            let log = try workspace.calm("log", stage, "--store", "s").output
            let step = try #require(log.firstMatch(of: /resumed from step ([1-9][0-9]*) of (\d+)/), "\(log)")
            #expect(step.2 == "\(steps)")
            #expect(resumed.outputs == undisturbed.outputs)
            #expect(!FileManager.default.fileExists(atPath: checkpoint))
            #expect(try curve(of: stage, in: workspace) == Array(1...steps), "no step is missing or told twice")
            #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        }
    }
}
