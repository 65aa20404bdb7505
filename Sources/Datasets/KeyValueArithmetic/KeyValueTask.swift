import Tensors

/// The tasks of CALM §4.1, made from expressions over keys.
package enum KeyValueTask: String, CaseIterable, Sendable {
    /// D_KV-SUBS: `qe+rim-bo=` → `10+22-24`.
    case substitution = "kv-subs"
    /// D_KV-MATH: `qe+rim-bo=` → `8`.
    case keyArithmetic = "kv-math"
    /// D_NUM-MATH: `10+22-24=` → `8`.
    case numericArithmetic = "num-math"
}

/// A prompt and the answer that a model should give, as people read them.
package struct Example: Sendable, Hashable {
    package let prompt: String
    package let answer: String
    /// What it counts among, beside all examples: `operands-3`.
    package let groups: [String]

    package init(prompt: String, answer: String, groups: [String] = []) {
        self.prompt = prompt
        self.answer = answer
        self.groups = groups
    }
}

extension KeyValueTask {
    package struct Settings: Sendable {
        /// Whether the answer is reached step by step: `10+22-24=32=8` instead of `8`.
        package var scratchpad: Bool
        /// The share of numeric examples that carry an unrelated key expression in front, so that a model trained on
        /// them works in mid-sequence.
        package var prefixShare: Double
        package var seed: Int

        package init(scratchpad: Bool, prefixShare: Double, seed: Int) {
            self.scratchpad = scratchpad
            self.prefixShare = prefixShare
            self.seed = seed
        }
    }

    /// One example an expression; numeric examples may borrow unrelated key expressions from `prefixes`.
    package func examples(
        of expressions: [ArithmeticExpression<KeyedValue>], prefixes: [ArithmeticExpression<KeyedValue>] = [],
        settings: Settings
    ) throws -> [Example] {
        var random = RandomGenerator(seed: UInt64(settings.seed), "kv.task")
        return try expressions.map { expression in
            let keys = expression.map(\.key).text
            let numeric = expression.map(\.value)
            guard let steps = numeric.steps else {
                throw DatasetError("the value of \(numeric.text) is too large for 64 bits")
            }
            let results = (settings.scratchpad ? steps : steps.suffix(1)).map(String.init).joined(separator: "=")
            let groups = expression.groups
            switch self {
            case .substitution:
                return Example(prompt: keys + "=", answer: numeric.text, groups: groups)
            case .keyArithmetic:
                let answer = settings.scratchpad ? numeric.text + "=" + results : results
                return Example(prompt: keys + "=", answer: answer, groups: groups)
            case .numericArithmetic:
                var prefix = ""
                if !prefixes.isEmpty, Double(random.uniform()) < settings.prefixShare {
                    prefix = prefixes[random.integer(below: prefixes.count)].map(\.key).text + "="
                }
                return Example(prompt: prefix + numeric.text + "=", answer: results, groups: groups)
            }
        }
    }
}

/// What an expression's operand is called and what it is worth.
package struct KeyedValue: Sendable, Hashable {
    package let key: String
    package let value: Int

    package init(key: String, value: Int) {
        self.key = key
        self.value = value
    }
}

/// Data that can't be used; the message says what was found, what was expected and where.
package struct DatasetError: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
