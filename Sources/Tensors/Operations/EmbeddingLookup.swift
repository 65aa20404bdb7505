internal import CKernels

/// y[i] = table[ids[i]], with table [V, d] and y [N, d].
struct EmbeddingLookup: DifferentiableOperation {
    let ids: [Int32]
    let table: Weight
    let output: Variable

    /// dtable[ids[i]] += dy[i]
    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        if let gradient = tape.zeroedTarget(table) {
            calm_scatter_add(gradient, upstream, ids, output.rows, output.columns)
        }
    }
}

extension Tape {
    /// Rows of a table, one for each id.
    package func embedding(_ ids: [Int32], _ table: Weight) -> Variable {
        for id in ids { precondition(id >= 0 && id < table.rows, "embedding: id \(id), table of \(table.rows) rows") }
        let output = make(rows: ids.count, columns: table.columns, needsGradient: table.isTrained)
        if let values = table.floats {
            calm_gather(write(output), values, ids, ids.count, table.columns)
        } else {
            for (row, id) in ids.enumerated() {
                table.read(Int(id)..<Int(id) + 1, into: write(output) + row * table.columns)
            }
        }
        record(.embedding(EmbeddingLookup(ids: ids, table: table, output: output)), for: output)
        return output
    }
}
