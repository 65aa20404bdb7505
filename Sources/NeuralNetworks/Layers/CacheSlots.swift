import Tensors

/// Which rows of a key-value cache belong to which sequence of a batch. The caches of all layers share one.
///
/// Each sequence owns a slot of `capacity` rows. Finished sequences leave without a byte being moved.
package struct CacheSlots: Sendable {
    package private(set) var capacity: Int
    private var slots: [Int]
    /// Cached rows of each sequence still in the batch.
    package private(set) var lengths: [Int]
    /// Rows that a cache must have.
    package let rows: Int

    package init(sequences: Int, capacity: Int) {
        self.capacity = capacity
        slots = Array(0..<sequences)
        lengths = [Int](repeating: 0, count: sequences)
        rows = sequences * capacity
    }

    /// Becomes empty slots for other sequences, in the rows that there are.
    package mutating func restart(sequences: Int, capacity: Int) {
        precondition(sequences * capacity <= rows, "\(sequences) sequences of \(capacity) rows in a cache of \(rows)")
        self.capacity = capacity
        slots = Array(0..<sequences)
        lengths = [Int](repeating: 0, count: sequences)
    }

    /// Cache rows of sequence `index` that are filled.
    package func filled(_ index: Int) -> Range<Int> {
        slots[index] * capacity..<slots[index] * capacity + lengths[index]
    }

    /// Reserves rows for `counts[i]` new tokens of sequence i and lays them out: packed in order, each token sees its
    /// sequence's cache up to and including itself.
    package mutating func append(counts: [Int]) -> SequenceLayout {
        precondition(counts.count == slots.count, "\(counts.count) counts for \(slots.count) sequences")
        let total = counts.reduce(0, +)
        var (positions, visible, rows): ([Int32], [Int32], [Int32]) = ([], [], [])
        positions.reserveCapacity(total)
        visible.reserveCapacity(total)
        rows.reserveCapacity(total)
        var sequences: [(queries: Range<Int>, keys: Range<Int>)] = []
        sequences.reserveCapacity(counts.count)
        for (index, count) in counts.enumerated() {
            let (first, start) = (positions.count, lengths[index])
            precondition(start + count <= capacity, "a cache of \(capacity) rows can't hold \(start + count)")
            for position in start..<start + count {
                positions.append(Int32(position))
                visible.append(Int32(position + 1))
                rows.append(Int32(slots[index] * capacity + position))
            }
            lengths[index] += count
            sequences.append((first..<first + count, filled(index)))
        }
        return SequenceLayout(
            positions: positions, pattern: AttentionPattern(sequences: sequences, visible: visible), cacheRows: rows)
    }

    /// Keeps the sequences at these indices, in this order; the others leave the batch.
    package mutating func keep(_ indices: [Int]) {
        slots = indices.map { slots[$0] }
        lengths = indices.map { lengths[$0] }
    }
}
