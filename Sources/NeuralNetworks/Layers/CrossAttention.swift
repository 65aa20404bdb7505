import Tensors

/// y = O(attention(q(x), k(source), v(source))) (+ residual): queries from one stream [N, d], keys and values from another
/// [M, s]. Weights q [d, d], kv [2 d, s], O [d, d] as `name.{query,kv,output}.weight`; no biases.
package struct CrossAttention: Sendable {
    package let query: Linear
    package let keyValue: Linear
    package let output: Linear
    package let heads: AttentionHeads
    private let rotary: RotaryPositions?

    /// `outputStart` is the initialisation of O; with zero, the layer starts by adding exactly nothing.
    package init(
        _ name: String, width: Int, source: Int, heads: Int, rotaryBase: Float?,
        outputStart: ParameterDeclarations.Initialization, _ declarations: inout ParameterDeclarations
    ) {
        precondition(width % heads == 0, "a width of \(width) doesn't divide into \(heads) heads")
        query = Linear("\(name).query", in: width, out: width, start: .fanIn(width), &declarations)
        keyValue = Linear("\(name).kv", in: source, out: 2 * width, start: .fanIn(source), &declarations)
        output = Linear("\(name).output", in: width, out: width, start: outputStart, &declarations)
        self.heads = AttentionHeads(count: heads, width: width / heads)
        rotary = rotaryBase.map { RotaryPositions(base: $0) }
    }

    /// Attention to the keys and values of `source`; with a cache, to its content once it has taken them up. x has the rows
    /// that have a query.
    package func callAsFunction(
        _ x: Variable, source: Variable, residual: Variable? = nil, _ layout: CrossLayout, cache: KVCache?,
        _ w: Weights
    ) -> Variable {
        let own = keyValue(source, w)
        rotate(own, layout.keyPositions, w)
        let (keys, values) = cache.taking(
            keys: own.columns(from: 0), values: own.columns(from: heads.columns), rows: layout.keyCacheRows, on: w.tape)
        let queries = query(x, w)
        rotate(queries, layout.queries.queryPositions, w)
        let mixed = w.tape.attention(
            queries: queries.columns(from: 0), keys: keys, values: values, heads: heads,
            pattern: layout.queries.pattern)
        return output(mixed, residual: residual, w)
    }

    private func rotate(_ x: Variable, _ positions: [Int32], _ w: Weights) {
        guard let rotary else { return }
        w.tape.rotate(x.columns(from: 0), heads: heads.count, width: heads.width, positions: positions, rotary)
    }
}
