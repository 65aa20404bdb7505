internal import CKernels

/// y = act(g) u, with x = [g, u] [N, 2 f] and y [N, f] (Shazeer, 2020, https://arxiv.org/abs/2002.05202).
struct GatedActivation: DifferentiableOperation {
    let x: Variable
    let activation: Activation
    let output: Variable

    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        guard let (dx, isFresh) = tape.target(x) else { return }
        calm_gated_backward(
            dx, tape.read(x), upstream, x.rows, output.columns, activation == .gelu ? 1 : 0, isFresh ? 0 : 1)
    }
}

/// An activation function.
package enum Activation: String, Sendable, Codable, CaseIterable {
    /// x Φ(x) in its tanh form.
    case gelu
    /// x / (1 + exp(-x)).
    case silu
}

extension Tape {
    /// The first half of each row, activated, times the second half.
    package func gate(_ x: Variable, _ activation: Activation) -> Variable {
        precondition(x.columns % 2 == 0, "gate: x \(x.shape)")
        let output = make(rows: x.rows, columns: x.columns / 2, needsGradient: needsGradient(x))
        let (y, input, columns, isGELU) = (write(output), read(x), output.columns, activation == .gelu)
        // An element takes as long as some ten multiplications.
        frozenProducts.divideRows(output.rows, operations: 10 * output.count) { rows in
            calm_gated_forward(
                y + rows.lowerBound * columns, input + 2 * rows.lowerBound * columns, rows.count, columns,
                isGELU ? 1 : 0)
        }
        record(.gate(GatedActivation(x: x, activation: activation, output: output)), for: output)
        return output
    }
}
