/// A text that a model wrote, and texts of which one is as good as another that it should have written.
package struct Prediction: Sendable, Equatable {
    package let hypothesis: String
    package let references: [String]

    /// - Precondition: at least one reference.
    package init(_ hypothesis: String, references: [String]) {
        precondition(!references.isEmpty, "no reference")
        self.hypothesis = hypothesis
        self.references = references
    }
}

/// A score of many sentences that follows from sums: each sentence has a row of counts, and the score of any set of
/// sentences is a function of the rows' sum.
///
/// So the scores of a language, of a resample of the bootstrap, or of a single sentence need no text.
package protocol CorpusMetric: Sendable {
    /// How many counts a sentence has.
    var width: Int { get }

    /// The counts of each prediction.
    func statistics(of predictions: [Prediction]) -> CorpusStatistics

    /// The score from 0 to 100 of summed counts, calculated in the precision of `Number`.
    ///
    /// - Precondition: `width` counts.
    func score<Number: BinaryFloatingPoint>(of totals: [Number]) -> Double

    /// The score of a sentence by itself.
    func sentenceScore(of counts: [Double]) -> Double

    /// Whether scores of resamples are numbers of single precision where it is sacrebleu that calculates them.
    var hasSingleResamples: Bool { get }

    /// What the metric adds to a signature.
    var signature: [(name: String, value: String)] { get }
}

extension CorpusMetric {
    package func sentenceScore(of counts: [Double]) -> Double { score(of: counts) }
    package var hasSingleResamples: Bool { false }

    /// The score of all rows.
    package func score(of statistics: CorpusStatistics) -> Double { score(of: statistics.total.map(Double.init)) }

    /// The score of each row by itself.
    package func sentenceScores(of statistics: CorpusStatistics) -> [Double] {
        (0..<statistics.count).map { sentenceScore(of: statistics[$0].map(Double.init)) }
    }
}

/// What a corpus metric counted in each sentence: a row of `width` numbers.
package struct CorpusStatistics: Sendable, Equatable {
    package let width: Int
    /// Row after row.
    package private(set) var values: [Int] = []
    /// How many references each sentence has; nil if they differ.
    package private(set) var referenceCount: Int? = nil
    package private(set) var count = 0

    package init(width: Int) { self.width = width }

    /// - Precondition: `width` counts.
    package mutating func append(_ counts: [Int], referenceCount number: Int) {
        precondition(counts.count == width, "\(counts.count) counts in rows of \(width)")
        if count == 0 { referenceCount = number } else if referenceCount != number { referenceCount = nil }
        values += counts
        count += 1
    }

    package subscript(row: Int) -> ArraySlice<Int> { values[(row * width)..<((row + 1) * width)] }

    /// The sum of all rows.
    package var total: [Int] { total(of: 0..<count) }

    /// The sum of some rows, such as those of one language; a row may come more than once.
    package func total(of rows: some Sequence<Int>) -> [Int] {
        var total = [Int](repeating: 0, count: width)
        for row in rows {
            for (column, value) in self[row].enumerated() { total[column] += value }
        }
        return total
    }

    /// Some rows by themselves. All are said to have as many references as those of the whole.
    package func selecting(_ rows: some Sequence<Int>) -> CorpusStatistics {
        var selection = CorpusStatistics(width: width)
        for row in rows { selection.append(Array(self[row]), referenceCount: referenceCount ?? 0) }
        selection.referenceCount = referenceCount
        return selection
    }
}
