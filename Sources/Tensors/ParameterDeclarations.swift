/// The tensors that a model is made of, declared by its layers in order; then filled from a seed or a checkpoint.
package struct ParameterDeclarations: Sendable {
    /// How a tensor starts.
    package enum Initialization: Sendable, Equatable {
        case constant(Float)
        /// Mean 0.
        case normal(standardDeviation: Float)
        /// In [-bound, bound).
        case uniform(bound: Float)
    }

    package private(set) var shapes: [(name: String, shape: [Int])] = []
    private var initializations: [Initialization] = []
    private var count = 0

    package init() {}

    /// Declares a matrix [rows, columns].
    package mutating func matrix(_ name: String, _ rows: Int, _ columns: Int, _ start: Initialization) -> Parameter {
        declare(name, [rows, columns], start)
    }

    /// Declares a vector.
    package mutating func vector(_ name: String, _ count: Int, _ start: Initialization) -> Parameter {
        declare(name, [count], start)
    }

    private mutating func declare(_ name: String, _ shape: [Int], _ start: Initialization) -> Parameter {
        precondition(shape.allSatisfy { $0 > 0 }, "\(name) has an empty shape \(shape)")
        let rows = shape.count == 1 ? 1 : shape[0]
        let parameter = Parameter(
            name: name, index: shapes.count, offset: count, rows: rows, columns: shape[shape.count - 1])
        shapes.append((name, shape))
        initializations.append(start)
        count += shape.reduce(1, *)
        return parameter
    }

    /// Fresh parameters. Each tensor draws from a stream of its own name, so that adding one changes no other.
    package func initialized(seed: UInt64) -> Parameters {
        var parameters = Parameters(shapes: shapes)
        let entries = parameters.entries
        parameters.withMutableElements { elements in
            for (entry, start) in zip(entries, initializations) {
                var random = RandomGenerator(seed: seed, "parameter", entry.name)
                for index in entry.range {
                    switch start {
                    case .constant(let value): elements[index] = value
                    case .normal(let deviation): elements[index] = deviation * random.normal()
                    case .uniform(let bound): elements[index] = bound * (2 * random.uniform() - 1)
                    }
                }
            }
        }
        return parameters
    }

    /// Parameters from a checkpoint, which must hold exactly these tensors in these shapes, every element finite.
    package func loaded(from file: SafetensorsFile, prefix: String = "") throws(SafetensorsError) -> Parameters {
        var parameters = Parameters(shapes: shapes)
        try parameters.load(from: file, prefix: prefix)
        let known = Set(shapes.map { prefix + $0.name })
        if let stranger = file.names.first(where: { $0.hasPrefix(prefix) && !known.contains($0) }) {
            throw SafetensorsError("unexpected tensor \(stranger): the model's configuration has none of this name")
        }
        return parameters
    }
}

extension Parameters {
    /// Overwrites every tensor with the one called `prefix` + its name.
    package mutating func load(from file: SafetensorsFile, prefix: String = "") throws(SafetensorsError) {
        for entry in entries {
            let tensor = try file.floats(prefix + entry.name, shape: entry.shape)
            if let index = tensor.elements.firstIndex(where: { !$0.isFinite }) {
                throw SafetensorsError("tensor \(prefix + entry.name): element \(index) is \(tensor.elements[index])")
            }
            set(entry.name, tensor)
        }
    }

    /// Adds every tensor to a checkpoint as `prefix` + its name.
    package func save(to writer: inout SafetensorsWriter, prefix: String = "") {
        for entry in entries {
            writer.add(prefix + entry.name, shape: entry.shape, sharing: storage, entry.range)
        }
    }
}
