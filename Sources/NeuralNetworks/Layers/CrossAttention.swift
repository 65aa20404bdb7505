import Tensors

/// y = O(attention(q(x), k(source), v(source))) (+ residual): queries from one stream [N, d], keys and values from another
/// [M, s]. Weights q [d, d], kv [2 d, s], O [d, d] as `name.{query,kv,output}.weight`; no biases.
package struct CrossAttention: Sendable {
    package let query: Linear
    package let keyValue: Linear
    package let output: Linear
    package let heads: Int
    package let width: Int
    package let rotaryBase: Float?

    /// `outputStart` is the initialisation of O; with zero, the layer starts by adding exactly nothing.
    package init(
        _ name: String, width: Int, source: Int, heads: Int, rotaryBase: Float?,
        outputStart: ParameterDeclarations.Initialization, _ declarations: inout ParameterDeclarations
    ) {
        precondition(width % heads == 0, "a width of \(width) doesn't divide into \(heads) heads")
        query = Linear("\(name).query", in: width, out: width, start: .fanIn(width), &declarations)
        keyValue = Linear("\(name).kv", in: source, out: 2 * width, start: .fanIn(source), &declarations)
        output = Linear("\(name).output", in: width, out: width, start: outputStart, &declarations)
        self.width = width
        self.heads = heads
        self.rotaryBase = rotaryBase
    }

    /// Keys and values [M, 2 d] of a source whose rows stand at `positions`.
    package func keysValues(_ source: Variable, positions: [Int32], _ w: Weights) -> Variable {
        let projected = keyValue(source, w)
        rotate(projected, positions, w)
        return projected
    }

    /// Attention to keys and values in the batch.
    package func callAsFunction(
        _ x: Variable, positions: [Int32], keysValues: Variable, pattern: AttentionPattern, residual: Variable? = nil,
        _ w: Weights
    ) -> Variable {
        attend(
            x, positions, keysValues.columns(from: 0), keysValues.columns(from: width), pattern, residual, w)
    }

    /// Attention to cached keys and values; the pattern's keys are cache rows.
    package func callAsFunction(
        _ x: Variable, positions: [Int32], cache: KVCache, pattern: AttentionPattern, residual: Variable? = nil,
        _ w: Weights
    ) -> Variable {
        let (keys, values) = cache.contents(w.tape)
        return attend(x, positions, keys, values, pattern, residual, w)
    }

    private func attend(
        _ x: Variable, _ positions: [Int32], _ keys: VariableColumns, _ values: VariableColumns,
        _ pattern: AttentionPattern, _ residual: Variable?, _ w: Weights
    ) -> Variable {
        let queries = query(x, w)
        rotate(queries, positions, w)
        let mixed = w.tape.attention(
            queries: queries.columns(from: 0), keys: keys, values: values, heads: heads, width: width / heads,
            pattern: pattern)
        return output(mixed, residual: residual, w)
    }

    private func rotate(_ x: Variable, _ positions: [Int32], _ w: Weights) {
        guard let rotaryBase else { return }
        w.tape.rotate(
            x.columns(from: 0), heads: heads, width: width / heads, positions: positions, base: rotaryBase)
    }
}
