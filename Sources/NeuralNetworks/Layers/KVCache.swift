import Tensors

/// The keys and values of one attention layer, [rows, 2 d] side by side; ``CacheSlots`` says whose row is whose.
///
/// They are Float32, or half precision if the tape rounds activations and the processor converts such numbers itself: half the
/// memory, and half of what attention reads in decoding. A number that half precision can't express makes the cache Float32.
package final class KVCache {
    private let width: Int
    private let rows: Int
    /// None before something is stored; then the form is known.
    private var content: (storage: FloatStorage, isHalf: Bool)?

    /// Room for `rows` keys and values of `width` columns each.
    package init(rows: Int, width: Int) {
        self.rows = rows
        self.width = width
    }

    /// Stores row i of the keys and values in cache row `rows[i]`, and returns all of the cache as operands. The tape holds
    /// on to them until its next step.
    package func store(
        keys: VariableColumns, values: VariableColumns, rows target: [Int32], on tape: Tape
    ) -> (keys: VariableColumns, values: VariableColumns) {
        var (storage, isHalf) = content ?? empty(isHalf: tape.frozenProducts.halvesCaches)
        func copy(_ source: VariableColumns, to first: Int) -> Bool {
            tape.copyRows(
                source, columns: width, into: storage, first: first, stride: 2 * width, rows: target, asHalves: isHalf)
        }
        while !(copy(keys, to: 0) && copy(values, to: width)) { (storage, isHalf) = (widened(storage), false) }
        content = (storage, isHalf)
        let variable = tape.external(storage, rows: rows, columns: isHalf ? width : 2 * width)
        return isHalf
            ? (variable.halfColumns(from: 0), variable.halfColumns(from: width))
            : (variable.columns(from: 0), variable.columns(from: width))
    }

    /// The cache's content with row i of the keys and values in place of row `rows[i]`, for what is differentiated; the cache
    /// stays as it is.
    func replacing(
        keys: VariableColumns, values: VariableColumns, rows target: [Int32], on tape: Tape
    ) -> (keys: VariableColumns, values: VariableColumns) {
        let (storage, isHalf) = content ?? empty(isHalf: false)
        precondition(!isHalf, "what is differentiated has keys and values in Float32")
        content = (storage, isHalf)
        func merged(_ source: VariableColumns, _ first: Int) -> VariableColumns {
            tape.replacingRows(
                of: storage, first: first, stride: 2 * width, columns: width, by: source, rows: target
            ).columns(from: 0)
        }
        return (merged(keys, 0), merged(values, width))
    }

    /// Takes up keys and values [count, 2 d] as ``content(_:)`` gave them.
    package func fill(_ rows: Range<Int>, from source: UnsafePointer<Float>) {
        let (storage, isHalf) = content ?? empty(isHalf: false)
        precondition(!isHalf && rows.upperBound <= self.rows, "rows \(rows) of \(self.rows)")
        content = (storage, isHalf)
        (storage.base + rows.lowerBound * 2 * width).update(from: source, count: rows.count * 2 * width)
    }

    /// Keys and values [count, 2 d] of some rows, in Float32; valid until the cache takes up others.
    package func content(_ rows: Range<Int>) -> UnsafeBufferPointer<Float> {
        guard let (storage, isHalf) = content else { return UnsafeBufferPointer(start: nil, count: 0) }
        precondition(!isHalf && rows.upperBound <= self.rows, "rows \(rows) of \(self.rows)")
        return UnsafeBufferPointer(
            start: storage.base + rows.lowerBound * 2 * width, count: rows.count * 2 * width)
    }

    /// Puts the first `count` rows of another cache of this layer at `row` and behind it.
    package func put(_ other: KVCache, count: Int, at row: Int) {
        precondition(
            other.width == width && count <= other.rows && row >= 0 && row + count <= rows,
            "\(count) of \(other.rows) rows of \(other.width) columns at \(row) of \(rows) rows of \(width)")
        guard case (var source, let sourceIsHalf)? = other.content else { return }
        var (storage, isHalf) = content ?? empty(isHalf: sourceIsHalf)
        if sourceIsHalf && !isHalf { source = other.widened(source) }
        if isHalf && !sourceIsHalf { (storage, isHalf) = (widened(storage), false) }
        content = (storage, isHalf)
        let floats = isHalf ? width : 2 * width
        (storage.base + row * floats).update(from: source.base, count: count * floats)
    }

    /// The same content with more room for each of some sequences: what was in slots of `old` rows is in slots of `new`.
    package func spread(slots: Int, from old: Int, to new: Int) -> KVCache {
        precondition(
            slots * old <= rows && old <= new, "\(slots) slots of \(old) rows, to be of \(new), in \(rows) rows")
        let result = KVCache(rows: slots * new, width: width)
        guard let (storage, isHalf) = content else { return result }
        let other = result.empty(isHalf: isHalf)
        let floats = isHalf ? width : 2 * width
        for slot in 0..<slots {
            (other.storage.base + slot * new * floats)
                .update(from: storage.base + slot * old * floats, count: old * floats)
        }
        result.content = other
        return result
    }

    /// The same rows in Float32.
    private func widened(_ halves: FloatStorage) -> FloatStorage {
        let count = rows * 2 * width
        let storage = FloatStorage(count: count)
        ElementType.f16.dequantize(
            UnsafeRawBufferPointer(start: halves.base, count: 2 * count),
            into: UnsafeMutableBufferPointer(start: storage.base, count: count))
        return storage
    }

    private func empty(isHalf: Bool) -> (storage: FloatStorage, isHalf: Bool) {
        (FloatStorage(count: rows * (isHalf ? width : 2 * width)), isHalf)
    }
}

extension Optional where Wrapped == KVCache {
    /// What a layer attends to: with a cache its content once it has taken up the batch's keys and values; else these.
    package func taking(
        keys: VariableColumns, values: VariableColumns, rows: [Int32]?, on tape: Tape
    ) -> (keys: VariableColumns, values: VariableColumns) {
        guard let self else { return (keys, values) }
        guard let rows else { preconditionFailure("the layout names no cache rows") }
        if tape.isDifferentiated(keys) { return self.replacing(keys: keys, values: values, rows: rows, on: tape) }
        return self.store(keys: keys, values: values, rows: rows, on: tape)
    }
}
