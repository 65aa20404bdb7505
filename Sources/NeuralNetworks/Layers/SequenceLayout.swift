import Tensors

/// Where the rows of a packed batch belong: a position for each row, and who sees whom.
package struct SequenceLayout: Sendable {
    /// Position of each row within its sequence, from 0.
    package let positions: [Int32]
    package let pattern: AttentionPattern
    /// With a cache: the cache row that each row's key and value go to. The pattern's keys are then cache rows.
    package let cacheRows: [Int32]?

    package init(positions: [Int32], pattern: AttentionPattern, cacheRows: [Int32]? = nil) {
        precondition(
            cacheRows == nil || cacheRows?.count == positions.count,
            "\(cacheRows?.count ?? 0) cache rows for \(positions.count) rows")
        self.positions = positions
        self.pattern = pattern
        self.cacheRows = cacheRows
    }

    /// Whole sequences, causal, without a cache: sequence i has rows offsets[i]..<offsets[i + 1].
    package static func causal(offsets: [Int]) -> SequenceLayout {
        var positions: [Int32] = []
        positions.reserveCapacity(offsets.last ?? 0)
        for (start, end) in zip(offsets, offsets.dropFirst()) {
            for position in 0..<(end - start) { positions.append(Int32(position)) }
        }
        return SequenceLayout(positions: positions, pattern: .causal(offsets: offsets))
    }
}
