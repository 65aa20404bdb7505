internal import CKernels

/// y = factor x
struct Scaling: DifferentiableOperation {
    let x: Variable
    let factor: Float
    let output: Variable

    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        guard let (dx, isFresh) = tape.target(x) else { return }
        if isFresh {
            calm_scale(dx, upstream, factor, x.count)
        } else {
            calm_axpy(dx, upstream, factor, x.count)
        }
    }
}

extension Tape {
    package func scale(_ x: Variable, by factor: Float) -> Variable {
        let output = make(rows: x.rows, columns: x.columns, needsGradient: needsGradient(x))
        calm_scale(write(output), read(x), factor, x.count)
        record(.scale(Scaling(x: x, factor: factor, output: output)), for: output)
        return output
    }
}
