/// y = f(x), of which only x and y are kept: what lies between is computed anew when the backward pass comes to it.
///
/// The same operations in the same order, so that no gradient differs in any bit.
///
/// Source: Training Deep Nets with Sublinear Memory Cost (arXiv 1604.06174), §4.
struct Recomputation: DifferentiableOperation {
    let x: Variable
    let output: Variable
    /// How many dropout masks the step had drawn before.
    let masks: Int
    let body: (Variable) -> Variable

    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        tape.differentiateAnew(self, upstream)
    }
}

extension Tape {
    /// What `body` makes of x, [rows, columns] in shape, kept without what lies between if it is to be differentiated.
    ///
    /// `body` runs again in the backward pass. Of what needs a gradient it may read x and trained weights alone.
    package func recomputed(
        _ x: Variable, rows: Int, columns: Int, _ body: @escaping (Variable) -> Variable
    ) -> Variable {
        let masks = masks
        let output = make(rows: rows, columns: columns, needsGradient: needsGradient(x) || isTraining)
        forgetting {
            let last = body(x)
            precondition(
                last.rows == rows && last.columns == columns, "recomputed: [\(rows), \(columns)] from \(last.shape)")
            write(output).update(from: read(last), count: last.count)
        }
        record(.recomputation(Recomputation(x: x, output: output, masks: masks, body: body)), for: output)
        return output
    }
}
