import Artifacts
import Foundation
import Pipelines
import Stages
import Tasks
import Testing

@Suite("Generic kinds with a task and a tokenizer of another kind") struct OtherTaskTests {
    private static func pipeline(_ with: String = "") -> String {
        """
        name: letters
        stages:
          letters: { uses: letters, with: { \(with) } }
          corpus: { uses: corpus.tokenize, in: { datasets: letters.examples, tokenizer: letters.tokenizer } }
          model:
            uses: model.train
            in: { corpus: corpus, validation: corpus }
            with: { layers: 1, width: 16, heads: 2, steps: 60, batch: 3, warmup: 5, learning-rate: 0.02 }
          composed:
            uses: model.compose
            in: { anchor: model, augmenting: model, corpus: corpus }
            with: { connections: { last: 1 }, steps: 1, batch: 3 }
          score: { uses: evaluate.exact-match, in: { model: composed, dataset: letters.examples } }

        """
    }

    private func run(_ with: String = "") async throws -> (workshop: StageWorkshop, result: RunResult) {
        let workshop = try StageWorkshop()
        let pipeline = try PipelineLoader().load(text: Self.pipeline(with), registry: .letters, overrides: [:])
        return (workshop, await workshop.runner(registry: .letters).run(pipeline))
    }

    @Test("they tokenize, train, compose and evaluate with it")
    func learns() async throws {
        let (workshop, result) = try await run()
        #expect(result.exit == 0, "\(result.stages.compactMap { $0.failure })")
        #expect(result.metrics("corpus") == ["sequences": 3, "tokens": 12])
        let predictions = try workshop.rows(
            "predictions.tsv", of: workshop.artifact("score", "predictions", of: result))
        #expect(predictions.map { $0[2] } == ["za", "zb", "zc"])
        #expect(result.metrics("score")["accuracy"] == 1)
        let metrics = try workshop.artifact("score", "metrics", of: result)
        #expect(metrics.manifest.metadata["notes"] == .array([.string("27 tokens")]))
    }

    @Test(
        "what doesn't fit ends the stage that finds it",
        arguments: [
            ("file: '{ \"end\": true }'", "corpus", "tokenizer.json is in no known format; known: letters"),
            ("file: '[\"letters\"]'", "corpus", "tokenizer.json is in no known format; known: letters"),
            ("file: '{ \"letters\": 26 }'", "corpus", "the tokenizer has no token that ends a text"),
            ("unfit: true", "corpus", "the letters are unfit (dataset "),
            ("prompt: ''", "corpus", "the prompt is empty and the tokenizer has no token that begins a text"),
            ("judge: final-number", "score", "asks for the judge 'final-number'; expected one of exact"),
        ])
    func refused(with: String, stage: String, message: String) async throws {
        let (_, result) = try await run(with)
        let failed = result.stages.filter { $0.failure != nil }
        #expect(failed.map(\.name) == [stage])
        #expect(
            failed.first?.failure?.message.contains(message) == true, "\(String(describing: failed.first?.failure))")
    }

    @Test("planning passes the tokenizer's facts on to what is made with it, and asks the task")
    func planned() throws {
        let error = #expect(throws: PipelineDiagnostics.self) {
            try PipelineLoader().load(text: Self.pipeline("capitals: 1"), registry: .letters, overrides: [:])
        }
        let found = error?.diagnostics.map { "\($0.location.line) \($0.message)" } ?? []
        #expect(found == ["13 stage 'score': the model has learned no capitals"])
    }

    @Test("what depends on the machine's arithmetic is recorded with the kinds that train or evaluate")
    func numeric() throws {
        for name in StageRegistry.builtIn.names {
            let kind = try #require(StageRegistry.builtIn[name])
            let isNumeric = [
                "model.train", "model.compose", "model.perplexity", "model.generate", "model.score",
                "evaluate.exact-match", "evaluate.answers", "evaluate.perplexity",
            ].contains(name)
            #expect(try numericEnvironment(of: kind).isEmpty == !isNumeric, "\(name)")
        }
    }
}
