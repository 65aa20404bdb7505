import Foundation

/// A tiny learning pipeline that has run once, shared by tests that only read.
enum LearningRun {
    static let shared: Result<Workspace, any Error> = Result { try ran() }

    private static func ran() throws -> Workspace {
        let workspace = try Workspace(pipeline)
        atexit { try? LearningRun.shared.get().remove() }
        let document = try workspace.run()
        guard document.exit == 0 else { throw CalmProcess.Problem(description: "\(document)") }
        return workspace
    }

    private static let pipeline = """
        name: learning
        stages:
          pairs:
            uses: kv.pairs
            with: { count: 16, held-in-share: 0.5, longest: 2 }
          expressions:
            uses: kv.expressions
            in: { pairs: pairs }
            with:
              { fewest-operands: 2, most-operands: 2, operators: ["+", "-"], training: 64, composition: 32,
                evaluation: 8 }
          examples:
            uses: kv.task
            in: { expressions: expressions.training }
            with: { task: num-math }
          tokenizer:
            uses: tokenizer.symbols
            in: { pairs: pairs, expressions: expressions.training }
            with: { keys: tokens }
          corpus:
            uses: corpus.tokenize
            in: { datasets: examples, tokenizer: tokenizer }
          augmenting:
            uses: model.train
            in: { corpus: corpus }
            with: { layers: 1, width: 8, heads: 2, steps: 4, batch: 4 }
          anchor:
            uses: model.train
            in: { corpus: corpus }
            with: { layers: 2, width: 16, heads: 2, steps: 4, batch: 4 }
          composed:
            uses: model.compose
            in: { anchor: anchor, augmenting: [augmenting], corpus: corpus, validation: corpus }
            with: { connections: [[0, 0], [0, 1]], heads: 2, steps: 2, batch: 4, frozen-activations: always }
          scores:
            uses: evaluate.exact-match
            matrix: { model: [anchor, composed] }
            in: { model: "${matrix.model}", dataset: examples }
            with: { limit: 8, label: "num-math.${matrix.model}" }
            expect: { accuracy: ">= 0" }
          figures:
            uses: results.table
            in: { scores: scores }
            with:
              { title: accuracy, rows: [num-math], columns: [anchor, composed],
                reference: { num-math.composed: 0.72 }, notes: [a note] }
          shout:
            uses: command
            with: { shell: true, argv: ["echo what a noise; echo 1 > {out.x}"], out: { x: x } }
        """
}
