internal import CKernels

/// How attention is divided into heads, and how its scores are scaled and masked.
package struct AttentionHeads: Sendable, Equatable {
    /// H, the heads of queries.
    package var count: Int
    /// Heads of keys and values; each serves `count / keyValueCount` neighbouring heads of queries.
    package var keyValueCount: Int
    /// c, columns of a head.
    package var width: Int
    /// Of the visible keys the last so many are seen, the query's own included; nil: all.
    package var window: Int?
    /// What scores are multiplied by.
    package var scale: Float
    /// Scaled scores become cap tanh(score / cap); nil: they stay as they are.
    package var cap: Float?

    /// The scale is 1 / √c unless given.
    package init(
        count: Int, keyValueCount: Int? = nil, width: Int, window: Int? = nil, scale: Float? = nil, cap: Float? = nil
    ) {
        let keyValueCount = keyValueCount ?? count
        precondition(
            count > 0 && width > 0 && keyValueCount > 0 && count % keyValueCount == 0,
            "attention: \(count) heads of width \(width) over \(keyValueCount) heads of keys and values")
        precondition((window ?? 1) > 0 && (cap ?? 1) > 0, "attention: window \(window ?? 1), cap \(cap ?? 1)")
        self.count = count
        self.keyValueCount = keyValueCount
        self.width = width
        self.window = window
        self.scale = scale ?? 1 / Float(width).squareRoot()
        self.cap = cap
    }

    /// Some heads of queries in runs, each of which begins with the first head that reads its keys and values, or reads one
    /// head of them alone.
    func sharing(_ range: Range<Int>) -> [Range<Int>] {
        let group = count / keyValueCount
        let first = min((range.lowerBound + group - 1) / group * group, range.upperBound)
        return [range.lowerBound..<first, first..<range.upperBound].filter { !$0.isEmpty }
    }

    /// Columns of the queries, and of the result.
    package var columns: Int { count * width }
    /// Columns of the keys, and of the values.
    package var keyValueColumns: Int { keyValueCount * width }
}

