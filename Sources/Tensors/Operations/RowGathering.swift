internal import CKernels

/// y[i] = x[rows[i]]: only the rows whose successors are scored go on to the output head.
struct RowGathering: DifferentiableOperation {
    let x: Variable
    let rows: [Int32]
    let output: Variable

    /// dx[rows[i]] += dy[i]
    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        guard let dx = tape.zeroedTarget(x) else { return }
        calm_scatter_add(dx, upstream, rows, output.rows, output.columns)
    }
}

extension Tape {
    /// Some rows of x, in the given order; a row may be taken more than once.
    package func gatherRows(_ x: Variable, _ rows: [Int32]) -> Variable {
        for row in rows { precondition(row >= 0 && row < x.rows, "gatherRows: row \(row) of \(x.shape)") }
        let output = make(rows: rows.count, columns: x.columns, needsGradient: needsGradient(x))
        calm_gather(write(output), read(x), rows, rows.count, x.columns)
        record(.gatherRows(RowGathering(x: x, rows: rows, output: output)), for: output)
        return output
    }
}
