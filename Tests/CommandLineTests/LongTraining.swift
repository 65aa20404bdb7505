import Foundation

/// A training and a composition of about a second each, to be interrupted.
enum LongTraining {
    static let pipeline = """
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
          composed:
            uses: model.compose
            in: { anchor: model, augmenting: [model], corpus: corpus }
            with: { connections: [[0, 0], [1, 1]], steps: 120, batch: 32, dropout: 0.1 }

        """

    /// What an undisturbed run gives.
    static let reference = Result { try Workspace(pipeline).run() }
}
