import Foundation

/// How far the predictions of one arithmetic are from those of exact Float32, position by position of the same tokens.
package struct ArithmeticDifference: Sendable {
    /// Positions that were compared.
    package private(set) var positions = 0
    /// Those at which both have the same likeliest token.
    package private(set) var sameTokens = 0
    /// By how many nats the other's likeliest token is less likely than the exact one, at most and exactly computed.
    package private(set) var greatestLoss = 0.0
    /// The greatest difference of the log-probability of the exact likeliest token, in nats.
    package private(set) var greatestLogProbability = 0.0
    /// The greatest difference of a logit.
    package private(set) var greatestLogit = 0.0
    private var squares = 0.0
    private var logits = 0
    private var divergences = 0.0
    /// Negative log-likelihood of the tokens that came next, in nats.
    package private(set) var exactNats = 0.0
    package private(set) var otherNats = 0.0
    /// Whether every logit was a number.
    package private(set) var isFinite = true

    package init() {}

    package var sameShare: Double { Double(sameTokens) / Double(max(1, positions)) }
    /// Root of the mean square of the logits' differences.
    package var logitError: Double { (squares / Double(max(1, logits))).squareRoot() }
    /// Mean Kullback-Leibler divergence of the other predictions from the exact ones, in nats.
    package var divergence: Double { divergences / Double(max(1, positions)) }
    /// By what share the text's bits a byte differ.
    package var bitsChange: Double { exactNats == 0 ? 0 : otherNats / exactNats - 1 }

    /// Adds a position's logits [V], and the token that came next, if it is known.
    package mutating func add(exact: ArraySlice<Float>, other: ArraySlice<Float>, next: Int32?) {
        precondition(exact.count == other.count && !exact.isEmpty, "\(exact.count) logits beside \(other.count)")
        let (p, q) = (Self.logProbabilities(exact), Self.logProbabilities(other))
        let (top, otherTop) = (Self.top(p), Self.top(q))
        positions += 1
        if top == otherTop { sameTokens += 1 }
        greatestLoss = max(greatestLoss, p[top] - p[otherTop])
        greatestLogProbability = max(greatestLogProbability, abs(p[top] - q[top]))
        for (index, (x, y)) in zip(exact, other).enumerated() {
            let difference = Double(x) - Double(y)
            greatestLogit = max(greatestLogit, abs(difference))
            squares += difference * difference
            divergences += exp(p[index]) * (p[index] - q[index])
        }
        logits += exact.count
        isFinite = isFinite && squares.isFinite && divergences.isFinite
        guard let next else { return }
        exactNats -= p[Int(next)]
        otherNats -= q[Int(next)]
    }

    /// What is beyond these bounds, in words; empty if all is within.
    package func violations(_ bounds: Bounds) -> [String] {
        guard isFinite, positions > 0 else { return ["logits that are no numbers, or none"] }
        return [
            ("positions with the same likeliest token, %", -100 * sameShare, -100 * bounds.sameShare),
            ("loss of the likeliest token", greatestLoss, bounds.loss),
            ("log-probability", greatestLogProbability, bounds.logProbability),
            ("divergence", divergence, bounds.divergence),
            ("change of bits a byte", abs(bitsChange), bounds.bitsChange),
        ].compactMap { name, found, limit in
            found <= limit ? nil : "\(name): \(abs(found)), bound \(abs(limit))"
        }
    }

    private static func top(_ values: [Double]) -> Int {
        values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
    }

    private static func logProbabilities(_ logits: ArraySlice<Float>) -> [Double] {
        let greatest = Double(logits.max() ?? 0)
        let sum = logits.reduce(0.0) { $0 + exp(Double($1) - greatest) }
        return logits.map { Double($0) - greatest - log(sum) }
    }
}

extension ArithmeticDifference {
    /// How far from exact an arithmetic may be.
    package struct Bounds: Sendable {
        /// Least share of positions with the same likeliest token.
        package var sameShare: Double
        /// Nats that another likeliest token may be less likely.
        package var loss: Double
        /// Nats that the log-probability of the likeliest token may be off by.
        package var logProbability: Double
        /// Mean divergence in nats.
        package var divergence: Double
        /// Share by which bits a byte may change.
        package var bitsChange: Double

        package init(
            sameShare: Double, loss: Double, logProbability: Double, divergence: Double, bitsChange: Double
        ) {
            self.sameShare = sameShare
            self.loss = loss
            self.logProbability = logProbability
            self.divergence = divergence
            self.bitsChange = bitsChange
        }

        /// Of `--dtype int8` with a trained model.
        package static let fast = Bounds(
            sameShare: 0.9, loss: 1.5, logProbability: 1.5, divergence: 0.02, bitsChange: 0.015)
    }
}
