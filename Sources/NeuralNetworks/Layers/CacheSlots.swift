import Tensors

/// Which rows of a key-value cache belong to which sequence of a batch. The caches of all layers share one.
///
/// Each sequence owns a slot of `capacity` rows. Finished sequences leave without a byte being moved.
package struct CacheSlots: Sendable {
    package private(set) var capacity: Int
    private var slots: [Int]
    /// Cached rows of each sequence still in the batch.
    package private(set) var lengths: [Int]
    /// How many rows each of them took first: its prompt.
    package private(set) var firstLengths: [Int]
    /// Rows that a cache must have.
    package let rows: Int

    package init(sequences: Int, capacity: Int) {
        self.capacity = capacity
        slots = Array(0..<sequences)
        lengths = [Int](repeating: 0, count: sequences)
        firstLengths = lengths
        rows = sequences * capacity
    }

    /// Becomes empty slots for other sequences, in the rows that there are.
    package mutating func restart(sequences: Int, capacity: Int) {
        precondition(sequences * capacity <= rows, "\(sequences) sequences of \(capacity) rows in a cache of \(rows)")
        self.capacity = capacity
        slots = Array(0..<sequences)
        lengths = [Int](repeating: 0, count: sequences)
        firstLengths = lengths
    }

    /// Cache rows of sequence `index` that are filled.
    package func filled(_ index: Int) -> Range<Int> {
        slots[index] * capacity..<slots[index] * capacity + lengths[index]
    }

    /// Reserves rows for `counts[i]` new tokens of sequence i and lays them out: packed in order, each token sees its
    /// sequence's cache up to and including itself.
    package mutating func append(counts: [Int]) -> SequenceLayout {
        precondition(counts.count == slots.count, "\(counts.count) counts for \(slots.count) sequences")
        for (index, count) in counts.enumerated() {
            precondition(
                lengths[index] + count <= capacity, "a cache of \(capacity) rows can't hold \(lengths[index] + count)")
            if lengths[index] == 0 { firstLengths[index] = count }
            lengths[index] += count
        }
        return layout(counts: counts) { position, _ in position + 1 }
    }

    /// The layout of the last `counts[i]` rows of sequence i, each of which sees the first `visible(position, i)` of its
    /// sequence's cached rows.
    package func layout(counts: [Int], visible: (_ position: Int, _ sequence: Int) -> Int) -> SequenceLayout {
        let total = counts.reduce(0, +)
        var (positions, seen, rows): ([Int32], [Int32], [Int32]) = ([], [], [])
        positions.reserveCapacity(total)
        seen.reserveCapacity(total)
        rows.reserveCapacity(total)
        var sequences: [(queries: Range<Int>, keys: Range<Int>)] = []
        sequences.reserveCapacity(counts.count)
        for (index, count) in counts.enumerated() {
            let first = positions.count
            for position in lengths[index] - count..<lengths[index] {
                positions.append(Int32(position))
                seen.append(Int32(visible(position, index)))
                rows.append(Int32(slots[index] * capacity + position))
            }
            sequences.append((first..<first + count, filled(index)))
        }
        return SequenceLayout(
            positions: positions, pattern: AttentionPattern(sequences: sequences, visible: seen), cacheRows: rows)
    }

    /// Forgets what each sequence has beyond its first `length` rows.
    package mutating func truncate(to length: Int) {
        lengths = lengths.map { min($0, length) }
        firstLengths = firstLengths.map { min($0, length) }
    }

    /// Keeps the sequences at these indices, in this order; the others leave the batch.
    package mutating func keep(_ indices: [Int]) {
        slots = indices.map { slots[$0] }
        lengths = indices.map { lengths[$0] }
        firstLengths = indices.map { firstLengths[$0] }
    }
}
