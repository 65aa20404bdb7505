import Tensors

/// y = x / sqrt(mean(x²) + epsilon) * gain, with the gain [d] as `name.weight`.
package struct RMSNorm: Sendable {
    package let gain: Parameter
    package let epsilon: Float

    package init(_ name: String, width: Int, epsilon: Float, _ declarations: inout ParameterDeclarations) {
        gain = declarations.vector("\(name).weight", width, .constant(1))
        self.epsilon = epsilon
    }

    package func callAsFunction(_ x: Variable, _ w: Weights) -> Variable {
        w.tape.rmsNorm(x, gain: w[gain], epsilon: epsilon)
    }
}
