import Tensors

/// y = O(attention(q, k, v)) (+ residual), with q, k, v parts of one product x Wᵀ: W [(H + 2 G) c, d] as `name.qkv.weight`
/// for H heads of queries and G of keys and values, each c wide, and O [d, H c] as `name.output.weight`.
///
/// Queries and keys carry rotary positions if the layer has them, and are RMS-normalised head by head before, if it does so,
/// with gains [c] as `name.query_norm.weight` and `name.key_norm.weight`.
package struct SelfAttention: Sendable {
    package let qkv: Linear
    package let output: Linear
    package let heads: AttentionHeads
    private let rotary: RotaryPositions?
    private let headNorms: (query: RMSNorm, key: RMSNorm)?

    /// - Parameters:
    ///   - headNormEpsilon: Of the norms of queries and keys; nil: there are none.
    ///   - outputScale: Multiplies the initial deviation of the output projection.
    package init(
        _ name: String, width: Int, heads: AttentionHeads, rotary: RotaryPositions?, bias: Bool = false,
        outputBias: Bool = false, headNormEpsilon: Float? = nil, outputScale: Float,
        _ declarations: inout ParameterDeclarations
    ) {
        qkv = Linear(
            "\(name).qkv", in: width, out: heads.columns + 2 * heads.keyValueColumns, bias: bias, start: .fanIn(width),
            &declarations)
        if let epsilon = headNormEpsilon {
            headNorms = (
                RMSNorm("\(name).query_norm", width: heads.width, epsilon: epsilon, &declarations),
                RMSNorm("\(name).key_norm", width: heads.width, epsilon: epsilon, &declarations)
            )
        } else {
            headNorms = nil
        }
        output = Linear(
            "\(name).output", in: heads.columns, out: width, bias: outputBias,
            start: .fanIn(heads.columns, scale: outputScale), &declarations)
        self.heads = heads
        self.rotary = rotary
    }

    /// Attention within the batch, or over a cache, to which the batch's keys and values are added first. The residual and y
    /// have the rows that have a query.
    package func callAsFunction(
        _ x: Variable, residual: Variable?, _ layout: SequenceLayout, cache: KVCache?, _ w: Weights
    ) -> Variable {
        let own = headNorms == nil ? project(x, layout, w) : projectNormalised(x, layout, w)
        let (keys, values) = cache.taking(keys: own.keys, values: own.values, rows: layout.cacheRows, on: w.tape)
        let mixed = w.tape.attention(
            queries: own.queries, keys: keys, values: values, heads: heads, pattern: layout.pattern)
        return output(mixed, residual: residual, w)
    }

    private typealias Projection = (queries: VariableColumns, keys: VariableColumns, values: VariableColumns)

    /// Queries, of the rows that have one; keys and values, side by side.
    private func project(_ x: Variable, _ layout: SequenceLayout, _ w: Weights) -> Projection {
        let (first, next) = (heads.columns, heads.keyValueColumns)
        if layout.isPartial {
            let queries = linear(w.tape.gatherRows(x, layout.askingRows), 0..<first, w)
            let keysValues = linear(x, first..<first + 2 * next, w)
            rotate(queries, heads: heads.count, layout.queryPositions, w)
            rotate(keysValues, heads: heads.keyValueCount, layout.positions, w)
            return (queries.columns(from: 0), keysValues.columns(from: 0), keysValues.columns(from: next))
        }
        let projected = qkv(x, w)
        // Queries and keys lie side by side: the heads of both turn in one go.
        rotate(projected, heads: heads.count + heads.keyValueCount, layout.positions, w)
        return (projected.columns(from: 0), projected.columns(from: first), projected.columns(from: first + next))
    }

    /// The same with norms: each part by itself, so that its heads can be rows.
    private func projectNormalised(_ x: Variable, _ layout: SequenceLayout, _ w: Weights) -> Projection {
        let (first, next) = (heads.columns, heads.keyValueColumns)
        func normalised(_ x: Variable, _ rows: Range<Int>, _ norm: RMSNorm?, _ positions: [Int32]) -> Variable {
            var part = linear(x, rows, w)
            if let norm {
                part = w.tape.reshape(norm(w.tape.reshape(part, columns: heads.width), w), columns: rows.count)
                rotate(part, heads: rows.count / heads.width, positions, w)
            }
            return part
        }
        let queries = normalised(w.tape.asking(x, layout), 0..<first, headNorms?.query, layout.queryPositions)
        let keys = normalised(x, first..<first + next, headNorms?.key, layout.positions)
        let values = normalised(x, first + next..<first + 2 * next, nil, layout.positions)
        return (queries.columns(from: 0), keys.columns(from: 0), values.columns(from: 0))
    }

    private func linear(_ x: Variable, _ rows: Range<Int>, _ w: Weights) -> Variable {
        w.linear(x, qkv.weight, rows: rows, bias: qkv.bias)
    }

    private func rotate(_ x: Variable, heads count: Int, _ positions: [Int32], _ w: Weights) {
        guard let rotary else { return }
        w.tape.rotate(x.columns(from: 0), heads: count, width: heads.width, positions: positions, rotary)
    }
}
