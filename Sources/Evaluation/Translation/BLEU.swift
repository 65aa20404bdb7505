import Foundation

/// The geometric mean of n-gram precisions, with a penalty for brevity.
///
/// BLEU = 100 BP exp((1/N) Σ ln pₙ), N = 4; pₙ is the share of the hypothesis' n-grams that a reference has, and BP =
/// exp(1 - r / c) of lengths c < r in words, r being the sum of the lengths of the closest references.
///
/// Sources: K. Papineni et al., BLEU: a method for automatic evaluation of machine translation, ACL 2002; M. Post, A call for
/// clarity in reporting BLEU scores, WMT 2018; as sacrebleu calculates it, `metrics/bleu.py`.
package struct BLEU: CorpusMetric {
    /// What is done about an order without a match. Source: B. Chen, C. Cherry, A systematic comparison of smoothing
    /// techniques for sentence-level BLEU, WMT 2014.
    package enum Smoothing: Sendable, Equatable {
        case none
        /// A match count of 0 becomes this.
        case floor(Double)
        /// This is added to matches and totals of the orders from 2 on.
        case addK(Double)
        /// The first order without a match has half of one, the next a quarter, and so on.
        case exponential
    }

    package var tokenization: BLEUTokenization
    package var smoothing: Smoothing
    package var isLowercase: Bool
    /// Whether orders that a text is too short for are left out; always so of sentences by themselves.
    package var hasEffectiveOrder = false

    private let order = 4

    package init(
        tokenization: BLEUTokenization = .mteval13a, smoothing: Smoothing = .exponential, isLowercase: Bool = false
    ) {
        self.tokenization = tokenization
        self.smoothing = smoothing
        self.isLowercase = isLowercase
    }

    /// Words of the hypothesis and of the closest reference; for each order n-grams with a match, then n-grams.
    package var width: Int { 2 + 2 * order }

    package func statistics(of predictions: [Prediction]) -> CorpusStatistics {
        var statistics = CorpusStatistics(width: width)
        var (matching, numbering) = (NGramMatching(), WordNumbering())
        for prediction in predictions {
            let texts = numbering.numbers(of: ([prediction.hypothesis] + prediction.references).map(words))
            let (hypothesis, references) = (texts[0], Array(texts.dropFirst()))
            let closest = references.map(\.count).min {
                (abs($0 - hypothesis.count), $0) < (abs($1 - hypothesis.count), $1)
            }
            statistics.append(
                [hypothesis.count, closest ?? 0] + matching.matches(of: hypothesis, in: references, order: order)
                    + (1...order).map { NGramMatching.count($0, of: hypothesis.count) },
                referenceCount: references.count)
        }
        return statistics
    }

    private func words(_ text: String) -> [ArraySlice<UInt32>] {
        let text = isLowercase ? ScalarText(text).lowercased : ScalarText(text)
        return tokenization.words(of: text.strippedAtEnd)
    }

    package func score<Number: BinaryFloatingPoint>(of totals: [Number]) -> Double {
        score(of: totals, hasEffectiveOrder: hasEffectiveOrder)
    }

    package func sentenceScore(of counts: [Double]) -> Double { score(of: counts, hasEffectiveOrder: true) }

    private func score<Number: BinaryFloatingPoint>(of sums: [Number], hasEffectiveOrder: Bool) -> Double {
        var (matches, totals) = (Array(sums[2..<(2 + order)]), Array(sums[(2 + order)...]))
        guard matches.contains(where: { $0 > 0 }) else { return 0 }
        var logarithms = 0.0
        var orders = order
        var halving = 1.0
        for n in 0..<order {
            if case .addK(let k) = smoothing, n > 0 {
                matches[n] += Number(k)
                totals[n] += Number(k)
            }
            guard totals[n] > 0 else {
                if hasEffectiveOrder { break }
                // Nothing of each order that is left, whose logarithm sacrebleu has as this.
                logarithms += Double(order - n) * Self.logarithmOfZero
                break
            }
            if hasEffectiveOrder { orders = n + 1 }
            var precision = Number(0)
            if matches[n] > 0 {
                precision = 100 * matches[n] / totals[n]
            } else if smoothing == .exponential {
                halving *= 2
                precision = 100 / (Number(halving) * totals[n])
            } else if case .floor(let value) = smoothing {
                precision = Number(100 * value) / totals[n]
            }
            logarithms += precision == 0 ? Self.logarithmOfZero : log(Double(precision))
        }
        return penalty(Double(sums[0]), Double(sums[1])) * exp(logarithms / Double(orders))
    }

    private static let logarithmOfZero = -9_999_999_999.0

    private func penalty(_ length: Double, _ expected: Double) -> Double {
        guard length < expected else { return 1 }
        return length > 0 ? exp(1 - expected / length) : 0
    }

    package var signature: [(name: String, value: String)] {
        [
            ("case", isLowercase ? "lc" : "mixed"), ("eff", hasEffectiveOrder ? "yes" : "no"),
            ("tok", tokenization.name), ("smooth", smoothing.signature), ("version", MetricSignature.sacreBLEUVersion),
        ]
    }
}

extension BLEU.Smoothing {
    fileprivate var signature: String {
        switch self {
        case .none: "none"
        case .floor(let value): "floor[\(String(format: "%.2f", value))]"
        case .addK(let value): "add-k[\(String(format: "%.2f", value))]"
        case .exponential: "exp"
        }
    }
}
