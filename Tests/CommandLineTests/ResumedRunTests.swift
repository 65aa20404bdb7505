import Foundation
import Testing

@Suite("Training that was killed")
struct ResumedRunTests {
    /// About a second of training.
    private static let pipeline = """
        name: long
        stages:
          pairs: { uses: kv.pairs, with: { count: 40, held-in-share: 0.5 } }
          expressions:
            uses: kv.expressions
            in: { pairs: pairs }
            with: { training: 800, composition: 50, evaluation: 20 }
          sums: { uses: kv.task, in: { expressions: expressions.training }, with: { task: num-math } }
          tokenizer: { uses: tokenizer.symbols, in: { pairs: pairs, expressions: [expressions.training] } }
          corpus: { uses: corpus.tokenize, in: { datasets: sums, tokenizer: tokenizer } }
          model:
            uses: model.train
            in: { corpus: corpus }
            with: { layers: 2, width: 64, heads: 4, steps: 150, batch: 32, average: 0.9 }

        """

    @Test("kill -9 in mid-training, then run again: it resumes by itself and ends with the same artifacts, bit for bit")
    func killed() throws {
        let undisturbed = try Workspace(Self.pipeline).run()
        let model = try #require(undisturbed["model"])
        let key = try #require(model.key)

        let workspace = try Workspace(Self.pipeline)
        let running = try CalmProcess(
            CalmProcess.binary(), ["run", "p.yaml", "--store", "s", "--json"], in: workspace.folder,
            environment: ["CALM_CHECKPOINT_SECONDS": "0.05"])
        let checkpoint = workspace.store.appendingPathComponent("checkpoints/\(key)/training.safetensors").path
        #expect(eventually { FileManager.default.fileExists(atPath: checkpoint) })
        running.send(SIGKILL)
        #expect(try running.wait().exit == -SIGKILL)

        // The worker ends when it sees that its coordinator is gone; a new run waits for its lock if need be.
        let resumed = try workspace.run()
        #expect(resumed.exit == 0)
        #expect(resumed["model"]?.state == "executed")
        #expect(resumed.names("cached").count == 5, "what was done before stays done")
        let log = try workspace.calm("log", "model", "--store", "s").output
        #expect(log.contains(/resumed from step [1-9][0-9]* of 150/), "\(log)")
        #expect(resumed["model"]?.outputs == model.outputs)
        #expect(!FileManager.default.fileExists(atPath: checkpoint))
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }
}