/// For each head: y = softmax(scale q kᵀ) v over the visible keys (Vaswani et al., 2017).
///
/// Queries [N, H c], keys and values [M, G c], each some columns of a variable; y [N, H c]; head h of the queries reads head
/// h G / H of keys and values. Probabilities are kept for the backward pass: at these sizes reading them is cheaper than
/// computing them again.
struct Attention: DifferentiableOperation {
    let queries: VariableColumns
    let keys: VariableColumns
    let values: VariableColumns
    let heads: AttentionHeads
    let pattern: AttentionPattern
    let probabilities: UnsafeMutablePointer<Float>?
    let output: Variable

    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        func target(_ operand: VariableColumns) -> UnsafeMutablePointer<Float>? {
            tape.zeroedTarget(operand.variable).map { $0 + operand.first }
        }
        let (queryGradient, keyGradient, valueGradient) = (target(queries), target(keys), target(values))
        let scratch = tape.scratch(
            calm_attention_backward_scratch(pattern.mostQueries, pattern.mostKeys, heads.width))
        withKernelArguments(tape) {
            calm_attention_backward(
                queryGradient, keyGradient, valueGradient, upstream, probabilities, scratch, $0)
        }
    }

    func forward(_ y: UnsafeMutablePointer<Float>, on tape: Tape) {
        let size = calm_attention_forward_scratch(pattern.mostQueries, pattern.mostKeys, heads.width)
        withKernelArguments(tape) { arguments in
            let parts = probabilities == nil ? min(tape.frozenProducts.pool?.threads ?? 1, heads.count) : 1
            guard parts > 1 else {
                calm_attention_forward(y, probabilities, tape.scratch(size), arguments)
                return
            }
            let scratch = tape.scratch(parts * size)
            let operations = 2 * pattern.mostQueries * pattern.mostKeys * heads.columns
            let (whole, heads) = (arguments.pointee, heads)
            tape.frozenProducts.divide(parts, operations: operations) { part in
                let own = heads.count * part / parts..<heads.count * (part + 1) / parts
                for some in heads.sharing(own) {
                    let keyValue = some.lowerBound / Int(whole.group) * heads.width
                    var shape = whole
                    shape.queries += some.lowerBound * heads.width
                    shape.keys += keyValue * keys.elementBytes
                    shape.values += keyValue * values.elementBytes
                    shape.heads = some.count
                    calm_attention_forward(y + some.lowerBound * heads.width, nil, scratch + part * size, &shape)
                }
            }
        }
    }

    private func withVisibility(_ body: (_ visible: UnsafePointer<Int32>?, _ holes: UnsafePointer<Int32>?) -> Void) {
        pattern.visible.withUnsafeBufferPointer { visible in
            guard let holes = pattern.holes else { return body(visible.baseAddress, nil) }
            holes.withUnsafeBufferPointer { body(visible.baseAddress, $0.baseAddress) }
        }
    }

    private func withKernelArguments(_ tape: Tape, _ body: (UnsafePointer<calm_attention>) -> Void) {
        pattern.ranges.withUnsafeBufferPointer { ranges in
            withVisibility { visible, holes in
                var arguments = calm_attention(
                    queries: tape.read(queries.variable) + queries.first,
                    keys: UnsafeRawPointer(tape.read(keys.variable)) + keys.first * keys.elementBytes,
                    values: UnsafeRawPointer(tape.read(values.variable)) + values.first * values.elementBytes,
                    query_stride: queries.variable.columns, key_stride: keys.columns, value_stride: values.columns,
                    output_stride: output.columns, ranges: ranges.baseAddress, visible: visible, holes: holes,
                    sequences: pattern.sequences, heads: heads.count, width: heads.width,
                    group: heads.count / heads.keyValueCount, window: heads.window ?? 0, scale: heads.scale,
                    cap: heads.cap ?? 0, halves: keys.isHalf ? 1 : 0)
                body(&arguments)
            }
        }
    }
}

extension Tape {
    /// Multi-head attention.
    package func attention(
        queries: VariableColumns, keys: VariableColumns, values: VariableColumns, heads: AttentionHeads,
        pattern: AttentionPattern
    ) -> Variable {
        func check(_ operand: VariableColumns, _ columns: Int) {
            precondition(
                operand.first >= 0 && operand.first + columns <= operand.columns,
                "attention: \(columns) columns from \(operand.first) of \(operand.variable.shape)")
        }
        check(queries, heads.columns)
        check(keys, heads.keyValueColumns)
        check(values, heads.keyValueColumns)
        precondition(
            pattern.visible.count == queries.variable.rows && pattern.queryEnd <= queries.variable.rows
                && keys.variable.rows == values.variable.rows && pattern.keyEnd <= keys.variable.rows,
            """
            attention: queries \(queries.variable.shape), keys \(keys.variable.shape), values \(values.variable.shape), \
            pattern of \(pattern.visible.count) queries and \(pattern.keyEnd) keys
            """)
        precondition(
            !queries.isHalf && keys.isHalf == values.isHalf && (!keys.isHalf || !needsGradient(queries.variable)),
            "attention: keys and values in half precision are for frozen queries in Float32")
        let needs = needsGradient(queries.variable) || needsGradient(keys.variable) || needsGradient(values.variable)
        let output = make(rows: queries.variable.rows, columns: heads.columns, needsGradient: needs)
        if !pattern.coversQueries { write(output).update(repeating: 0, count: output.count) }
        let kept = needs ? keep(pattern.probabilities(heads: heads.count, padded: calm_attention_padded)) : nil
        let attention = Attention(
            queries: queries, keys: keys, values: values, heads: heads, pattern: pattern,
            probabilities: kept, output: output)
        attention.forward(write(output), on: self)
        record(.attention(attention), for: output)
        return output
    }
}
