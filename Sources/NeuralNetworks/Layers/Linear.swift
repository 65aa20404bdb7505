import Tensors

/// y = x Wᵀ (+ b), with x [N, in], W [out, in] as `name.weight` and b [out] as `name.bias`.
package struct Linear: Sendable {
    package let weight: Parameter
    package let bias: Parameter?

    package init(
        _ name: String, in inputs: Int, out outputs: Int, bias: Bool = false,
        start: ParameterDeclarations.Initialization, _ declarations: inout ParameterDeclarations
    ) {
        weight = declarations.matrix("\(name).weight", outputs, inputs, start)
        self.bias = bias ? declarations.vector("\(name).bias", outputs, .constant(0)) : nil
    }

    /// The product, plus `residual` if given.
    package func callAsFunction(_ x: Variable, residual: Variable? = nil, _ w: Weights) -> Variable {
        w.linear(x, weight, bias: bias, residual: residual)
    }
}
