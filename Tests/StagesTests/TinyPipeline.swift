/// The whole chain of the built-in kinds, small enough to run in a moment.
enum TinyPipeline {
    /// Up to the corpora: nothing here is floating point.
    static let data = """
        name: tiny
        params: { numbers: complement, keys: tokens, connections: every-4th }
        stages:
          pairs: { uses: kv.pairs, with: { count: 12, held-in-share: 0.5, seed: 1 } }
          expressions:
            uses: kv.expressions
            in: { pairs: pairs }
            with:
              { fewest-operands: 2, most-operands: 3, training: 40, composition: 20, evaluation: 8, seed: 1 }
          arithmetic:
            uses: arithmetic.expressions
            in: { excluding: [expressions.held-out, expressions.mixed] }
            with: { count: 30, magnitude: 99, seed: 1 }
          substitution:
            uses: kv.task
            in: { expressions: expressions.training }
            with: { task: kv-subs }
          numeric:
            uses: kv.task
            in: { expressions: [arithmetic, expressions.training], prefixes: expressions.training }
            with: { task: num-math, prefix-share: 0.5, seed: 1 }
          joint:
            uses: kv.task
            in: { expressions: expressions.composition }
            with: { task: kv-math }
          held-out:
            uses: kv.task
            in: { expressions: expressions.held-out }
            with: { task: kv-math }
          tokenizer:
            uses: tokenizer.symbols
            in: { pairs: pairs, expressions: [expressions.training, arithmetic] }
            with: { keys: "${params.keys}", numbers: "${params.numbers}" }
          substitution-corpus:
            uses: corpus.tokenize
            in: { datasets: substitution, tokenizer: tokenizer }
          numeric-corpus:
            uses: corpus.tokenize
            in: { datasets: numeric, tokenizer: tokenizer }
          joint-corpus:
            uses: corpus.tokenize
            in: { datasets: [joint, joint], tokenizer: tokenizer }

        """

    /// Two base models and their composition, 20 steps each.
    static let models = """
          augmenting:
            uses: model.train
            in: { corpus: substitution-corpus }
            with:
              { layers: 2, width: 16, heads: 2, positions: learned, maximum-positions: 64, steps: 20, batch: 8,
                warmup: 2, label-smoothing: 0.1, seed: 1 }
          anchor:
            uses: model.train
            in: { corpus: numeric-corpus }
            with: { layers: 2, width: 16, heads: 2, steps: 20, batch: 8, warmup: 2, average: 0.9, seed: 2 }
          composed:
            uses: model.compose
            in: { anchor: anchor, augmenting: augmenting, corpus: joint-corpus }
            with: { connections: "${params.connections}", dropout: 0.1, steps: 20, batch: 8, warmup: 2, seed: 3 }

        """

    /// Everybody answers the held-out expressions; the figures as a table.
    static let figures = """
          scores:
            uses: evaluate.exact-match
            matrix: { model: [augmenting, anchor, composed] }
            in: { model: "${matrix.model}", dataset: held-out }
            with: { label: "held-out.${matrix.model}", batch: 3 }
          results:
            uses: results.table
            in: { scores: scores }
            with:
              title: accuracy
              rows: [held-out]
              columns: [augmenting, anchor, composed]
              reference: { held-out.composed: 0.843 }
              notes: [small]

        """
}
