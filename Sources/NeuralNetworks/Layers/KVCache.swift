import Tensors

/// The keys and values of one attention layer, [rows, 2 d] side by side; ``CacheSlots`` says whose row is whose.
package struct KVCache: Sendable {
    private let width: Int
    private let rows: Int
    private var storage: FloatStorage

    /// Room for `rows` keys and values of `width` columns each.
    package init(rows: Int, width: Int) {
        self.rows = rows
        self.width = width
        storage = FloatStorage(count: rows * 2 * width)
    }

    /// Stores row i of `keysValues` (2 d columns) in cache row `rows[i]`.
    package mutating func store(_ keysValues: VariableColumns, rows target: [Int32], on tape: Tape) {
        if !isKnownUniquelyReferenced(&storage) { storage = FloatStorage(copying: storage) }
        tape.copyRows(keysValues, columns: 2 * width, into: storage, rows: target)
    }

    /// Keys and values as operands. The tape holds on to them until its next step.
    package func contents(_ tape: Tape) -> (keys: VariableColumns, values: VariableColumns) {
        let variable = tape.external(storage, rows: rows, columns: 2 * width)
        return (variable.columns(from: 0), variable.columns(from: width))
    }
}
