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

    /// Attention within the batch. The residual and y have the rows that have a query.
    package func callAsFunction(
        _ x: Variable, residual: Variable, _ layout: SequenceLayout, _ w: Weights
    ) -> Variable {
        let (queries, keysValues) = project(x, layout, w)
        return attend(queries, keysValues.keys, keysValues.values, residual, layout, w)
    }

    /// Attention over a cache, to which the batch's keys and values are added first.
    package func callAsFunction(
        _ x: Variable, residual: Variable, _ layout: SequenceLayout, cache: inout KVCache, _ w: Weights
    ) -> Variable {
        guard let rows = layout.cacheRows else { preconditionFailure("the layout names no cache rows") }
        let (queries, keysValues) = project(x, layout, w)
        cache.store(keysValues.keys, rows: rows, on: w.tape)
        let (keys, values) = cache.contents(w.tape)
        return attend(queries, keys, values, residual, layout, w)
    }

    private func attend(
        _ queries: VariableColumns, _ keys: VariableColumns, _ values: VariableColumns, _ residual: Variable,
        _ layout: SequenceLayout, _ w: Weights
    ) -> Variable {
        let mixed = w.tape.attention(
            queries: queries, keys: keys, values: values, heads: heads, width: width / heads, pattern: layout.pattern)
        return output(mixed, residual: residual, w)
    }

    /// Queries, of the rows that have one; keys and values, side by side.
    private func project(
        _ x: Variable, _ layout: SequenceLayout, _ w: Weights
    ) -> (queries: VariableColumns, keysValues: (keys: VariableColumns, values: VariableColumns)) {
        func rotate(_ x: Variable, heads count: Int, _ positions: [Int32]) {
            guard let rotaryBase else { return }
            w.tape.rotate(
                x.columns(from: 0), heads: count, width: width / heads, positions: positions, base: rotaryBase)
        }
        if layout.isPartial {
            let queries = w.linear(w.tape.gatherRows(x, layout.askingRows), qkv.weight, rows: 0..<width)
            let keysValues = w.linear(x, qkv.weight, rows: width..<3 * width)
            rotate(queries, heads: heads, layout.queryPositions)
            rotate(keysValues, heads: heads, layout.positions)
            return (queries.columns(from: 0), (keysValues.columns(from: 0), keysValues.columns(from: width)))
        }
        let projected = qkv(x, w)
        // Queries and keys lie side by side: twice the heads turn in one go.
        rotate(projected, heads: 2 * heads, layout.positions)
        return (projected.columns(from: 0), (projected.columns(from: width), projected.columns(from: 2 * width)))
    }
}
