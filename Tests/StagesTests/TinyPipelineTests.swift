import Artifacts
import Evaluation
import Foundation
import LanguageModels
import Pipelines
import Stages
import Tasks
import Testing

@Suite("The whole chain, tiny") struct TinyPipelineTests {
    private static let whole = TinyPipeline.data + TinyPipeline.models + TinyPipeline.figures

    @Test("every stage gives outputs of the declared types with the members that the next ones read")
    func outputs() async throws {
        let workshop = try StageWorkshop()
        let result = try await workshop.run(Self.whole)
        #expect(result.exit == 0)
        let pairs = Set(
            try result.outputs.map { output, digest in
                let manifest = try workshop.store.manifest(digest)
                let stage = output.split(separator: "[")[0].split(separator: ".")[0]
                return "\(stage) \(manifest.type.rawValue): \(manifest.members.keys.sorted().joined(separator: " "))"
            })
        let model = "config.json tokenizer.json weights.safetensors"
        #expect(
            pairs.sorted() == [
                "anchor figure: loss.tsv",
                "anchor model: \(model)",
                "arithmetic dataset: expressions.tsv",
                "augmenting figure: loss.tsv",
                "augmenting model: \(model)",
                "composed composition: composition.safetensors config.json",
                "composed figure: loss.tsv",
                "expressions dataset: expressions.tsv",
                "held-out dataset: examples.tsv",
                "joint dataset: examples.tsv",
                "joint-corpus token-corpus: corpus.safetensors tokenizer.json",
                "numeric dataset: examples.tsv",
                "numeric-corpus token-corpus: corpus.safetensors tokenizer.json",
                "pairs dataset: pairs.tsv",
                "results table: table.json",
                "scores metrics: metrics.json",
                "scores predictions: predictions.tsv",
                "substitution dataset: examples.tsv",
                "substitution-corpus token-corpus: corpus.safetensors tokenizer.json",
                "tokenizer tokenizer: tokenizer.json",
            ])
        for (stage, member, header, count) in [
            ("scores[model=composed]", "predictions.tsv", "prompt\texpected\tpredicted\tcorrect", 8),
            ("composed", "loss.tsv", "step\tloss", 20),
        ] {
            let artifact = try workshop.artifact(stage, member == "loss.tsv" ? "curve" : "predictions", of: result)
            let lines = String(decoding: try artifact.data(member), as: UTF8.self).split(separator: "\n")
            #expect(lines.first.map(String.init) == header)
            #expect(lines.count == count + 1)
        }
    }

    @Test("how fast a training learns isn't how long it is evaluated")
    func speed() async throws {
        let workshop = try StageWorkshop()
        let result = try await workshop.run(
            TinyPipeline.data.replacing("count: 30, magnitude", with: "count: 300, magnitude") + """
                  learner:
                    uses: model.train
                    in: { corpus: numeric-corpus, validation: numeric-corpus }
                    with: { layers: 2, width: 64, heads: 2, steps: 20, batch: 1, warmup: 2 }
                """)
        let stage = try #require(result.stages.first { $0.name == "learner" })
        let key = try #require(stage.key)
        let telemetry = try #require(workshop.store.telemetry(of: key).flatMap(StageTelemetry.init(file:)))
        #expect(telemetry.evaluations.count == 40)
        // A step is on one sequence, the evaluation after it on 256.
        let seconds = try #require(telemetry.points.last?.seconds)
        #expect(seconds > 0 && seconds < stage.seconds / 2, "\(seconds) of \(stage.seconds) s")
    }

    @Test("the table's metrics are named ROW.COLUMN.METRIC and are those of the predictions")
    func metrics() async throws {
        let workshop = try StageWorkshop()
        let result = try await workshop.run(Self.whole)
        let columns = ["anchor", "augmenting", "composed"]
        let metrics = result.metrics("results")
        let own = ["accuracy", "accuracy-high", "accuracy-low", "count"]
        // All expressions have no product, so that these are no group of their own.
        let names = ["", "operands-2.", "operands-3."].flatMap { group in own.map { group + $0 } }
        #expect(
            metrics.keys.sorted() == columns.flatMap { column in names.map { "held-out.\(column).\($0)" } }.sorted())
        let table = try JSONDecoder().decode(
            ResultTable.self, from: try workshop.artifact("results", "table", of: result).data(ResultTable.member))
        #expect(table.reference == ["held-out.composed": 0.843])
        #expect(table.notes.first == "small")
        #expect(table.notes.count == 4, "the evaluations' own two notes stand once, and what ± means")
        for column in columns {
            let artifact = try workshop.artifact("scores[model=\(column)]", "predictions", of: result)
            let rows = try workshop.rows("predictions.tsv", of: artifact)
            let share = Double(rows.count { $0[3] == "1" }) / Double(rows.count)
            #expect(metrics["held-out.\(column).accuracy"] == share)
            #expect(table.values["held-out.\(column)"] == share)
            let interval = Proportion(of: rows.map { $0[3] == "1" }).interval
            #expect(table.margins?["held-out.\(column)"] == (interval.upperBound - interval.lowerBound) / 2)
            // The groups are parts of the whole.
            let parts = ["operands-2", "operands-3"].map { group in
                (metrics["held-out.\(column).\(group).accuracy"] ?? -1)
                    * (metrics["held-out.\(column).\(group).count"] ?? 0)
            }
            #expect(abs(parts.reduce(0, +) - share * Double(rows.count)) < 1e-9)
        }
    }

    @Test("a composition names the artifacts of the models that it joins and leaves their weights as they were")
    func frozen() async throws {
        let workshop = try StageWorkshop()
        let before = try await workshop.run(
            TinyPipeline.data + TinyPipeline.models.components(separatedBy: "  composed:")[0])
        let after = try await workshop.run(TinyPipeline.data + TinyPipeline.models)
        let composition = try StoredComposition(
            try workshop.artifact("composed", "composition", of: after), tasks: .builtIn)
        #expect(composition.configuration.anchor == before.outputs["anchor.model"])
        #expect(composition.configuration.augmenting == [before.outputs["augmenting.model"]])
        for (stage, decoder) in [("anchor", composition.model.anchor), ("augmenting", composition.model.augmenting[0])]
        {
            let base = try workshop.artifact(stage, "model", of: before)
            #expect(Digest(of: decoder.safetensors()) == base.manifest.members[StoredModel.weightsMember]?.digest)
        }
    }

    @Test("a second run executes nothing")
    func cached() async throws {
        let workshop = try StageWorkshop()
        let first = try await workshop.run(Self.whole)
        let second = try await workshop.run(Self.whole)
        #expect(first.stages.allSatisfy { $0.state == .executed })
        #expect(second.stages.allSatisfy { $0.state == .cached })
        #expect(second.outputs == first.outputs)
    }

    @Test("two stores get the same bytes, on one core or two")
    func reproducible() async throws {
        let one = try await StageWorkshop().run(Self.whole, cores: 1)
        let two = try await StageWorkshop().run(Self.whole, cores: 2)
        #expect(one.outputs.count == 28)
        #expect(one.outputs == two.outputs)
    }

    @Test(
        "every writing of numbers works, with keys as tokens and in characters",
        // Columns are for tasks written in columns: KnownResults has them.
        arguments: NumberWriting.Style.allCases.filter { $0 != .columns }.map(\.rawValue), ["tokens", "characters"])
    func writings(numbers: String, keys: String) async throws {
        let workshop = try StageWorkshop()
        let result = try await workshop.run(
            TinyPipeline.data + TinyPipeline.models
                + TinyPipeline.figures.replacingOccurrences(
                    of: "[augmenting, anchor, composed]", with: "[composed]"),
            ["params.numbers": numbers, "params.keys": keys])
        #expect(result.exit == 0)
        let rows = try workshop.rows(
            "predictions.tsv", of: try workshop.artifact("scores[model=composed]", "predictions", of: result))
        // Whatever the tokens, people read decimals and whole keys.
        #expect(rows.allSatisfy { $0[0].wholeMatch(of: /([a-z]+[-+]){1,2}[a-z]+=/) != nil })
        #expect(rows.allSatisfy { $0[1].wholeMatch(of: /\d+([-+]\d+){1,2}(=-?\d+){1,2}/) != nil })
    }
}
