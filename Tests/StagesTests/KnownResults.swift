/// What each kind's version gives on the tiny pipeline.
///
/// To regenerate: raise the version of the kinds that you changed, run `KindVersionTests`, and copy what its failures
/// print. A row that changes although its kind's version doesn't means that stores hold results that no longer come out.
enum KnownResults {
    /// Kind, version, output, and the beginning of the artifact's digest.
    static let digests = """
        arithmetic.expressions 2 arithmetic.expressions 50a526e49e0f
        arithmetic.expressions 2 unbounded.expressions be05ebe4eb9d
        corpus.tokenize 2 asked-corpus.corpus f4620e14e8c9
        corpus.tokenize 2 column-corpus.corpus ea543dbc8af1
        corpus.tokenize 2 joint-corpus.corpus 24b03ad7b9e1
        corpus.tokenize 2 numeric-corpus.corpus 0525d3bf6b48
        corpus.tokenize 2 spelled-corpus.corpus 3e0232c9d7d2
        corpus.tokenize 2 substitution-corpus.corpus 136cdfe748c3
        corpus.tokenize 2 text-corpus.corpus 1f513e785106
        corpus.tokenize 2 tiny-corpus.corpus 6eaa06a62ee1
        corpus.tokenize 2 trained-corpus.corpus ade2666bb8f4
        evaluate.answers 1 answered.metrics 1bf8d3e4c79e
        evaluate.answers 1 answered.predictions 523f35c9d952
        evaluate.exact-match 2 column-score.metrics 859a9a0d9650
        evaluate.exact-match 2 column-score.predictions 4b30430b6e09
        evaluate.exact-match 2 score.metrics ef77e9ff7263
        evaluate.exact-match 2 score.predictions d984b5521359
        kv.expressions 3 expressions.composition be206d76f5a8
        kv.expressions 3 expressions.held-out 4a82430003c2
        kv.expressions 3 expressions.mixed b4e12e6d6a5a
        kv.expressions 3 expressions.training a45c557f33d1
        kv.expressions 3 expressions.validation 1f952667cf52
        kv.expressions 3 products.composition eb9eac9634ac
        kv.expressions 3 products.held-out 40700df88cad
        kv.expressions 3 products.mixed f77a11e06aa1
        kv.expressions 3 products.training 2b61e62f6d2b
        kv.expressions 3 products.validation 4a83749aa221
        kv.pairs 2 pairs.pairs f2eeb5ce3172
        kv.task 3 answers-only.examples 7508ca7509b1
        kv.task 3 column-sums.examples 0ef01d4fd5d8
        kv.task 3 columns.examples 32831f5ba29d
        kv.task 3 held-out.examples be3c53773de8
        kv.task 3 joint.examples 730a91bd548a
        kv.task 3 numeric.examples 0ba0b6cad98e
        kv.task 3 plain-sums.examples 0f32c24df385
        kv.task 3 substitution.examples 550769a5b59d
        model.generate 1 generated.answers c8cd83917d69
        model.import 1 tiny.model 7a53312d7c4b
        model.select 1 chosen.best 81bc507b0f67
        results.compare 1 compared.table 9d28d6244f00
        results.table 2 figures.table e80fcaccf967
        text.corpus 1 texts.test 2555ad94fdb3
        text.corpus 1 texts.train 537157b45c33
        text.corpus 1 texts.validation cf41c852623a
        text.examples 1 asked.test e9bcf2c7da3c
        text.examples 1 asked.train 8ca31aab793f
        text.examples 1 asked.validation 604d228f4684
        text.few-shot 1 few.dataset f8331cd1d66c
        text.other-prompts 1 others.dataset 499b429c82a7
        text.sample 1 part.rest ff41772d4c74
        text.sample 1 part.sample 465d4f122456
        tokenizer.symbols 2 column-tokenizer.tokenizer 89458675eb62
        tokenizer.symbols 2 spelled.tokenizer 1af39a57c0a8
        tokenizer.symbols 2 tokenizer.tokenizer 03116cef4fea
        tokenizer.train 1 trained.tokenizer 4fa1d5319440
        translation.pairs 1 translated.test 7e0dc2db53c4
        translation.pairs 1 translated.train 3f5f9f50d10f
        translation.pairs 1 translated.validation 3975907abb98
        """

