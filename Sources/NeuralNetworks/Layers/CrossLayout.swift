import Tensors

/// Where the queries and the keys of a cross-attention stand, and who sees whom.
package struct CrossLayout: Sendable {
    /// The queries' positions; the pattern's keys are the rows of keys, or cache rows.
    package var queries: SequenceLayout
    /// Position of each row of keys, in the queries' count.
    package let keyPositions: [Int32]
    /// With a cache: the cache row that each key and value goes to.
    package let keyCacheRows: [Int32]?

    package init(queries: SequenceLayout, keyPositions: [Int32], keyCacheRows: [Int32]?) {
        self.queries = queries
        self.keyPositions = keyPositions
        self.keyCacheRows = keyCacheRows
    }

    /// Queries and keys of the same rows.
    package init(_ shared: SequenceLayout) {
        self.init(queries: shared, keyPositions: shared.positions, keyCacheRows: shared.cacheRows)
    }
}
