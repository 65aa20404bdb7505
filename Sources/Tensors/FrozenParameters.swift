/// A matrix that isn't trained, kept in its own form, perhaps in a mapped file, and read as Float32 a few rows at a time.
package protocol FrozenMatrix: Sendable {
    var rows: Int { get }
    var columns: Int { get }
    /// The elements in place, row by row, if they are Float32 and aligned; they stay as long as the matrix.
    var floats: UnsafePointer<Float>? { get }
    /// Writes some rows as Float32. Any thread may call it.
    func read(_ rows: Range<Int>, into buffer: UnsafeMutablePointer<Float>)
    /// The element types that its rows are stored in; none if they can't be had as they are stored.
    var storedTypes: [ElementType] { get }
    /// Hands out some rows as they are stored, in parts of one type each. Any thread may call it.
    func readStored(_ rows: Range<Int>, _ body: (Range<Int>, ElementType, UnsafeRawBufferPointer) -> Void)
}

extension FrozenMatrix {
    package var storedTypes: [ElementType] { [] }
    package func readStored(_ rows: Range<Int>, _ body: (Range<Int>, ElementType, UnsafeRawBufferPointer) -> Void) {
        preconditionFailure("a matrix that isn't stored has no stored rows")
    }
}

/// A frozen matrix in memory.
package struct FloatMatrix: FrozenMatrix {
    package let rows: Int
    package let columns: Int
    private let storage: FloatStorage

    package init(rows: Int, columns: Int, fill: (UnsafeMutablePointer<Float>) throws -> Void) rethrows {
        self.rows = rows
        self.columns = columns
        storage = FloatStorage(count: rows * columns)
        try fill(storage.base)
    }

    package var floats: UnsafePointer<Float>? { UnsafePointer(storage.base) }

    package func read(_ rows: Range<Int>, into buffer: UnsafeMutablePointer<Float>) {
        buffer.update(from: storage.base + rows.lowerBound * columns, count: rows.count * columns)
    }
}

/// The tensors of a model that isn't trained, each in a form of its own, in the order in which layers declared them.
package final class FrozenParameters: Sendable {
    private let tensors: [any FrozenMatrix]
    package let count: Int

    /// `load` gives the tensor of a name and shape; a vector is a matrix of one row, which must be Float32 in place.
    package init<E: Error>(
        _ declarations: ParameterDeclarations, load: (_ name: String, _ shape: [Int]) throws(E) -> any FrozenMatrix
    ) throws(E) {
        var (tensors, count): ([any FrozenMatrix], Int) = ([], 0)
        for (name, shape) in declarations.shapes {
            let tensor = try load(name, shape)
            precondition(
                tensor.columns == shape[shape.count - 1] && tensor.rows * tensor.columns == shape.reduce(1, *),
                "\(name): shape \(shape), loaded [\(tensor.rows), \(tensor.columns)]")
            precondition(shape.count > 1 || tensor.floats != nil, "\(name): a vector must be Float32")
            tensors.append(tensor)
            count += tensor.rows * tensor.columns
        }
        self.tensors = tensors
        self.count = count
    }

    /// The tensor that was declared at this place; a vector is a matrix of one row.
    package func matrix(_ place: Int) -> any FrozenMatrix { tensors[place] }

    func weight(_ parameter: Parameter) -> Weight { Weight(tensors[parameter.index]) }

    /// The same tensors as Float32, to be trained.
    ///
    /// - Precondition: they were declared like this.
    package func thawed(_ declarations: ParameterDeclarations) -> Parameters {
        var parameters = Parameters(shapes: declarations.shapes)
        precondition(parameters.count == count, "\(parameters.count) parameters to take from \(count)")
        let entries = parameters.entries
        parameters.withMutableElements { elements in
            for (entry, tensor) in zip(entries, tensors) {
                guard let base = elements.baseAddress else { continue }
                tensor.read(0..<tensor.rows, into: base + entry.offset)
            }
        }
        return parameters
    }
}

extension Tape {
    /// A frozen parameter set as operands; it lives until the next step begins.
    package func weights(_ parameters: FrozenParameters) -> Weights {
        retain(parameters)
        return Weights(tape: self, parameters)
    }
}