    /// The loss of the last step, by kind and version, then by stage.
    static let losses: [String: [String: Double]] = [
        "model.train 2": [
            "augmenting": 1.69674, "anchor": 2.23088, "unlearned": 3.43480, "column-model": 5.36663, "reader": 6.21073,
        ],
        "model.compose 4": ["composed": 2.24161, "across": 7.88115],
    ]

    /// Nats per token of what a model reads, by kind and version, then by stage.
    static let likelihoods: [String: [String: Double]] = [
        "evaluate.perplexity 1": ["read": 7.80951],
        "model.perplexity 1": ["perplexity": 6.98653],
        "model.score 1": ["scored": 8.03070],
    ]

    /// The files that the stages read, besides the tiny chat model and the corpus of `tokenizer.train`.
    static let files = [
        "prompts.jsonl": "{\"prompt\": \"the cat\"}\n{\"ids\": [260, 261]}\n",
        "texts.jsonl": """
        {"text": "the cat sat on the mat"}
        {"prompt": "the cat sat on", "continuations": [" the mat", " a mat"], "answer": 0}

        """,
        "translations.jsonl": (0..<40).map { number in
            let verb = ["open", "close", "print", "move", "find"][number % 5]
            let noun = ["file", "page", "row", "cell", "font", "word", "line", "table"][number / 5]
            return
                "{\"source\": \"\(noun)q %1 \(verb)q\", \"target\": \"_\(verb) %1 \(noun)...\", \"language\": \"zu\"}\n"
        }.joined(),
        "examples.jsonl": (0..<20).map {
            "{\"prompt\": \"say \($0 * 7)\\n\", \"answer\": \"no, don't \($0)\", \"kind\": \"k\($0 % 2)\"}\n"
        }.joined(),
    ]

    /// Losses differ between processors in the last bits, which twenty steps make larger; a changed algorithm differs by
    /// more.
    static let tolerance = 1e-3

