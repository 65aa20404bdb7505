import Foundation

/// An expectation on a metric.
package struct Gate: Hashable, Sendable {
    package enum Comparison: String, Sendable, CaseIterable {
        case atLeast = ">="
        case atMost = "<="
        case above = ">"
        case below = "<"
        case equal = "=="

        /// False for a value that is no finite number: a metric that went out of bounds is no good one.
        package func holds(_ value: Double, _ bound: Double) -> Bool {
            guard value.isFinite else { return false }
            return switch self {
            case .atLeast: value >= bound
            case .atMost: value <= bound
            case .above: value > bound
            case .below: value < bound
            case .equal: value == bound
            }
        }
    }

    package let metric: String
    package let comparison: Comparison
    package let bound: GateBound

    package init(metric: String, comparison: Comparison, bound: GateBound) {
        self.metric = metric
        self.comparison = comparison
        self.bound = bound
    }

    package init(metric: String, comparison: Comparison, bound: Double) {
        self.init(metric: metric, comparison: comparison, bound: .number(bound))
    }

    /// As in the pipeline, in one spelling: `>= 0.8`, `>= baseline - 0.01`.
    package var expected: String { "\(comparison.rawValue) \(bound)" }
}

/// What a gate holds its metric against: a number, or what the metric was in earlier runs.
package enum GateBound: Hashable, Sendable, CustomStringConvertible {
    /// Which earlier value.
    package enum Past: Hashable, Sendable, CustomStringConvertible {
        /// That of the pinned run.
        case baseline
        /// The median of the pipeline's last runs in which the stage gave the metric, at most so many.
        case median(of: Int)

        package var description: String {
            switch self {
            case .baseline: "baseline"
            case .median(let count): "median(\(count))"
            }
        }
    }

    case number(Double)
    /// The earlier value times `factor` plus `offset`.
    case history(Past, factor: Double = 1, offset: Double = 0)

    package var description: String {
        switch self {
        case .number(let number): return spelled(number)
        case .history(let past, let factor, let offset):
            var text = past.description
            if factor != 1 { text += " * \(spelled(factor))" }
            if offset != 0 { text += " \(offset < 0 ? "-" : "+") \(spelled(abs(offset)))" }
            return text
        }
    }

    /// The number that is meant if `past` gives this earlier value.
    func resolved(_ value: Double) -> Double {
        guard case .history(_, let factor, let offset) = self else { return value }
        // In decimal, as people reckon: 0.7 + 0.1 is 0.8, which it isn't in binary.
        if let value = Decimal(string: value.description), let factor = Decimal(string: factor.description),
            let offset = Decimal(string: offset.description)
        {
            let sum = value * factor + offset
            if !sum.isNaN, let bound = Double(sum.description) { return bound }
        }
        return value * factor + offset
    }
}

/// `0.8`, and `3` rather than `3.0`.
private func spelled(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : number.description
}
