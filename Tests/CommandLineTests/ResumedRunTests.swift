import Foundation
import Testing

@Suite("Training that was killed")
struct ResumedRunTests {
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
            #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        }
    }
}
