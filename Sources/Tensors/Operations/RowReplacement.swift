/// y = constant rows with those of x in some places: the keys and values of a frozen beginning, and those of what follows it.
struct RowReplacement: DifferentiableOperation {
    let x: VariableColumns
    let rows: [Int32]
    let output: Variable

    /// dx[i] += dy[rows[i]]
    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        guard let dx = tape.zeroedTarget(x.variable) else { return }
        for (row, place) in rows.enumerated() {
            VectorMath.add(
                dx + row * x.variable.columns + x.first, upstream + Int(place) * output.columns, output.columns)
        }
    }
}

extension Tape {
    /// Columns `first`..<`first` + `columns` of a buffer's rows, with row i of x in place of row `rows[i]`. Rows of the buffer
    /// have `stride` columns.
    package func replacingRows(
        of buffer: FloatStorage, first: Int, stride: Int, columns: Int, by x: VariableColumns, rows: [Int32]
    ) -> Variable {
        let count = buffer.count / stride
        precondition(
            rows.count == x.variable.rows && x.first + columns <= x.variable.columns && first + columns <= stride,
            "replacingRows: \(rows.count) rows of \(columns) columns from \(x.first) of \(x.variable.shape)")
        let output = make(rows: count, columns: columns, needsGradient: needsGradient(x.variable))
        let (target, values) = (write(output), read(x.variable) + x.first)
        for row in 0..<count {
            (target + row * columns).update(from: buffer.base + row * stride + first, count: columns)
        }
        for (row, place) in rows.enumerated() {
            precondition(place >= 0 && Int(place) < count, "replacingRows: row \(place) of \(count)")
            (target + Int(place) * columns).update(from: values + row * x.variable.columns, count: columns)
        }
        record(.replaceRows(RowReplacement(x: x, rows: rows, output: output)), for: output)
        return output
    }

    /// Whether some columns lead to something trained.
    package func isDifferentiated(_ x: VariableColumns) -> Bool { needsGradient(x.variable) }
}
