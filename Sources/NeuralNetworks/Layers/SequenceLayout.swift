import Tensors

/// Where the rows of a packed batch belong: a position for each row, who has a query, and who sees whom.
package struct SequenceLayout: Sendable {
    /// Position of each row within its sequence, from 0.
    package private(set) var positions: [Int32]
    package private(set) var pattern: AttentionPattern
    /// With a cache: the cache row that each row's key and value go to. The pattern's keys are then cache rows.
    package private(set) var cacheRows: [Int32]?
    /// Whether only ``askingRows`` have queries, and so outputs; of the others only keys and values are computed.
    package private(set) var isPartial = false
    package private(set) var askingRows: [Int32] = []
    private var askingPositions: [Int32] = []

    /// Position of each row that has a query.
    package var queryPositions: [Int32] { isPartial ? askingPositions : positions }

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
        var layout = SequenceLayout(positions: [], pattern: .causal(offsets: [0]))
        layout.setCausal(offsets: offsets)
        return layout
    }

    /// Becomes ``causal(offsets:)``, in the memory that it has.
    package mutating func setCausal(offsets: [Int]) {
        positions.removeAll(keepingCapacity: true)
        for index in 0..<offsets.count - 1 {
            for position in 0..<offsets[index + 1] - offsets[index] { positions.append(Int32(position)) }
        }
        pattern.setCausal(offsets: offsets)
        cacheRows = nil
        isPartial = false
    }

    /// Leaves queries to these rows alone, in ascending order: a last layer need not compute what nobody reads.
    package mutating func ask(only rows: [Int32]) {
        precondition(!isPartial, "a layout is restricted once")
        if rows.count == positions.count { return }
        isPartial = true
        askingRows.removeAll(keepingCapacity: true)
        askingPositions.removeAll(keepingCapacity: true)
        for row in rows {
            askingRows.append(row)
            askingPositions.append(positions[Int(row)])
        }
        pattern.ask(only: rows)
    }
}

extension Tape {
    /// Those rows of x that have a query.
    package func asking(_ x: Variable, _ layout: SequenceLayout) -> Variable {
        layout.isPartial ? gatherRows(x, layout.askingRows) : x
    }
}
