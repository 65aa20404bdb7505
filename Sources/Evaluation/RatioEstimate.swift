/// A ratio of two sums over independent units, such as bits by bytes over documents, and its confidence interval.
package struct RatioEstimate: Sendable {
    private let units: [(numerator: Double, denominator: Double)]

    /// - Precondition: at least one unit; denominators are positive.
    package init(_ units: [(numerator: Double, denominator: Double)]) {
        precondition(!units.isEmpty && units.allSatisfy { $0.denominator > 0 }, "no ratio of \(units.count) units")
        self.units = units
    }

    package var value: Double {
        units.reduce(0) { $0 + $1.numerator } / units.reduce(0) { $0 + $1.denominator }
    }

    /// The bootstrap's 95% interval by percentiles: of ratios over as many units, drawn with replacement, 2.5% are below it and
    /// 2.5% above. Nil of a single unit, which says nothing of others.
    ///
    /// O(units × resamples). Source: B. Efron, R. Tibshirani, An introduction to the bootstrap, 1993, chapter 13.
    ///
    /// - Parameter draw: A whole number at random from 0 to below the given one.
    package func interval(resamples: Int = 1_000, draw: (Int) -> Int) -> ClosedRange<Double>? {
        guard units.count > 1 else { return nil }
        let ratios = (0..<resamples).map { _ in
            var (numerator, denominator) = (0.0, 0.0)
            for _ in units {
                let unit = units[draw(units.count)]
                numerator += unit.numerator
                denominator += unit.denominator
            }
            return numerator / denominator
        }.sorted()
        let tail = Double(resamples - 1) * 0.025
        return ratios[Int(tail.rounded(.down))]...ratios[resamples - 1 - Int(tail.rounded(.down))]
    }
}
