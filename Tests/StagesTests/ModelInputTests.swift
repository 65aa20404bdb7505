import Artifacts
import Foundation
import Pipelines
import Stages
import Tasks
import Testing

@Suite("Models made from models") struct ModelInputTests {
    @Test("a composition joins two augmenting models, each with connections of its own")
    func twoAugmenting() async throws {
        let workshop = try StageWorkshop()
        let composition = TinyPipeline.models.replacingOccurrences(
            of: "augmenting: augmenting,", with: "augmenting: [augmenting, second],")
        let result = try await workshop.run(
            TinyPipeline.data + """
                  second:
                    uses: model.train
                    in: { corpus: numeric-corpus }
                    with: { layers: 4, width: 8, heads: 1, steps: 2, batch: 4, seed: 9 }

                """ + composition + TinyPipeline.figures)
        #expect(result.exit == 0)
        let stored = try StoredComposition(
            try workshop.artifact("composed", "composition", of: result), tasks: .builtIn)
        #expect(
            stored.configuration.augmenting == [result.outputs["augmenting.model"], result.outputs["second.model"]])
        #expect(stored.configuration.composition.connections.map { $0.map(\.augmenting) } == [[1], [3]])
    }

    @Test("training that starts from a model and learns nothing gives that model's weights")
    func initialWeights() async throws {
        let workshop = try StageWorkshop()
        let result = try await workshop.run(
            TinyPipeline.data + TinyPipeline.models + """
                  same:
                    uses: model.train
                    in: { corpus: numeric-corpus, initial: anchor }
                    with: { steps: 3, batch: 8, learning-rate: 0, layers: 3, seed: 5 }

                """)
        let (anchor, same) = (
            try workshop.artifact("anchor", "model", of: result), try workshop.artifact("same", "model", of: result)
        )
        #expect(same.manifest.members == anchor.manifest.members)
    }

    @Test("training that starts from a model goes on from its loss")
    func initialLoss() async throws {
        let workshop = try StageWorkshop()
        let result = try await workshop.run(
            TinyPipeline.data + TinyPipeline.models + """
                  further:
                    uses: model.train
                    in: { corpus: substitution-corpus, initial: augmenting }
                    with: { steps: 2, batch: 40, label-smoothing: 0.1, seed: 6 }

                """)
        let curve = { (stage: String) in
            try workshop.rows("loss.tsv", of: try workshop.artifact(stage, "curve", of: result))
                .compactMap { Double($0[1]) }
        }
        let (first, further) = (try curve("augmenting"), try curve("further"))
        #expect(further[0] < first[0] * 0.9)
        #expect(abs(further[0] - first.suffix(5).reduce(0, +) / 5) < 0.2)
    }
}
