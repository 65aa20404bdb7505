internal import CKernels

/// y = c tanh(x / c): values stay within ±c (Gemma 2, https://arxiv.org/abs/2408.00118, §2).
struct SoftCap: DifferentiableOperation {
    let x: Variable
    let cap: Float
    let output: Variable

    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        guard let (dx, isFresh) = tape.target(x) else { return }
        calm_cap_backward(dx, tape.read(output), upstream, cap, x.count, isFresh ? 0 : 1)
    }
}

extension Tape {
    package func softCap(_ x: Variable, _ cap: Float) -> Variable {
        precondition(cap > 0, "softCap: \(cap)")
        let output = make(rows: x.rows, columns: x.columns, needsGradient: needsGradient(x))
        calm_cap_forward(write(output), read(x), cap, x.count)
        record(.softCap(SoftCap(x: x, cap: cap, output: output)), for: output)
        return output
    }
}
