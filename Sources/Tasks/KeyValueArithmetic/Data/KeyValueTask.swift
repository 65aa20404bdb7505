import Evaluation
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

extension KeyValueTask {
    /// How an answer is reached.
    package enum Scratchpad: Sendable, Equatable {
        /// At once: `8`.
        case none
        /// By the result of each operation: `10+22-24=32=8`.
        case results
        /// Digit by digit, numbers having so many: see ``ColumnCalculation``.
        case columns(width: Int)
    }

    package struct Settings: Sendable {
        package var scratchpad: Scratchpad
        /// The share of numeric examples that carry an unrelated key expression in front, so that a model trained on
        /// them works in mid-sequence.
        package var prefixShare: Double
        package var seed: Int

        package init(scratchpad: Scratchpad, prefixShare: Double, seed: Int) {
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
            let (numeric, results) = try KeyValueTask.written(
                expression.map(\.value), settings.scratchpad, withResults: self != .substitution)
            let groups = expression.groups
            switch self {
            case .substitution:
                return Example(prompt: keys + "=", answer: numeric, groups: groups)
            case .keyArithmetic:
                let answer = settings.scratchpad == .none ? results : numeric + "=" + results
                return Example(prompt: keys + "=", answer: answer, groups: groups)
            case .numericArithmetic:
                var prefix = ""
                if !prefixes.isEmpty, Double(random.uniform()) < settings.prefixShare {
                    prefix = prefixes[random.integer(below: prefixes.count)].map(\.key).text + "="
                }
                return Example(prompt: prefix + numeric + "=", answer: results, groups: groups)
            }
        }
    }
}

extension KeyValueTask {
    /// An expression and how its value is reached, as a scratchpad has them.
    private static func written(
        _ expression: ArithmeticExpression<Int>, _ scratchpad: Scratchpad, withResults: Bool
    ) throws -> (numeric: String, results: String) {
        if case .columns(let width) = scratchpad {
            return (
                ColumnCalculation.numbered(expression),
                withResults ? try ColumnCalculation(width: width).text(of: expression) : ""
            )
        }
        guard withResults else { return (expression.text, "") }
        guard let steps = expression.steps else {
            throw DatasetError("the value of \(expression.text) is too large for 64 bits")
        }
        let shown = scratchpad == .results ? steps[...] : steps.suffix(1)
        return (expression.text, shown.map(String.init).joined(separator: "="))
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
