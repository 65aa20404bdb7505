import Foundation
import Testing

/// `calm export` where several stages give the same bytes: each of them counts.
@Suite struct SharedResultTests {
    private static let copies = """
        name: copies
        stages:
          a: { uses: command, with: { shell: true, argv: ["echo one > {out.x}"], out: { x: x } } }
          b: { uses: command, in: { i: a.x }, with: { argv: [cp, "{in.i}", "{out.x}"], out: { x: x } } }
          c: { uses: command, in: { i: b.x }, with: { argv: [cp, -f, "{in.i}", "{out.x}"], out: { x: x } } }
        """

    /// A new workspace with the pipeline of `from` and what `reference` exports from there.
    private func sent(_ reference: String, _ from: Workspace, _ pipeline: String) throws -> Workspace {
        let to = try Workspace(pipeline)
        let archive = to.file("a.tar").path
        let exported = try from.calm("export", reference, "--out", archive, "--store", "s")
        #expect(exported.exit == 0, "\(exported.errors)")
        let imported = try to.calm("import", "a.tar", "--store", "s")
        #expect(imported.exit == 0, "\(imported.errors)")
        return to
    }

    @Test(
        "copies of one result take with them the stages that they were made by, and no others",
        arguments: [("a", ["a"]), ("b", ["a", "b"]), ("c", ["a", "b", "c"]), ("latest", ["a", "b", "c"])])
    func stages(_ reference: String, _ stages: [String]) throws {
        let from = try Workspace(Self.copies)
        let run = try from.run()
        #expect(Set(run.stages.map(\.outputs)).count == 1, "the stages give the same")
        let to = try sent(reference, from, Self.copies)
        for stage in ["a", "b", "c"] {
            let shown = try to.calm("show", stage, "--store", "s")
            #expect((shown.exit == 0) == stages.contains(stage), "show \(stage): \(shown.errors)")
        }
        #expect(try to.run().names("cached") == stages)
    }

    @Test("stages that are the same are one execution, known by each of their names")
    func twins() throws {
        let pipeline = Self.copies.replacing("cp, -f,", with: "cp,")
        let from = try Workspace(pipeline)
        let run = try from.run()
        #expect(run["b"]?.key == run["c"]?.key)
        let to = try sent("latest", from, pipeline)
        #expect(try to.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
        for stage in ["a", "b", "c", "c.x"] {
            #expect(try to.calm("show", stage, "--store", "s").exit == 0, "\(stage)")
        }
        #expect(try to.run().names("cached") == ["a", "b", "c"])
    }

    @Test("an artifact of several stages takes all of them with it")
    func artifact() throws {
        let from = try Workspace(Self.copies)
        let digest = try #require(try from.run()["a"]?.outputs["x"])
        #expect(try sent(digest, from, Self.copies).run().names("cached") == ["a", "b", "c"])
    }

    @Test("of runs whose record names no upstream stages, the stages before count")
    func olderRecord() throws {
        let from = try Workspace(Self.copies)
        let run = try #require(try from.run().run)
        try FileManager.default.removeItem(at: from.file("s/runs/\(run)/run.json"))
        #expect(try sent("b", from, Self.copies).run().names("cached") == ["a", "b"])
    }

    @Test("a model that was selected takes with it the training that it is from, and what it was selected by")
    func selection() throws {
        let pipeline = """
            name: selection
            stages:
              pairs: { uses: kv.pairs, with: { count: 16, held-in-share: 0.5, longest: 2 } }
              expressions:
                uses: kv.expressions
                in: { pairs: pairs }
                with: { fewest-operands: 2, most-operands: 2, operators: ["+"], training: 32, composition: 8, evaluation: 8 }
              examples: { uses: kv.task, in: { expressions: expressions.training }, with: { task: num-math } }
              tokenizer:
                uses: tokenizer.symbols
                in: { pairs: pairs, expressions: expressions.training }
                with: { keys: tokens }
              corpus: { uses: corpus.tokenize, in: { datasets: examples, tokenizer: tokenizer } }
              model:
                uses: model.train
                matrix: { steps: [2, 3] }
                in: { corpus: corpus }
                with: { layers: 1, width: 8, heads: 2, steps: "${matrix.steps}", batch: 4 }
              score:
                uses: evaluate.exact-match
                matrix: { steps: [2, 3] }
                in: { model: "model[steps=${matrix.steps}]", dataset: examples }
                with: { limit: 4 }
              best:
                uses: model.select
                in: { models: model, scores: score.metrics }
                with: { of: model }
            """
        let from = try Workspace(pipeline)
        #expect(try from.run().exit == 0)
        let to = try sent("best", from, pipeline)
        let plan = try to.calm("plan", "p.yaml", "--store", "s")
        #expect(try to.run().names("executed").isEmpty, "\(plan.output)")
    }
}
