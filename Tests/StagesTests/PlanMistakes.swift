extension PlanMistake {
    private static let pairs = "  pairs: { uses: kv.pairs, with: { count: 4, held-in-share: 0.5 } }"
    private static let expressions = """
        \(pairs)
          expressions:
            uses: kv.expressions
            in: { pairs: pairs }
            with: { training: 9, composition: 9, evaluation: 9 }
        """
    private static let corpus = """
        \(expressions)
          task: { uses: kv.task, in: { expressions: expressions }, with: { task: kv-math } }
          tokenizer: { uses: tokenizer.symbols, in: { pairs: pairs, expressions: expressions } }
          corpus: { uses: corpus.tokenize, in: { datasets: task, tokenizer: tokenizer } }
        """
    private static let bases = """
        \(corpus)
          a: { uses: model.train, in: { corpus: corpus }, with: { layers: 2, width: 8, heads: 2 } }
          b: { uses: model.train, in: { corpus: corpus }, with: { layers: 3, width: 12, heads: 3 } }
        """

    private static func pairs(_ with: String) -> String { "  pairs: { uses: kv.pairs, with: { \(with) } }" }

    private static func expressions(_ with: String) -> String {
        "\(pairs)\n  e: { uses: kv.expressions, in: { pairs: pairs }, with: { \(with) } }"
    }

    /// Products of numbers of ten digits.
    private static let large =
        pairs("count: 30, maximum: 1000000000")
        + "\n  e: { uses: kv.expressions, in: { pairs: pairs }, with: { operators: [\"*\"], most-operands: 3 } }"

    private static func task(_ with: String, prefixes: String = "", count: Int = 4) -> String {
        "\(expressions.replacing("count: 4", with: "count: \(count)"))\n  t: { uses: kv.task, in: { expressions: expressions\(prefixes) }, with: { \(with) } }"
    }

    private static func tokenizer(_ with: String) -> String {
        "\(expressions)\n  t: { uses: tokenizer.symbols, in: { pairs: pairs, expressions: expressions }, with: { \(with) } }"
    }

    /// A corpus in columns whose dataset is written as `with` says.
    private static func columns(_ with: String, training: String? = nil) -> String {
        let other = training.map { "\n  other: \($0)" } ?? ""
        return """
            \(expressions)\(other)
              t: { uses: kv.task, in: { expressions: \(training == nil ? "expressions" : "other") }, with: { task: num-math, steps: columns, \(with) } }
              s: { uses: tokenizer.symbols, in: { pairs: pairs, expressions: expressions }, with: { numbers: columns } }
              c: { uses: corpus.tokenize, in: { datasets: t, tokenizer: s } }
            """
    }

    private static func train(_ with: String) -> String {
        "\(corpus)\n  m: { uses: model.train, in: { corpus: corpus }, with: { \(with) } }"
    }

    private static func compose(_ with: String, augmenting: String = "a") -> String {
        """
        \(bases)
          c: { uses: model.compose, in: { anchor: b, augmenting: \(augmenting), corpus: corpus }, with: { \(with) } }
        """
    }

    private static func table(_ with: String) -> String {
        """
        \(bases)
          s: { uses: evaluate.exact-match, in: { model: a, dataset: task }, with: { label: kv.a } }
          t: { uses: results.table, in: { scores: s }, with: { rows: [kv], columns: [a], \(with) } }
        """
    }

    static let data: [PlanMistake] = [
        PlanMistake(
            "more keys than strings", pairs("count: 703, shortest: 1, longest: 2, maximum: 999"), at: "2:43",
            "703 keys, but only 702 strings"),
        PlanMistake(
            "fewer values than keys", pairs("count: 12, maximum: 11"), at: "2:56",
            "12 keys need as many different values, but only 1…11 are allowed"),
        PlanMistake(
            "nothing held in", pairs("count: 12, held-in-share: 0"), at: "2:62", "leaves 0 held in and 12 held out"),
        PlanMistake(
            "nothing held out", pairs("count: 12, held-in-share: 1"), at: "2:62", "leaves 12 held in and 0 held out"),
        PlanMistake(
            "shortest keys longer than the longest", pairs("shortest: 5, longest: 4"), at: "2:46",
            "the shortest keys, 5, are longer than the longest, 4"),
        PlanMistake(
            "more evaluated expressions than exist", expressions("evaluation: 17"), at: "3:72",
            "17 held-out expressions, but 4 keys, 2 of them held in, give only 32"),
        PlanMistake(
            "fewest operands above the most", expressions("fewest-operands: 4, most-operands: 3"), at: "3:77",
            "the fewest operands, 4, are more than the most, 3"),
        PlanMistake(
            "the same operator twice", expressions("operators: [+, -, +], evaluation: 9"), at: "3:71",
            "expected different operators of + - *, found [\"+\",\"-\",\"+\"]"),
        PlanMistake(
            "no operator", expressions("operators: [], evaluation: 9"), at: "3:71", "expected at least one operator"),
        PlanMistake(
            "products beyond 64 bits, by their results",
            large + "\n  t: { uses: kv.task, in: { expressions: e.training }, with: { task: kv-math } }", at: "4:3",
            "results over numbers up to 1000000000 can exceed 64 bits: take steps: columns"),
        PlanMistake(
            "columns for numbers of ten digits",
            large
                + "\n  t: { uses: kv.task, in: { expressions: e.training }, with: { task: kv-math, steps: columns } }",
            at: "4:86", "columns are for operands of at most 8 digits, not 1000000000"),
        PlanMistake(
            "a tokenizer for products beyond 64 bits",
            large + "\n  t: { uses: tokenizer.symbols, in: { pairs: pairs, expressions: e.training } }", at: "4:3",
            "numbers beyond 64 bits need more than 18 digits; columns write products digit by digit"),
        PlanMistake(
            "columns without a scratchpad", task("task: kv-math, scratchpad: false, steps: columns"), at: "7:92",
            "columns are a scratchpad: leave it, or take steps: results"),
        PlanMistake(
            "a width for results", task("task: kv-math, width: 4"), at: "7:87",
            "only numbers in columns have a width here"),
        PlanMistake(
            "operands wider than the columns", task("task: kv-math, steps: columns, width: 1", count: 12), at: "7:103",
            "1 digits can't write operands up to 12; 2 can"),
        PlanMistake(
            "columns for numbers with a sign",
            "  e: { uses: arithmetic.expressions }\n"
                + "  t: { uses: kv.task, in: { expressions: e }, with: { task: num-math, steps: columns } }",
            at: "3:78",
            "columns are for numbers without a sign: give arithmetic.expressions results: unbounded"),
        PlanMistake(
            "columns for keys that are none",
            "  e: { uses: arithmetic.expressions, with: { results: unbounded } }\n"
                + "  t: { uses: kv.task, in: { expressions: e }, with: { task: kv-subs, steps: columns } }", at: "3:61",
            "expressions without keys can only be num-math in columns"),
        PlanMistake(
            "runs of products, none of which may be large",
            "  e: { uses: arithmetic.expressions, with: { operators: [\"*\", \"+\"], product-runs: 0.5 } }", at: "2:83",
            "runs of products need results: unbounded"),
        PlanMistake(
            "runs of products without products",
            "  e: { uses: arithmetic.expressions, with: { product-runs: 0.5 } }", at: "2:60",
            "runs of products need * and another operator"),
        PlanMistake(
            "an arithmetic range upside down",
            "  e: { uses: arithmetic.expressions, with: { fewest-operands: 9, most-operands: 2 } }", at: "2:63",
            "the fewest operands, 9, are more than the most, 2"),
        PlanMistake(
            "prefixes wanted, none given", task("task: num-math, prefix-share: 0.5"), at: "7:95",
            "a prefix goes in front of num-math examples and comes from `prefixes`"),
        PlanMistake(
            "prefixes for another task",
            task("task: kv-math, prefix-share: 0.5", prefixes: ", prefixes: expressions"), at: "7:117",
            "a prefix goes in front of num-math examples"),
    ]

    static let text: [PlanMistake] = [
        PlanMistake(
            "numbers too wide for the width", tokenizer("width: 1"), at: "7:96",
            "1 digits can't write numbers up to ±12; 2 can"),
        PlanMistake(
            "numbers too wide for the width in ten's complement", tokenizer("numbers: complement, width: 1"),
            at: "7:117", "1 digits can't write numbers up to ±12; 2 can"),
        PlanMistake(
            "a width for numbers written naturally", tokenizer("numbers: natural, width: 4"), at: "7:114",
            "numbers written naturally have no fixed width"),
        PlanMistake(
            "a tokenizer made for smaller numbers",
            corpus + """

                  wide: { uses: arithmetic.expressions, with: { magnitude: 4999 } }
                  sums: { uses: kv.task, in: { expressions: wide }, with: { task: num-math } }
                  c: { uses: corpus.tokenize, in: { datasets: [task, sums], tokenizer: tokenizer } }
                """, at: "12:3",
            "the datasets hold numbers up to ±4999, the tokenizer writes up to ±49"),
        PlanMistake(
            "results for a tokenizer of columns",
            columns("width: null").replacing("steps: columns, width: null", with: "steps: results"), at: "9:3",
            "the tokenizer and the datasets must both be for columns, or neither"),
        PlanMistake(
            "columns for a tokenizer of complements",
            columns("width: null").replacing("numbers: columns", with: "numbers: complement"), at: "9:3",
            "the tokenizer and the datasets must both be for columns, or neither"),
        PlanMistake(
            "a share of nothing",
            corpus
                + "\n  c: { uses: corpus.tokenize, in: { datasets: task, tokenizer: tokenizer }, with: { cut-share: 0.5 } }",
            at: "10:96", "without `longest` no example is cut"),
        PlanMistake(
            "results for a model of columns",
            columns("width: null") + """

                  m: { uses: model.train, in: { corpus: c } }
                  r: { uses: kv.task, in: { expressions: expressions }, with: { task: num-math } }
                  v: { uses: evaluate.exact-match, in: { model: m, dataset: r } }
                """, at: "12:3",
            "the tokenizer and the datasets must both be for columns, or neither"),
        PlanMistake(
            "columns wider than the tokenizer's", columns("width: 3"), at: "9:3",
            "a dataset has numbers of 3 digits in columns, the tokenizer of 1: give both one width"),
        PlanMistake(
            "more columns than the tokenizer has",
            columns(
                "width: null",
                training:
                    "{ uses: arithmetic.expressions, with: { most-operands: 5, magnitude: 9, results: unbounded } }"),
            at: "10:3", "a dataset has expressions of 5 operands, the tokenizer columns for 3"),
    ]

    static let models: [PlanMistake] = [
        PlanMistake(
            "heads that don't divide the width", train("width: 10, heads: 4"), at: "10:77",
            "a width of 10 doesn't divide into 4 heads"),
        PlanMistake(
            "bfloat16 for frozen weights where none is", train("width: 12, heads: 3, precision: bfloat16-frozen"),
            at: "10:91", "here no weight is frozen: float32 or bfloat16"),
        PlanMistake(
            "heads of odd width with rotary positions", train("width: 12, heads: 4"), at: "10:77",
            "rotary positions need heads of even width, 12/4 = 3"),
        PlanMistake(
            "a dataset where a model is wanted", compose("heads: 3", augmenting: "task"), at: "12:58",
            "input 'augmenting' takes model or pretrained-model, but 'task.examples' is dataset"),
        PlanMistake(
            "a connection beyond the anchor", compose("connections: [[0, 3]]"), at: "12:100",
            "connection [0, 3]: the augmenting model has blocks 0…1, the anchor 0…2"),
        PlanMistake(
            "a connection beyond the augmenting model", compose("connections: [[2, 0]]"), at: "12:100",
            "connection [2, 0]: the augmenting model has blocks 0…1, the anchor 0…2"),
        PlanMistake(
            "a connection beyond the second augmenting model",
            compose("connections: [[2, 2]]", augmenting: "[b, a]"), at: "12:105",
            "connection [2, 2]: the augmenting model has blocks 0…1"),
        PlanMistake(
            "a connection twice", compose("connections: [[1, 2], [0, 0], [1, 2]]"), at: "12:100",
            "a connection stands twice"),
        PlanMistake(
            "no connections", compose("connections: []"), at: "12:100", "a composition needs at least one connection"),
        PlanMistake(
            "a connection with three ends", compose("connections: [[1, 2, 3]]"), at: "12:100",
            "expected every-4th, {every-nth: n}, {uniform: n}, {middle: n}, {last: n} or a list of pairs"),
        PlanMistake(
            "an unheard-of way to connect", compose("connections: { ends: 2 }"), at: "12:100",
            "found {\"ends\":2}"),
        PlanMistake(
            "two ways to connect", compose("connections: { uniform: 1, middle: 1 }"), at: "12:100",
            "found {\"middle\":1,\"uniform\":1}"),
        PlanMistake(
            "more connections than blocks", compose("connections: { uniform: 3 }"), at: "12:100",
            "expected 1 to 2 connections between these models, found 3"),
        PlanMistake(
            "heads that don't divide the anchor's width", compose("heads: 5"), at: "12:94",
            "the anchor's width of 12 doesn't divide into 5 heads"),
        PlanMistake(
            "connection heads of odd width", compose("heads: 4"), at: "12:94",
            "rotary positions need heads of even width"),
    ]

    static let figures: [PlanMistake] = [
        PlanMistake(
            "a reference for no cell", table("reference: { kv.a: 1, kv.b: 1 }"), at: "13:93",
            "'kv.b' is no cell of the table: expected ROW.COLUMN")
    ]

    private static func texts(_ with: String, _ more: String = "") -> String {
        "  c: { uses: text.corpus, in: { texts: { file: a.txt } }, with: { \(with) } }\(more)"
    }

    static let texts: [PlanMistake] = [
        PlanMistake(
            "nothing to train on", texts("validation: 0.5, test: 0.5"), at: "2:79", "take 1.0 of the documents"),
        PlanMistake(
            "a field of files", texts("documents: lines, field: body"), at: "2:92", "only JSONL has fields"),
        PlanMistake(
            "an output that the shares leave out",
            texts("test: 0", "\n  t: { uses: tokenizer.train, in: { texts: c.test } }"), at: "3:44",
            "expected train or validation"),
        PlanMistake(
            "answers to texts",
            texts("seed: 1", "\n\(bases)\n  e: { uses: evaluate.exact-match, in: { model: a, dataset: c } }"),
            at: "13:3", "evaluate.perplexity"),
        PlanMistake(
            "a share of texts",
            texts(
                "seed: 1",
                "\n  t: { uses: tokenizer.train, in: { texts: c } }"
                    + "\n  k: { uses: corpus.tokenize, in: { datasets: c, tokenizer: t }, with: { longest: 9, cut-share: 0.5 } }"
            ),
            at: "4:97", "goes on in further sequences"),
        PlanMistake(
            "a stride beyond the window",
            bases
                + "\n  e: { uses: evaluate.perplexity, in: { model: a, dataset: task }, with: { context: 8, stride: 8 } }",
            at: "12:96", "found 8, expected less than the context"),
    ]

    private static func translations(_ with: String) -> String {
        "  t: { uses: translation.pairs, in: { catalogues: { file: a.po } }, with: { \(with) } }"
    }

    static let translations: [PlanMistake] = [
        PlanMistake(
            "all held out", translations("validation: 0.5, test: 0.5"), at: "2:89", "take 1.0 of the English texts"),
        PlanMistake(
            "an unknown field", translations("prompt: \"{text}\""), at: "2:85",
            "found '{text', expected {language}, {source}"),
        PlanMistake(
            "a prompt without a text", translations("prompt: \"{language}\""), at: "2:85", "expected {source} in it"),
        PlanMistake(
            "a prompt with the answer", translations("prompt: \"{source} {english}\""), at: "2:85", "and not both"),
        PlanMistake(
            "an answer without English", translations("answer: \"{source}\""), at: "2:85", "expected {english} in it"),
        PlanMistake("fewer words than the fewest", translations("words: [3, 2]"), at: "2:84", "found [3,2]"),
        PlanMistake("one number of words", translations("words: [3]"), at: "2:84", "found [3]"),
        PlanMistake(
            "a code that is none", translations("languages: { zulu language: Zulu }"), at: "2:88",
            "found the code 'zulu language'"),
        PlanMistake(
            "a language without a name", translations("languages: { zu: \"\" }"), at: "2:88", "as the name of zu"),
        PlanMistake(
            "a language twice", translations("languages: { en_ZA: A, en-za: B }"), at: "2:88", "are the same language"),
        PlanMistake("an unknown judge", translations("judge: fair"), at: "2:84", "found 'fair'"),
        PlanMistake(
            "a share and a count",
            "  e: { uses: text.examples, in: { examples: { file: a.jsonl } } }\n"
                + "  s: { uses: text.sample, in: { dataset: e }, with: { share: 0.5, count: 3 } }",
            at: "3:74", "a count or a share"),
        PlanMistake(
            "a sample of texts", texts("seed: 1", "\n  s: { uses: text.sample, in: { dataset: c } }"), at: "3:3",
            "'dataset' is a dataset of texts"),
    ]

    static let accepted: [String] = [
        translations("words: [2, 0], languages: { zu: Zulu, zu_ZA: Other }"),
        translations("prompt: \"{english}\", answer: \"{source}\""),
        pairs("count: 702, shortest: 1, longest: 2"),
        pairs("count: 12, maximum: 12"),
        pairs("count: 2, held-in-share: 0.5"),
        expressions("evaluation: 16"),
        expressions("fewest-operands: 3, most-operands: 3, evaluation: 9"),
        task("task: num-math, prefix-share: 0.5", prefixes: ", prefixes: expressions"),
        tokenizer("width: 2"),
        train("width: 12, heads: 4, positions: learned"),
        compose("connections: [[1, 2], [0, 0]], heads: 6"),
        compose("connections: { uniform: 2 }, heads: 2", augmenting: "[a, b]"),
        table("reference: { kv.a: 1 }"),
    ]
}
