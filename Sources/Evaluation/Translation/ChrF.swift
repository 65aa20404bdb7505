/// The F-score of character n-grams, and with words chrF++.
///
/// P and R are the shares of the hypothesis' and the reference's n-grams that the other has, averaged over the orders that
/// both have, and chrF = 100 (1 + β²) P R / (β² P + R). Of several references that count with which the sentence scores best.
///
/// Sources: M. Popović, chrF: character n-gram F-score for automatic MT evaluation, WMT 2015, and chrF++: words helping
/// character n-grams, WMT 2017; as sacrebleu calculates them, `metrics/chrf.py`.
package struct ChrF: CorpusMetric {
    package var characterOrder = 6
    package var wordOrder: Int
    package var beta = 2
    package var isLowercase: Bool

    /// - Parameter wordOrder: 0 for chrF, 2 for chrF++.
    package init(wordOrder: Int = 0, isLowercase: Bool = false) {
        self.wordOrder = wordOrder
        self.isLowercase = isLowercase
    }

    private var order: Int { characterOrder + wordOrder }

    /// For each order: n-grams of the hypothesis, of the reference, and of both.
    package var width: Int { 3 * order }

    package var hasSingleResamples: Bool { true }

    package func statistics(of predictions: [Prediction]) -> CorpusStatistics {
        var statistics = CorpusStatistics(width: width)
        var scratch = Scratch()
        for prediction in predictions {
            let hypothesis = text(prediction.hypothesis)
            let candidates = prediction.references.map { counts(hypothesis, text($0), &scratch) }
            var best = candidates[0]
            if candidates.count > 1 {
                var bestScore = -1.0
                for candidate in candidates {
                    let score = score(of: candidate.map(Double.init))
                    if score > bestScore { (best, bestScore) = (candidate, score) }
                }
            }
            statistics.append(best, referenceCount: prediction.references.count)
        }
        return statistics
    }

    private struct Scratch {
        var matching = NGramMatching()
        var words = WordNumbering()
    }

    private func text(_ text: String) -> ScalarText {
        isLowercase ? ScalarText(text).lowercased : ScalarText(text)
    }

    private func counts(_ hypothesis: ScalarText, _ reference: ScalarText, _ scratch: inout Scratch) -> [Int] {
        var counts = orderCounts(
            hypothesis.withoutSpaces, reference.withoutSpaces, characterOrder, &scratch.matching)
        if wordOrder > 0 {
            let words = scratch.words.numbers(of: [Self.words(of: hypothesis), Self.words(of: reference)])
            counts += orderCounts(words[0], words[1], wordOrder, &scratch.matching)
        }
        return counts
    }

    private func orderCounts(
        _ hypothesis: [UInt32], _ reference: [UInt32], _ order: Int, _ matching: inout NGramMatching
    ) -> [Int] {
        let matches = matching.matches(of: hypothesis, in: [reference], order: order)
        return (1...order).flatMap { n in
            let expected = NGramMatching.count(n, of: reference.count)
            // What has no counterpart isn't counted.
            return [expected == 0 ? 0 : NGramMatching.count(n, of: hypothesis.count), expected, matches[n - 1]]
        }
    }

    /// Words, one sign of ASCII punctuation cut off from the end, or else from the beginning.
    private static func words(of text: ScalarText) -> [ArraySlice<UInt32>] {
        var words: [ArraySlice<UInt32>] = []
        for word in text.words {
            guard word.count > 1, let first = word.first, let last = word.last else {
                words.append(word)
                continue
            }
            if isPunctuation(last) {
                words += [word.dropLast(), word.suffix(1)]
            } else if isPunctuation(first) {
                words += [word.prefix(1), word.dropFirst()]
            } else {
                words.append(word)
            }
        }
        return words
    }

    private static func isPunctuation(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }

    package func score<Number: BinaryFloatingPoint>(of totals: [Number]) -> Double {
        var (precision, recall, orders) = (Number(0), Number(0), Number(0))
        for column in stride(from: 0, to: width, by: 3) where totals[column] > 0 && totals[column + 1] > 0 {
            precision += totals[column + 2] / totals[column]
            recall += totals[column + 2] / totals[column + 1]
            orders += 1
        }
        guard orders > 0 else { return 0 }
        precision /= orders
        recall /= orders
        guard precision + recall > 0 else { return 0 }
        let factor = Number(beta * beta)
        return Double(100 * ((1 + factor) * precision * recall / (factor * precision + recall)))
    }

    package var signature: [(name: String, value: String)] {
        [
            ("case", isLowercase ? "lc" : "mixed"), ("eff", "yes"), ("nc", "\(characterOrder)"), ("nw", "\(wordOrder)"),
            ("space", "no"), ("version", MetricSignature.sacreBLEUVersion),
        ]
    }
}
