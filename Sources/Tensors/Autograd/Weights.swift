/// A parameter set as one tape sees it: where the values are, and where their gradients go if the set is being trained.
package struct Weights {
    private enum Source {
        case buffer(values: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>?)
        case frozen(FrozenParameters)
    }

    package let tape: Tape
    private let source: Source
    /// Low-rank updates of another set, by the offset of the matrix that each adapts.
    private var adapters: [Int: LowRankUpdate] = [:]

    init(tape: Tape, values: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>?) {
        self.tape = tape
        source = .buffer(values: values, gradients: gradients)
    }

    init(tape: Tape, _ parameters: FrozenParameters) {
        self.tape = tape
        source = .frozen(parameters)
    }

    /// The same set with low-rank updates of some of its matrices.
    package func adapted(by adapters: [(matrix: Parameter, update: LowRankUpdate)]) -> Weights {
        var result = self
        for (matrix, update) in adapters { result.adapters[matrix.offset] = update }
        return result
    }

    /// x Wᵀ (+ bias) (+ residual) over some rows of the matrix W, and as many elements of the bias, all of them unless said;
    /// an adapted matrix is W + U D.
    package func linear(
        _ x: Variable, _ matrix: Parameter, rows: Range<Int>? = nil, bias: Parameter? = nil, residual: Variable? = nil
    ) -> Variable {
        let weight = rows.map { self[matrix].slice($0) } ?? self[matrix]
        let bias = bias.map { parameter in rows.map { self[parameter].elements($0) } ?? self[parameter] }
        let product = tape.linear(x, weight, bias: bias, residual: residual)
        guard let update = adapters[matrix.offset] else { return product }
        return tape.linear(
            tape.linear(x, update.down), rows.map(update.up.slice) ?? update.up, residual: product)
    }

    /// One tensor of the set, as an operand.
    package subscript(parameter: Parameter) -> Weight {
        switch source {
        case .buffer(let values, let gradients):
            Weight(
                values: UnsafePointer(values + parameter.offset), gradient: gradients.map { $0 + parameter.offset },
                rows: parameter.rows, columns: parameter.columns)
        case .frozen(let parameters):
            parameters.weight(parameter)
        }
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
    private enum Elements {
        case floats(UnsafePointer<Float>)
        /// Rows from `first` on of a matrix that is read a few rows at a time.
        case encoded(any FrozenMatrix, first: Int)
    }

    private let elements: Elements
    let gradient: UnsafeMutablePointer<Float>?
    let rows: Int
    let columns: Int

    var isTrained: Bool { gradient != nil }
    var count: Int { rows * columns }

    init(values: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>?, rows: Int, columns: Int) {
        self.init(.floats(values), gradient, rows, columns)
    }

    init(_ matrix: any FrozenMatrix) {
        self.init(
            matrix.floats.map(Elements.floats) ?? .encoded(matrix, first: 0), nil, matrix.rows, matrix.columns)
    }

    private init(_ elements: Elements, _ gradient: UnsafeMutablePointer<Float>?, _ rows: Int, _ columns: Int) {
        self.elements = elements
        self.gradient = gradient
        self.rows = rows
        self.columns = columns
    }

    /// The elements in place; nil if they aren't Float32.
    var floats: UnsafePointer<Float>? {
        if case .floats(let values) = elements { values } else { nil }
    }

    /// The matrix of which this weight is the rows from `first` on, if it isn't Float32 in place.
    var encoded: (matrix: any FrozenMatrix, first: Int)? {
        if case .encoded(let matrix, let first) = elements { (matrix, first) } else { nil }
    }

    /// The elements in place, of a weight that is never kept in another form: a gain or a bias.
    var values: UnsafePointer<Float> {
        guard let floats else { preconditionFailure("a vector of weights must be Float32") }
        return floats
    }

    /// Writes some rows as Float32.
    func read(_ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>) {
        switch elements {
        case .floats(let values):
            buffer.update(from: values + range.lowerBound * columns, count: range.count * columns)
        case .encoded(let matrix, let first):
            matrix.read(first + range.lowerBound..<first + range.upperBound, into: buffer)
        }
    }

    /// Some neighbouring rows.
    package func slice(_ range: Range<Int>) -> Weight {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= rows, "no rows \(range) in a weight of [\(rows), \(columns)]")
        let start = range.lowerBound * columns
        switch elements {
        case .floats(let values):
            return Weight(.floats(values + start), gradient.map { $0 + start }, range.count, columns)
        case .encoded(let matrix, let first):
            return Weight(.encoded(matrix, first: first + range.lowerBound), nil, range.count, columns)
        }
    }

    /// Some neighbouring elements of a vector.
    func elements(_ range: Range<Int>) -> Weight {
        precondition(
            rows == 1 && range.lowerBound >= 0 && range.upperBound <= columns,
            "no elements \(range) in a vector of [\(rows), \(columns)]")
        return Weight(
            .floats(values + range.lowerBound), gradient.map { $0 + range.lowerBound }, 1, range.count)
    }
}
