import Artifacts
import Foundation
import Pipelines
import Stages
import Testing

@Suite("model.select and repeated evaluations") struct SelectStageTests {
    private func evaluation(_ name: String, model: String, label: String) -> String {
        """
          \(name):
            uses: evaluate.exact-match
            in: { model: \(model), dataset: substitution }
            with: { label: "\(label)" }

        """
    }

    /// A model that has learned nothing and one that has; the second answers more of what it was trained on.
    private var models: String {
        TinyPipeline.data + """
              unlearned:
                uses: model.train
                in: { corpus: substitution-corpus }
                with: { layers: 1, width: 16, heads: 2, steps: 0, seed: 8 }
              learned:
                uses: model.train
                in: { corpus: substitution-corpus }
                with: { layers: 2, width: 32, heads: 2, positions: learned, steps: 300, batch: 16, seed: 8 }

            """ + evaluation("low", model: "unlearned", label: "a.x")
            + evaluation("high", model: "learned", label: "a.x")
    }

    @Test("the model with the highest score, or the lowest if asked, is passed on as it is; of equals, the first")
    func select() async throws {
        let workshop = try StageWorkshop()
        let result = try await workshop.run(
            models + """
                  best:
                    uses: model.select
                    in: { models: [unlearned, learned], scores: [low, high] }
                    with: { of: model }
                  worst:
                    uses: model.select
                    in: { models: [learned, unlearned], scores: [high, low] }
                    with: { of: model, order: lowest }
                  first:
                    uses: model.select
                    in: { models: [unlearned, learned], scores: [high, high] }
                    with: { of: model }

                """)
        #expect(result.metrics("low")["accuracy"] != result.metrics("high")["accuracy"])
        #expect(result.outputs["best.best"] == result.outputs["learned.model"])
        #expect(result.outputs["worst.best"] == result.outputs["unlearned.model"])
        #expect(result.metrics("worst")["accuracy"] == result.metrics("low")["accuracy"])
        #expect(result.outputs["first.best"] == result.outputs["unlearned.model"])
        #expect(result.metrics("best")["chosen"] == 2)
        #expect(result.metrics("unlearned")["loss"] == nil, "a model without a step has no loss")
    }

    @Test("a model without a score is a mistake of the plan")
    func counts() async throws {
        let workshop = try StageWorkshop()
        await #expect(throws: (any Error).self) {
            try await workshop.run(
                models + """
                      best:
                        uses: model.select
                        in: { models: [unlearned, learned], scores: low }
                        with: { of: model }

                    """)
        }
    }

    @Test("several evaluations of one label come to their mean, and their deviation")
    func repeated() async throws {
        let workshop = try StageWorkshop()
        let result = try await workshop.run(
            models + """
                  results:
                    uses: results.table
                    in: { scores: [low, high] }
                    with: { title: t, rows: [a], columns: [x] }

                """)
        let (low, high) = (result.metrics("low")["accuracy"] ?? -1, result.metrics("high")["accuracy"] ?? -1)
        let table = try JSONDecoder().decode(
            ResultTable.self, from: try workshop.artifact("results", "table", of: result).data(ResultTable.member))
        #expect(table.values["a.x"] == (low + high) / 2)
        // Of two values the deviation is their distance over the square root of 2.
        #expect(abs((table.margins?["a.x"] ?? -1) - abs(high - low) / 2.0.squareRoot()) < 1e-12)
        #expect(result.metrics("results")["a.x.accuracy-lowest"] == min(low, high))
        #expect(table.notes.contains { $0.contains("standard deviation") })
    }
}
