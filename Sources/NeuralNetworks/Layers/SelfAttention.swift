import Tensors

/// y = O(attention(q, k, v)) + residual, with q, k, v the thirds of one product x Wᵀ, W [3 d, d] as `name.qkv.weight`,
/// and O [d, d] as `name.output.weight`. No biases. Queries and keys carry rotary positions if the layer has a base.
package struct SelfAttention: Sendable {
    package let qkv: Linear
    package let output: Linear
    package let heads: Int
    package let width: Int
    package let rotaryBase: Float?

    package init(
        _ name: String, width: Int, heads: Int, rotaryBase: Float?, outputScale: Float,
        _ declarations: inout ParameterDeclarations
    ) {
        precondition(width % heads == 0, "a width of \(width) doesn't divide into \(heads) heads")
        qkv = Linear("\(name).qkv", in: width, out: 3 * width, start: .fanIn(width), &declarations)
        output = Linear(
            "\(name).output", in: width, out: width, start: .fanIn(width, scale: outputScale), &declarations)
        self.width = width
        self.heads = heads
        self.rotaryBase = rotaryBase
    }

    /// Attention within the batch.
    package func callAsFunction(
        _ x: Variable, residual: Variable, _ layout: SequenceLayout, _ w: Weights
    ) -> Variable {
        let projected = project(x, layout, w)
        let mixed = w.tape.attention(
            queries: projected.columns(from: 0), keys: projected.columns(from: width),
            values: projected.columns(from: 2 * width), heads: heads, width: width / heads, pattern: layout.pattern)
        return output(mixed, residual: residual, w)
    }

    /// Attention over a cache, to which the batch's keys and values are added first.
    package func callAsFunction(
        _ x: Variable, residual: Variable, _ layout: SequenceLayout, cache: inout KVCache, _ w: Weights
    ) -> Variable {
        guard let rows = layout.cacheRows else { preconditionFailure("the layout names no cache rows") }
        let projected = project(x, layout, w)
        cache.store(projected.columns(from: width), rows: rows, on: w.tape)
        let (keys, values) = cache.contents(w.tape)
        let mixed = w.tape.attention(
            queries: projected.columns(from: 0), keys: keys, values: values, heads: heads, width: width / heads,
            pattern: layout.pattern)
        return output(mixed, residual: residual, w)
    }

    private func project(_ x: Variable, _ layout: SequenceLayout, _ w: Weights) -> Variable {
        let projected = qkv(x, w)
        if let rotaryBase {
            // Queries and keys lie side by side: twice the heads turn in one go.
            w.tape.rotate(
                projected.columns(from: 0), heads: 2 * heads, width: width / heads, positions: layout.positions,
                base: rotaryBase)
        }
        return projected
    }
}
