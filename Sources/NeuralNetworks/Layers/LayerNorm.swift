import Tensors

/// y = (x - mean) / sqrt(variance + epsilon) * gain + bias, with gain and bias [d] as `name.weight` and `name.bias`.
package struct LayerNorm: Sendable {
    package let gain: Parameter
    package let bias: Parameter
    package let epsilon: Float

    package init(_ name: String, width: Int, epsilon: Float, _ declarations: inout ParameterDeclarations) {
        gain = declarations.vector("\(name).weight", width, .constant(1))
        bias = declarations.vector("\(name).bias", width, .constant(0))
        self.epsilon = epsilon
    }

    package func callAsFunction(_ x: Variable, _ w: Weights) -> Variable {
        w.tape.layerNorm(x, gain: w[gain], bias: w[bias], epsilon: epsilon)
    }
}

/// The norm in front of a half of a block, behind it, or in front of the output head.
package enum Norm: Sendable {
    case rms(RMSNorm)
    case layer(LayerNorm)

    package enum Kind: String, Sendable, Codable, CaseIterable { case rms, layer }

    package init(
        _ kind: Kind, _ name: String, width: Int, epsilon: Float, _ declarations: inout ParameterDeclarations
    ) {
        switch kind {
        case .rms: self = .rms(RMSNorm(name, width: width, epsilon: epsilon, &declarations))
        case .layer: self = .layer(LayerNorm(name, width: width, epsilon: epsilon, &declarations))
        }
    }

    package func callAsFunction(_ x: Variable, _ w: Weights) -> Variable {
        switch self {
        case .rms(let norm): norm(x, w)
        case .layer(let norm): norm(x, w)
        }
    }
}
