/// A share of hits among independent trials, and its confidence interval.
package struct Proportion: Sendable, Equatable {
    package let hits: Int
    package let count: Int

    /// - Precondition: at least one trial.
    package init(hits: Int, count: Int) {
        precondition(count > 0 && (0...count).contains(hits), "\(hits) of \(count)")
        self.hits = hits
        self.count = count
    }

    package init(of answers: [Bool]) { self.init(hits: answers.count { $0 }, count: answers.count) }

    package var value: Double { Double(hits) / Double(count) }

    /// Wilson's score interval at 95%: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n), with z = 1.96.
    ///
    /// Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22, 1927.
    package var interval: ClosedRange<Double> {
        let (p, n, z) = (value, Double(count), 1.959_963_984_540_054)
        let scale = 1 + z * z / n
        let center = (p + z * z / (2 * n)) / scale
        let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / scale
        // All or nothing is never ruled out by itself.
        return (hits == 0 ? 0 : max(0, center - half))...(hits == count ? 1 : min(1, center + half))
    }
}
