extension Tape {
    /// Copies `columns` columns of row i of `source` into row `rows[i]` of a buffer, from its column `first` on; rows of the
    /// buffer have `stride` columns. How keys and values enter a cache. Nothing is differentiated through it.
    package func copyRows(
        _ source: VariableColumns, columns: Int, into target: FloatStorage, first: Int, stride: Int, rows: [Int32]
    ) {
        precondition(
            rows.count == source.variable.rows && source.first + columns <= source.variable.columns
                && first + columns <= stride,
            "copyRows: \(rows.count) rows of \(columns) columns from \(source.first) of \(source.variable.shape)")
        let values = read(source.variable) + source.first
        for (row, place) in rows.enumerated() {
            precondition(
                place >= 0 && (Int(place) + 1) * stride <= target.count, "copyRows: no row \(place) in the buffer")
            (target.base + Int(place) * stride + first).update(
                from: values + row * source.variable.columns, count: columns)
        }
    }
}
