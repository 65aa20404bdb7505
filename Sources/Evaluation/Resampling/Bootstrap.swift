/// The bootstrap: scores of as many sentences as there are, drawn with replacement, again and again.
///
/// Resamples are those of sacrebleu, and their scores have the precision that they have there.
///
/// Source: P. Koehn, Statistical significance tests for machine translation evaluation, EMNLP 2004.
package struct Bootstrap: Sendable, Equatable {
    package var resamples: Int
    package var seed: UInt64

    /// - Precondition: at least one resample.
    package init(resamples: Int = 1_000, seed: UInt64 = 12_345) {
        precondition(resamples > 0, "no resample")
        self.resamples = resamples
        self.seed = seed
    }

    /// The score of each resample. Statistics of as many rows are resampled alike.
    ///
    /// O(resamples × rows × width).
    ///
    /// - Precondition: at least one row.
    package func scores(of statistics: CorpusStatistics, _ metric: some CorpusMetric) -> ResampledScores {
        precondition(statistics.count > 0, "no row to draw")
        var generator = NumPyGenerator(seed: seed)
        let (rows, width) = (UInt32(statistics.count), statistics.width)
        let values = statistics.values.map(Float.init)
        var totals = [Float](repeating: 0, count: width)
        let scores = (0..<resamples).map { _ in
            values.withUnsafeBufferPointer { values in
                totals.withUnsafeMutableBufferPointer { totals in
                    totals.update(repeating: 0)
                    for _ in 0..<rows {
                        let row = generator.index(below: rows) * width
                        for column in 0..<width { totals[column] += values[row + column] }
                    }
                }
            }
            return metric.score(of: totals)
        }
        // A score of 0 is a number of double precision there, and makes the whole array one.
        return ResampledScores(scores, isSingle: metric.hasSingleResamples && !scores.contains(0))
    }
}

/// The scores of a system's resamples.
package struct ResampledScores: Sendable, Equatable {
    package let values: [Double]
    /// Whether means and differences are calculated in single precision.
    private let isSingle: Bool

    /// - Precondition: at least one score.
    init(_ values: [Double], isSingle: Bool) {
        precondition(!values.isEmpty, "no score")
        self.values = values
        self.isSingle = isSingle
    }

    /// The mean, as sacrebleu gives it of a system by itself.
    package var mean: Double {
        let mean = Self.sum(values) / Double(values.count)
        return isSingle ? Double(Float(mean)) : mean
    }

    /// The mean, as sacrebleu gives it of each system of a comparison: in the scores' own precision, from the lowest on.
    package var comparedMean: Double {
        let sorted = values.sorted()
        return isSingle ? Double(Self.mean(sorted.map(Float.init))) : Self.mean(sorted)
    }

    /// The 95% interval by percentiles.
    package var interval: ClosedRange<Double> { Self.interval(values) }

    /// Half of the interval's length, sacrebleu's ±.
    package var halfWidth: Double {
        let interval = interval
        if isSingle { return Double(0.5 * (Float(interval.upperBound) - Float(interval.lowerBound))) }
        return 0.5 * (interval.upperBound - interval.lowerBound)
    }

    /// The differences to another system's scores on the same resamples, one by one.
    package func differences(to baseline: ResampledScores) -> [Double] { zip(values, baseline.values).map { $0 - $1 } }

    /// The probability of a difference of scores as large as the one observed, or larger, if the systems don't differ.
    ///
    /// Differences of resamples are spread about the observed one as they would be about 0; p = (1 + how many of them, their
    /// mean subtracted, are above the observed one) / (1 + resamples).
    ///
    /// - Parameter difference: of the scores of all rows.
    package func probability(of difference: Double, to baseline: ResampledScores) -> Double {
        let above: Int
        if isSingle, baseline.isSingle {
            let differences = zip(values, baseline.values).map { abs(Float($0) - Float($1)) }
            above = Self.excess(of: differences, over: Float(abs(difference)))
        } else {
            above = Self.excess(of: differences(to: baseline).map { abs($0) }, over: abs(difference))
        }
        return Double(above + 1) / Double(values.count + 1)
    }

    private static func excess<Number: BinaryFloatingPoint>(of values: [Number], over limit: Number) -> Int {
        let mean = mean(values)
        return values.count { $0 - mean > limit }
    }

    /// 2.5% of the values are below the interval, and 2.5% above.
    package static func interval(_ values: [Double]) -> ClosedRange<Double> {
        let sorted = values.sorted()
        let tail = sorted.count / 40
        return sorted[tail]...sorted[sorted.count - tail - 1]
    }

    private static func mean<Number: BinaryFloatingPoint>(_ values: [Number]) -> Number {
        values.withUnsafeBufferPointer { pairwiseSum($0[...]) } / Number(values.count)
    }

    /// The sum in the order in which NumPy adds.
    private static func pairwiseSum<Number: BinaryFloatingPoint>(_ values: Slice<UnsafeBufferPointer<Number>>) -> Number
    {
        if values.count > 128 {
            let half = values.count / 2 - values.count / 2 % 8
            return pairwiseSum(values.prefix(half)) + pairwiseSum(values.dropFirst(half))
        }
        guard values.count >= 8 else { return values.reduce(-0.0, +) }
        var lanes = Array(values.prefix(8))
        let end = values.startIndex + values.count / 8 * 8
        for index in (values.startIndex + 8)..<max(values.startIndex + 8, end) {
            lanes[(index - values.startIndex) % 8] += values[index]
        }
        let sum = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]))
        return values[end...].reduce(sum, +)
    }

    /// The sum, rounded about once. Source: A. Neumaier, 1974.
    private static func sum(_ values: [Double]) -> Double {
        var (sum, lost) = (0.0, 0.0)
        for value in values {
            let next = sum + value
            lost += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
            sum = next
        }
        return sum + lost
    }
}

/// What the paired bootstrap says of a system beside a baseline: both are scored on the same resamples.
package struct PairedComparison: Sendable {
    /// Score minus the baseline's.
    package let difference: Double
    /// The 95% interval of the difference, by percentiles.
    package let interval: ClosedRange<Double>
    /// See ``ResampledScores/probability(of:to:)``; 1 of systems that differ in no sentence's counts, for which sacrebleu would
    /// say that chance all but never makes no difference.
    package let probability: Double
    package let scores: ResampledScores
    package let baseline: ResampledScores

    /// - Precondition: as many rows, at least one, of the same sentences.
    package init(
        _ statistics: CorpusStatistics, to baseline: CorpusStatistics, _ metric: some CorpusMetric,
        _ bootstrap: Bootstrap
    ) {
        precondition(statistics.count == baseline.count, "\(statistics.count) rows beside \(baseline.count)")
        scores = bootstrap.scores(of: statistics, metric)
        self.baseline = bootstrap.scores(of: baseline, metric)
        difference = metric.score(of: statistics) - metric.score(of: baseline)
        interval = ResampledScores.interval(scores.differences(to: self.baseline))
        probability =
            statistics.values == baseline.values ? 1 : scores.probability(of: difference, to: self.baseline)
    }
}
