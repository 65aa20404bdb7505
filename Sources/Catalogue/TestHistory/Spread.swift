/// The middle of some numbers, and how far from it they commonly lie.
package struct Spread: Hashable, Sendable {
    package let count: Int
    package let median: Double
    /// The median absolute deviation (MAD): the median of the distances from the median, as it is, without a factor.
    package let deviation: Double

    /// Nil for no numbers.
    package init?(of numbers: [Double]) {
        guard let median = Self.median(numbers), let deviation = Self.median(numbers.map { abs($0 - median) }) else {
            return nil
        }
        count = numbers.count
        self.median = median
        self.deviation = deviation
    }

    private static func median(_ numbers: [Double]) -> Double? {
        if numbers.isEmpty { return nil }
        let sorted = numbers.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}
