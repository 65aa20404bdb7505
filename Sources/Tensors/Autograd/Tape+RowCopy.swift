internal import CKernels

extension Tape {
    /// Copies `columns` columns of row i of `source` into row `rows[i]` of a buffer, from its column `first` on; rows of the
    /// buffer have `stride` columns, in half precision if `asHalves`. How keys and values enter a cache. Nothing is differentiated through it.
    ///
    /// - Returns: Whether everything can be expressed in the buffer's form; what can't is infinite there.
    package func copyRows(
        _ source: VariableColumns, columns: Int, into target: FloatStorage, first: Int, stride: Int, rows: [Int32],
        asHalves: Bool = false
    ) -> Bool {
        precondition(
            rows.count == source.variable.rows && source.first + columns <= source.variable.columns
                && first + columns <= stride,
            "copyRows: \(rows.count) rows of \(columns) columns from \(source.first) of \(source.variable.shape)")
        var fits = true
        let values = read(source.variable) + source.first
        for (row, place) in rows.enumerated() {
            precondition(
                place >= 0 && (Int(place) + 1) * stride <= target.count * (asHalves ? 2 : 1),
                "copyRows: no row \(place) in the buffer")
            let (from, start) = (values + row * source.variable.columns, Int(place) * stride + first)
            if asHalves {
                if calm_to_halves(UnsafeMutableRawPointer(target.base) + 2 * start, from, columns) == 0 { fits = false }
            } else {
                (target.base + start).update(from: from, count: columns)
            }
        }
        return fits
    }
}
