import Tensors

/// The keys and values of one attention layer, [rows, 2 d] side by side; ``CacheSlots`` says whose row is whose.
package final class KVCache {
    private let width: Int
    private let rows: Int
    private let storage: FloatStorage

    /// Room for `rows` keys and values of `width` columns each.
    package init(rows: Int, width: Int) {
        self.rows = rows
        self.width = width
        storage = FloatStorage(count: rows * 2 * width)
    }

    /// Stores row i of the keys and values in cache row `rows[i]`, and returns all of the cache as operands. The tape holds
    /// on to them until its next step.
    package func store(
        keys: VariableColumns, values: VariableColumns, rows target: [Int32], on tape: Tape
    ) -> (keys: VariableColumns, values: VariableColumns) {
        tape.copyRows(keys, columns: width, into: storage, first: 0, stride: 2 * width, rows: target)
        tape.copyRows(values, columns: width, into: storage, first: width, stride: 2 * width, rows: target)
        let variable = tape.external(storage, rows: rows, columns: 2 * width)
        return (variable.columns(from: 0), variable.columns(from: width))
    }
}

extension Optional where Wrapped == KVCache {
    /// What a layer attends to: with a cache its content once it has taken up the batch's keys and values; else these.
    package func taking(
        keys: VariableColumns, values: VariableColumns, _ layout: SequenceLayout, on tape: Tape
    ) -> (keys: VariableColumns, values: VariableColumns) {
        guard let self else { return (keys, values) }
        guard let rows = layout.cacheRows else { preconditionFailure("the layout names no cache rows") }
        return self.store(keys: keys, values: values, rows: rows, on: tape)
    }
}
