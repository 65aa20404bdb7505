/// Who may see whom: for each sequence a range of query rows and a range of key rows, and for each query row how many of
/// its sequence's keys it sees, counted from the first, and which of these it doesn't. A row that sees none gets exactly
/// zero.
///
/// Causal self-attention, decoding from a cache and cross-attention are three such patterns; with holes, texts that begin
/// alike and end differently.
package struct AttentionPattern: Sendable {
    /// First query row, query rows, first key row, key rows; four numbers a sequence.
    private(set) var ranges: [Int32] = []
    /// One number a query row.
    private(set) var visible: [Int32]
    /// Two numbers a query row: keys [from, to) of its sequence that it doesn't see; nil if none has any.
    private(set) var holes: [Int32]?
    /// One past the highest query and key row that any range names.
    private(set) var queryEnd = 0
    private(set) var keyEnd = 0
    /// The longest sequence's queries and keys.
    private(set) var mostQueries = 0
    private(set) var mostKeys = 0
    /// Query rows that belong to a sequence.
    private var covered = 0

    /// Whether every query row belongs to a sequence.
    var coversQueries: Bool { covered == visible.count }

    /// Sequences as pairs of row ranges; `visible` has an element for every query row, covered or not.
    ///
    /// - Parameter holes: For every query row, those of its visible keys that it doesn't see after all; never all of them.
    package init(
        sequences: [(queries: Range<Int>, keys: Range<Int>)], visible: [Int32], holes: [Range<Int32>]? = nil
    ) {
        self.visible = visible
        if let holes, holes.contains(where: { !$0.isEmpty }) {
            precondition(holes.count == visible.count, "attention: \(holes.count) holes for \(visible.count) rows")
            for (hole, sees) in zip(holes, visible) {
                precondition(
                    hole.isEmpty || hole.lowerBound >= 0 && hole.upperBound <= sees && hole.count < sees,
                    "attention: a hole of \(hole) in \(sees) visible keys")
            }
            self.holes = holes.flatMap { [$0.lowerBound, $0.upperBound] }
        }
        ranges.reserveCapacity(4 * sequences.count)
        for (queries, keys) in sequences {
            precondition(
                queries.lowerBound >= 0 && keys.lowerBound >= 0 && queries.upperBound <= visible.count,
                "attention: queries \(queries), keys \(keys), visibility of \(visible.count) rows")
            for row in queries {
                precondition(
                    visible[row] >= 0 && visible[row] <= keys.count,
                    "attention: query row \(row) sees \(visible[row]) of \(keys.count) keys")
            }
            append(queries, keys)
        }
    }

    private mutating func append(_ queries: Range<Int>, _ keys: Range<Int>) {
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

    /// Causal self-attention over packed sequences: sequence i has rows offsets[i]..<offsets[i + 1].
    package static func causal(offsets: [Int]) -> AttentionPattern {
        var pattern = AttentionPattern(sequences: [], visible: [])
        pattern.setCausal(offsets: offsets)
        return pattern
    }

    /// Becomes ``causal(offsets:)``, in the memory that it has.
    package mutating func setCausal(offsets: [Int]) {
        ranges.removeAll(keepingCapacity: true)
        visible.removeAll(keepingCapacity: true)
        holes = nil
        (queryEnd, keyEnd, mostQueries, mostKeys, covered) = (0, 0, 0, 0, 0)
        for index in 0..<offsets.count - 1 {
            let rows = offsets[index]..<offsets[index + 1]
            for row in rows { visible.append(Int32(row - rows.lowerBound + 1)) }
            append(rows, rows)
        }
    }

    /// Leaves only the query rows named, in ascending order, packed; who sees which keys stays as it was.
    package mutating func ask(only rows: [Int32]) {
        var (next, kept) = (0, 0)
        mostQueries = 0
        for sequence in 0..<sequences {
            let (first, start) = (next, ranges[4 * sequence])
            let end = start + ranges[4 * sequence + 1]
            while next < rows.count && rows[next] >= start && rows[next] < end { next += 1 }
            guard next > first else { continue }
            ranges[4 * kept] = Int32(first)
            ranges[4 * kept + 1] = Int32(next - first)
            ranges[4 * kept + 2] = ranges[4 * sequence + 2]
            ranges[4 * kept + 3] = ranges[4 * sequence + 3]
            mostQueries = max(mostQueries, next - first)
            kept += 1
        }
        precondition(next == rows.count, "attention: query rows that are out of order or of no sequence")
        ranges.removeLast(4 * (sequences - kept))
        for (index, row) in rows.enumerated() { visible[index] = visible[Int(row)] }
        visible.removeLast(visible.count - rows.count)
        holes = holes.map { holes in rows.flatMap { [holes[2 * Int($0)], holes[2 * Int($0) + 1]] } }
        (queryEnd, covered) = (rows.count, rows.count)
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
