/// The same elements in rows of another length; values and gradients aren't moved.
struct Reshaping: DifferentiableOperation {
    let x: Variable
    let output: Variable

    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        tape.pass(upstream, of: output, to: x)
    }
}

extension Tape {
    /// x in rows of `columns` elements.
    package func reshape(_ x: Variable, columns: Int) -> Variable {
        precondition(columns > 0 && x.count % columns == 0, "reshape: x \(x.shape) to rows of \(columns)")
        let output = alias(x, rows: x.count / columns, columns: columns)
        record(.reshape(Reshaping(x: x, output: output)), for: output)
        return output
    }
}
