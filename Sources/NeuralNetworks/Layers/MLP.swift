import Tensors

/// y = down(act(up(x))) (+ residual), with up [f, d] and down [d, f]; gated, up is [2 f, d], gate first, and
/// y = down(act(gate(x)) up(x)).
package struct MLP: Sendable {
    package let up: Linear
    package let down: Linear
    package let activation: Activation
    package let isGated: Bool

    /// `outputScale` multiplies the initial deviation of the output projection.
    ///
    /// - Precondition: an MLP that isn't gated has GELU.
    package init(
        _ name: String, width: Int, hidden: Int, activation: Activation = .gelu, isGated: Bool = false,
        bias: Bool = false, outputScale: Float, _ declarations: inout ParameterDeclarations
    ) {
        precondition(isGated || activation == .gelu, "an MLP without a gate has GELU, not \(activation)")
        up = Linear(
            "\(name).up", in: width, out: isGated ? 2 * hidden : hidden, bias: bias, start: .fanIn(width),
            &declarations)
        down = Linear(
            "\(name).down", in: hidden, out: width, bias: bias, start: .fanIn(hidden, scale: outputScale),
            &declarations)
        self.activation = activation
        self.isGated = isGated
    }

    package func callAsFunction(_ x: Variable, residual: Variable?, _ w: Weights) -> Variable {
        let wide = up(x, w)
        return down(isGated ? w.tape.gate(wide, activation) : w.tape.gelu(wide), residual: residual, w)
    }
}

extension ParameterDeclarations.Initialization {
    /// N(0, scale² / inputs): keeps the variance of a product's output at its input's.
    package static func fanIn(_ inputs: Int, scale: Float = 1) -> Self {
        .normal(standardDeviation: scale / Float(inputs).squareRoot())
    }
}
