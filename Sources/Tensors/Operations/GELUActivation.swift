internal import CKernels

/// y = x Φ(x) in its tanh form (Hendrycks & Gimpel, 2016, https://arxiv.org/abs/1606.08415).
struct GELUActivation: DifferentiableOperation {
    let x: Variable
    let output: Variable

    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        guard let (dx, isFresh) = tape.target(x) else { return }
        calm_gelu_backward(dx, tape.read(x), upstream, x.count, isFresh ? 0 : 1)
    }
}

extension Tape {
    package func gelu(_ x: Variable) -> Variable {
        let output = make(rows: x.rows, columns: x.columns, needsGradient: needsGradient(x))
        calm_gelu_forward(write(output), read(x), x.count)
        record(.gelu(GELUActivation(x: x, output: output)), for: output)
        return output
    }
}