    /// Beyond the tiny pipeline: the tasks and settings that it doesn't use, and an evaluation of a model that learns
    /// nothing, whose choices are too far apart for a processor's last bits.
    static let stages = """
          products:
            uses: kv.expressions
            in: { pairs: pairs }
            with:
              { fewest-operands: 2, most-operands: 4, operators: ["*", "-"], training: 9, composition: 9,
                evaluation: 4, seed: 2 }
          answers-only:
            uses: kv.task
            in: { expressions: products.mixed }
            with: { task: kv-math, scratchpad: false }
          plain-sums: { uses: kv.task, in: { expressions: arithmetic }, with: { task: num-math } }
          spelled:
            uses: tokenizer.symbols
            in: { pairs: pairs, expressions: arithmetic }
            with: { keys: characters, numbers: padded, width: 5 }
          spelled-corpus: { uses: corpus.tokenize, in: { datasets: [plain-sums, joint], tokenizer: spelled } }
          unlearned:
            uses: model.train
            in: { corpus: joint-corpus }
            with: { layers: 1, width: 16, heads: 2, steps: 1, batch: 1, learning-rate: 0, seed: 8 }
          score:
            uses: evaluate.exact-match
            in: { model: unlearned, dataset: held-out }
            with: { label: held-out.unlearned, limit: 4 }
          chosen:
            uses: model.select
            in: { models: [unlearned, unlearned], scores: [score, score] }
            with: { of: model }
          figures:
            uses: results.table
            in: { scores: score }
            with:
              { title: t, rows: [held-out], columns: [unlearned], reference: { held-out.unlearned: 0.5 }, notes: [n] }
          unbounded:
            uses: arithmetic.expressions
            with:
              { count: 12, fewest-operands: 2, most-operands: 4, operators: ["+", "-", "*"], magnitude: 99,
                results: unbounded, product-runs: 0.5, seed: 6 }
          columns:
            uses: kv.task
            in: { expressions: products.mixed }
            with: { task: kv-math, steps: columns, width: 3 }
          column-sums:
            uses: kv.task
            in: { expressions: unbounded, prefixes: products.training }
            with: { task: num-math, steps: columns, width: 3, prefix-share: 0.5, seed: 4 }
          column-tokenizer:
            uses: tokenizer.symbols
            in: { pairs: pairs, expressions: [products.mixed, unbounded] }
            with: { numbers: columns, width: 3 }
          column-corpus:
            uses: corpus.tokenize
            in: { datasets: [columns, column-sums], tokenizer: column-tokenizer }
            with: { longest: 60, cut-share: 0.5, seed: 2 }
          column-model:
            uses: model.train
            in: { corpus: column-corpus }
            with: { layers: 1, width: 16, heads: 2, steps: 1, batch: 1, learning-rate: 0, seed: 8 }
          column-score:
            uses: evaluate.exact-match
            in: { model: column-model, dataset: columns }
            with: { label: columns.unlearned }
          tiny: { uses: model.import, in: { source: { folder: tiny } } }
          generated:
            uses: model.generate
            in: { model: tiny, prompts: { file: prompts.jsonl } }
            with: { tokens: 8, ignore-eos: true }
          perplexity:
            uses: model.perplexity
            in: { model: tiny, text: { file: lines.txt } }
            with: { context: 16, stride: 4 }
          scored: { uses: model.score, in: { model: tiny, texts: { file: texts.jsonl } } }
          trained:
            uses: tokenizer.train
            in: { texts: { file: lines.txt } }
            with: { vocabulary-size: 300, pattern: qwen2 }
          trained-corpus: { uses: corpus.tokenize, in: { datasets: joint, tokenizer: trained } }
          texts:
            uses: text.corpus
            in: { texts: { file: lines.txt } }
            with: { documents: lines, validation: 0.2, test: 0.2, seed: 3 }
          text-corpus: { uses: corpus.tokenize, in: { datasets: texts.train, tokenizer: trained }, with: { longest: 20 } }
          read: { uses: evaluate.perplexity, in: { model: tiny, dataset: texts.test }, with: { context: 16, stride: 4 } }
          tiny-corpus: { uses: corpus.tokenize, in: { datasets: joint, tokenizer: tiny } }
          asked:
            uses: text.examples
            in: { examples: { file: examples.jsonl } }
            with: { groups: [kind], validation: 0.2, test: 0.2, seed: 3, judge: first-line }
          few: { uses: text.few-shot, in: { dataset: asked.test, examples: asked.train }, with: { count: 2 } }
          others: { uses: text.other-prompts, in: { dataset: asked.train } }
          answered: { uses: evaluate.answers, in: { model: unlearned, dataset: held-out }, with: { limit: 4, resamples: 40 } }
          compared:
            uses: results.compare
            in: { baseline: answered.predictions, systems: [answered.predictions] }
            with: { resamples: 40 }
          part: { uses: text.sample, in: { dataset: asked.train }, with: { share: 0.5, by: answer, seed: 2 } }
          translated:
            uses: translation.pairs
            in: { catalogues: { file: translations.jsonl } }
            with: { validation: 0.2, test: 0.2, seed: 3 }
          asked-corpus: { uses: corpus.tokenize, in: { datasets: asked.train, tokenizer: tiny } }
          reader:
            uses: model.train
            in: { corpus: text-corpus }
            with: { layers: 2, width: 16, heads: 2, steps: 1, batch: 1, learning-rate: 0, seed: 8 }
          across:
            uses: model.compose
            in: { anchor: tiny, augmenting: [reader, tiny], corpus: asked-corpus }
            with: { connections: [[0, 0]], heads: 2, steps: 3, batch: 4, warmup: 1, learning-rate: 0.01, seed: 8 }

        """
}
