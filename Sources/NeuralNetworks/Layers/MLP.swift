import Tensors

/// y = down(gelu(up(x))) + residual, with up [f, d] and down [d, f].
package struct MLP: Sendable {
    package let up: Linear
    package let down: Linear

    /// `outputScale` multiplies the initial deviation of the output projection.
    package init(
        _ name: String, width: Int, hidden: Int, outputScale: Float, _ declarations: inout ParameterDeclarations
    ) {
        up = Linear("\(name).up", in: width, out: hidden, start: .fanIn(width), &declarations)
        down = Linear("\(name).down", in: hidden, out: width, start: .fanIn(hidden, scale: outputScale), &declarations)
    }

    package func callAsFunction(_ x: Variable, residual: Variable, _ w: Weights) -> Variable {
        down(w.tape.gelu(up(x, w)), residual: residual, w)
    }
}

extension ParameterDeclarations.Initialization {
    /// N(0, scale² / inputs): keeps the variance of a product's output at its input's.
    package static func fanIn(_ inputs: Int, scale: Float = 1) -> Self {
        .normal(standardDeviation: scale / Float(inputs).squareRoot())
    }
}
