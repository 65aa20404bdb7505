import Foundation

/// Maps numbers to places along an axis, and says which of them to mark.
struct Scale: Sendable, Equatable {
    let lower: Double
    let upper: Double
    let isLogarithmic: Bool
    /// In ascending order, all within the scale.
    let ticks: [Double]

    /// A scale over `values`; what isn't finite doesn't count, and without any the scale is from 0 to 1.
    ///
    /// - Parameters:
    ///   - includesZero: Whether the scale begins (or ends) at zero, as bars must.
    ///   - prefersLogarithm: Whether values that are all positive and span more than a factor of 50 stand on a logarithmic
    ///     scale, as losses do: the end of training would be flat otherwise.
    init(over values: some Sequence<Double>, includesZero: Bool = false, prefersLogarithm: Bool = false) {
        // Beyond this, differences of doubles overflow.
        let finite = values.filter { $0.isFinite && abs($0) < 1e300 }
        var (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
        if prefersLogarithm, low > 1e-300, high / low > 50 {
            let (first, last) = (Int(log10(low).rounded(.down)), Int(log10(high).rounded(.up)))
            (lower, upper) = (pow(10, Double(first)), pow(10, Double(last)))
            isLogarithmic = true
            let stride = max(1, (last - first + 5) / 6)
            ticks = Swift.stride(from: first, through: last, by: stride).map { pow(10, Double($0)) }
            return
        }
        if includesZero { (low, high) = (min(low, 0), max(high, 0)) }
        // Steps between numbers that are nearly the same would be nothing.
        if high - low < max(abs(low), abs(high)) * 1e-12 || high - low < 1e-300 {
            let margin = abs(low) < 1e-290 ? 1 : abs(low) * 0.1
            (low, high) = includesZero && low >= 0 ? (low, low + margin) : (low - margin, high + margin)
        }
        let step = Self.step(for: high - low)
        isLogarithmic = false
        lower = (low / step).rounded(.down) * step
        upper = (high / step).rounded(.up) * step
        let count = Int(((upper - lower) / step).rounded())
        let start = lower
        ticks = (0...max(1, min(count, 20))).map { start + Double($0) * step }
    }

    /// 1, 2 or 5 times a power of ten, so that some four to eight steps cover `span`.
    private static func step(for span: Double) -> Double {
        let rough = span / 5
        let power = pow(10, log10(rough).rounded(.down))
        for factor in [1.0, 2, 5] where factor * power >= rough * 0.999 { return factor * power }
        return 10 * power
    }

    /// Where `value` lies between the two ends; outside them it is held at the nearer one.
    func position(_ value: Double, from start: Double, to end: Double) -> Double {
        let share =
            isLogarithmic
            ? (log10(max(value, lower)) - log10(lower)) / (log10(upper) - log10(lower))
            : (value - lower) / (upper - lower)
        return start + (end - start) * min(1, max(0, share))
    }
}
