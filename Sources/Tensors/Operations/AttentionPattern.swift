/// Who may see whom: for each sequence a range of query rows and a range of key rows, and for each query row how many of
/// its sequence's keys it sees, counted from the first. A row that sees none gets exactly zero.
///
/// Causal self-attention, decoding from a cache and cross-attention are three such patterns.
package struct AttentionPattern: Sendable {
    /// First query row, query rows, first key row, key rows; four numbers a sequence.
    let ranges: [Int32]
    /// One number a query row.
    let visible: [Int32]
    /// One past the highest query and key row that any range names.
    let queryEnd: Int
    let keyEnd: Int
    /// The longest sequence's queries and keys.
    let mostQueries: Int
    let mostKeys: Int
    /// Whether every query row belongs to a sequence.
    let coversQueries: Bool

    /// Sequences as pairs of row ranges; `visible` has an element for every query row, covered or not.
    package init(sequences: [(queries: Range<Int>, keys: Range<Int>)], visible: [Int32]) {
        var ranges: [Int32] = []
        ranges.reserveCapacity(4 * sequences.count)
        var (queryEnd, keyEnd, mostQueries, mostKeys, covered) = (0, 0, 0, 0, 0)
        for (queries, keys) in sequences {
            precondition(
                queries.lowerBound >= 0 && keys.lowerBound >= 0 && queries.upperBound <= visible.count,
                "attention: queries \(queries), keys \(keys), visibility of \(visible.count) rows")
            for row in queries {
                precondition(
                    visible[row] >= 0 && visible[row] <= keys.count,
                    "attention: query row \(row) sees \(visible[row]) of \(keys.count) keys")
            }
            ranges.append(Int32(queries.lowerBound))
            ranges.append(Int32(queries.count))
            ranges.append(Int32(keys.lowerBound))
            ranges.append(Int32(keys.count))
            queryEnd = max(queryEnd, queries.upperBound)
            keyEnd = max(keyEnd, keys.upperBound)
            mostQueries = max(mostQueries, queries.count)
            mostKeys = max(mostKeys, keys.count)
            covered += queries.count
        }
        self.ranges = ranges
        self.visible = visible
        (self.queryEnd, self.keyEnd, self.mostQueries, self.mostKeys) = (queryEnd, keyEnd, mostQueries, mostKeys)
        coversQueries = covered == visible.count
    }

    /// Causal self-attention over packed sequences: sequence i has rows offsets[i]..<offsets[i + 1].
    package static func causal(offsets: [Int]) -> AttentionPattern {
        var visible: [Int32] = []
        visible.reserveCapacity(offsets.last ?? 0)
        var sequences: [(queries: Range<Int>, keys: Range<Int>)] = []
        for (start, end) in zip(offsets, offsets.dropFirst()) {
            for row in start..<end { visible.append(Int32(row - start + 1)) }
            sequences.append((start..<end, start..<end))
        }
        return AttentionPattern(sequences: sequences, visible: visible)
    }

    var sequences: Int { ranges.count / 4 }

    /// Floats that the probabilities of all heads take.
    func probabilities(heads: Int, padded: (Int) -> Int) -> Int {
        var total = 0
        for sequence in 0..<sequences {
            total += heads * Int(ranges[4 * sequence + 1]) * padded(Int(ranges[4 * sequence + 3]))
        }
        return total
    }
}
