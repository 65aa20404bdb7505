/// A parameter set as one tape sees it: where the values are, and where their gradients go if the set is being trained.
package struct Weights {
    package let tape: Tape
    private let values: UnsafeMutablePointer<Float>
    private let gradients: UnsafeMutablePointer<Float>?

    init(tape: Tape, values: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>?) {
        self.tape = tape
        self.values = values
        self.gradients = gradients
    }

    /// One tensor of the set, as an operand.
    package subscript(parameter: Parameter) -> Weight {
        Weight(
            values: UnsafePointer(values + parameter.offset), gradient: gradients.map { $0 + parameter.offset },
            rows: parameter.rows, columns: parameter.columns)
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
