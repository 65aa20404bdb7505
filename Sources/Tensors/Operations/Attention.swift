internal import CKernels

/// For each head: y = softmax(q kᵀ / sqrt(c)) v over the visible keys (Vaswani et al., 2017), c the head's width.
///
/// Queries [N, H c], keys and values [M, H c], each some columns of a variable; y [N, H c]. Probabilities are kept for the
/// backward pass: at these sizes reading them is cheaper than computing them again.
struct Attention: DifferentiableOperation {
    let queries: VariableColumns
    let keys: VariableColumns
    let values: VariableColumns
    let heads: Int
    let width: Int
    let pattern: AttentionPattern
    let probabilities: UnsafeMutablePointer<Float>?
    let output: Variable

    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        func target(_ operand: VariableColumns) -> UnsafeMutablePointer<Float>? {
            tape.zeroedTarget(operand.variable).map { $0 + operand.first }
        }
        let (queryGradient, keyGradient, valueGradient) = (target(queries), target(keys), target(values))
        let scratch = tape.scratch(calm_attention_scratch(pattern.mostQueries, pattern.mostKeys, width))
        withKernelArguments(tape) {
            calm_attention_backward(
                queryGradient, keyGradient, valueGradient, upstream, probabilities, scratch, $0)
        }
    }

    func forward(_ y: UnsafeMutablePointer<Float>, on tape: Tape) {
        let scratch = tape.scratch(calm_attention_scratch(pattern.mostQueries, pattern.mostKeys, width))
        withKernelArguments(tape) { calm_attention_forward(y, probabilities, scratch, $0) }
    }

    private func withKernelArguments(_ tape: Tape, _ body: (UnsafePointer<calm_attention>) -> Void) {
        pattern.ranges.withUnsafeBufferPointer { ranges in
            pattern.visible.withUnsafeBufferPointer { visible in
                var arguments = calm_attention(
                    queries: tape.read(queries.variable) + queries.first, keys: tape.read(keys.variable) + keys.first,
                    values: tape.read(values.variable) + values.first, query_stride: queries.variable.columns,
                    key_stride: keys.variable.columns, value_stride: values.variable.columns,
                    output_stride: output.columns, ranges: ranges.baseAddress, visible: visible.baseAddress,
                    sequences: pattern.sequences, heads: heads, width: width, scale: 1 / Float(width).squareRoot())
                body(&arguments)
            }
        }
    }
}

extension Tape {
    /// Multi-head attention of `heads` heads of `width` columns each.
    package func attention(
        queries: VariableColumns, keys: VariableColumns, values: VariableColumns, heads: Int, width: Int,
        pattern: AttentionPattern
    ) -> Variable {
        let columns = heads * width
        func check(_ operand: VariableColumns) {
            precondition(
                operand.first >= 0 && operand.first + columns <= operand.variable.columns,
                "attention: \(heads) x \(width) columns from \(operand.first) of \(operand.variable.shape)")
        }
        check(queries)
        check(keys)
        check(values)
        precondition(
            pattern.visible.count == queries.variable.rows && pattern.queryEnd <= queries.variable.rows
                && keys.variable.rows == values.variable.rows && pattern.keyEnd <= keys.variable.rows,
            """
            attention: queries \(queries.variable.shape), keys \(keys.variable.shape), values \(values.variable.shape), \
            pattern of \(pattern.visible.count) queries and \(pattern.keyEnd) keys
            """)
        let needs = needsGradient(queries.variable) || needsGradient(keys.variable) || needsGradient(values.variable)
        let output = make(rows: queries.variable.rows, columns: columns, needsGradient: needs)
        if !pattern.coversQueries { write(output).update(repeating: 0, count: output.count) }
        let kept = needs ? keep(pattern.probabilities(heads: heads, padded: calm_attention_padded)) : nil
        let attention = Attention(
            queries: queries, keys: keys, values: values, heads: heads, width: width, pattern: pattern,
            probabilities: kept, output: output)
        attention.forward(write(output), on: self)
        record(.attention(attention), for: output)
        return output
    }
}
