internal import CKernels

/// y = a + b, of one shape.
struct Addition: DifferentiableOperation {
    let a: Variable
    let b: Variable
    let output: Variable

    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        if let (db, isFresh) = tape.target(b) {
            if isFresh {
                db.update(from: upstream, count: b.count)
            } else {
                VectorMath.add(db, upstream, b.count)
            }
        }
        tape.pass(upstream, of: output, to: a)
    }
}

extension Tape {
    package func add(_ a: Variable, _ b: Variable) -> Variable {
        precondition(a.rows == b.rows && a.columns == b.columns, "add: \(a.shape), \(b.shape)")
        let output = make(rows: a.rows, columns: a.columns, needsGradient: needsGradient(a) || needsGradient(b))
        calm_sum(write(output), read(a), read(b), output.count)
        record(.add(Addition(a: a, b: b, output: output)), for: output)
        return output
    }
}
