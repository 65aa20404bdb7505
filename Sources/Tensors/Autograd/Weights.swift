/// A parameter set as one tape sees it: where the values are, and where their gradients go if the set is being trained.
package struct Weights {
    package let tape: Tape
    private let values: UnsafeMutablePointer<Float>
    private let gradients: UnsafeMutablePointer<Float>?
    /// Low-rank updates of another set, by the offset of the matrix that each adapts.
    private var adapters: [Int: LowRankUpdate] = [:]

    init(tape: Tape, values: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>?) {
        self.tape = tape
        self.values = values
        self.gradients = gradients
    }

    /// The same set with low-rank updates of some of its matrices.
    package func adapted(by adapters: [(matrix: Parameter, update: LowRankUpdate)]) -> Weights {
        var result = self
        for (matrix, update) in adapters { result.adapters[matrix.offset] = update }
        return result
    }

    /// x Wᵀ (+ bias) (+ residual) over some rows of the matrix W, all of them unless said; an adapted matrix is W + U D.
    package func linear(
        _ x: Variable, _ matrix: Parameter, rows: Range<Int>? = nil, bias: Parameter? = nil, residual: Variable? = nil
    ) -> Variable {
        let weight = rows.map { self[matrix].slice($0) } ?? self[matrix]
        let product = tape.linear(x, weight, bias: bias.map { self[$0] }, residual: residual)
        guard let update = adapters[matrix.offset] else { return product }
        return tape.linear(
            tape.linear(x, update.down), rows.map(update.up.slice) ?? update.up, residual: product)
    }

    /// One tensor of the set, as an operand.
    package subscript(parameter: Parameter) -> Weight {
        Weight(
            values: UnsafePointer(values + parameter.offset), gradient: gradients.map { $0 + parameter.offset },
            rows: parameter.rows, columns: parameter.columns)
    }
}

/// An update of low rank r of a matrix [out, in]: U D, with U [out, r] and D [r, in].
///
/// Source: LoRA (arXiv 2106.09685), §4.1.
package struct LowRankUpdate {
    let down: Weight
    let up: Weight

    package init(down: Weight, up: Weight) {
        self.down = down
        self.up = up
    }
}

/// One parameter as an operand: a matrix [rows, columns], frozen if it has no gradient. Valid until the tape's next step.
package struct Weight {
    let values: UnsafePointer<Float>
    let gradient: UnsafeMutablePointer<Float>?
    let rows: Int
    let columns: Int

    var isTrained: Bool { gradient != nil }
    var count: Int { rows * columns }

    /// Some neighbouring rows.
    package func slice(_ range: Range<Int>) -> Weight {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= rows, "no rows \(range) in a weight of [\(rows), \(columns)]")
        let start = range.lowerBound * columns
        return Weight(
            values: values + start, gradient: gradient.map { $0 + start }, rows: range.count, columns: columns)
    }
}
