import Checkpoints
import Tensors

/// What a checkpoint format calls the tensors of a decoder.
///
/// A tensor of ours may be made of several of theirs, one below the other: queries, keys and values; gate and up.
struct TensorNames: Sendable {
    /// Tried in turn; the first whose embedding is there is put in front of all names.
    var prefixes = [""]
    var embedding: String
    var positions: String?
    var finalNorm: String
    /// Absent if the head is the embedding table. Has no prefix.
    var output: String
    /// In front of a block's tensors, its number in place of `#`.
    var block: String
    /// By our names within a block, without `.weight` or `.bias`.
    var blockTensors: [String: [String]]
    /// Added to the gains of the norms: what some checkpoints leave out.
    var normOffset: Float = 0
    /// Whether the matrices within blocks are stored [in, out].
    var isTransposed = false
    /// Ends of the names of tensors that aren't needed.
    var ignored: [String] = []
    /// Starts of the names of tensors that aren't needed: other parts of a model that also sees.
    var ignoredPrefixes: [String] = []

    /// Names of the tensors that make up our tensor `name`, without a prefix; nil if there is none.
    private func sources(_ name: String) -> [String]? {
        let parts = name.split(separator: ".")
        guard let suffix = parts.last else { return nil }
        if parts.first == "blocks", parts.count > 3 {
            let key = parts[2..<parts.count - 1].joined(separator: ".")
            let start = block.replacing("#", with: parts[1])
            return blockTensors[key]?.map { "\(start)\($0).\(suffix)" }
        }
        switch parts.dropLast().joined(separator: ".") {
        case "embedding": return ["\(embedding).\(suffix)"]
        case "positions": return positions.map { ["\($0).\(suffix)"] }
        case "norm": return ["\(finalNorm).\(suffix)"]
        default: return nil
        }
    }

    /// Whether the checkpoint has an output head of its own.
    func hasOutput(in source: some WeightSource) -> Bool { source["\(output).weight"] != nil }

    func prefix(in source: some WeightSource) -> String {
        prefixes.first { source["\($0)\(embedding).weight"] != nil } ?? prefixes[0]
    }

    /// The decoder over a checkpoint's tensors.
    ///
    /// - Throws: `CheckpointError` with all tensors that are missing, misshapen, of a type that isn't supported, or not of
    ///   the model.
    func decoder(
        _ configuration: DecoderConfiguration, _ source: some WeightSource, _ failures: ReadFailures
    ) throws -> Decoder {
        let declared = try Decoder.declaredTensors(configuration)
        var sources: [String: [ExpectedTensor]] = [:]
        for (name, shape) in declared {
            // A file has a row of its head for every id, those too that are only read.
            let shape = name == "output.weight" ? [configuration.vocabulary] + shape.dropFirst() : shape
            guard let parts = parts(of: name, shape, configuration, prefix: prefix(in: source)) else {
                throw CheckpointError(source.path, "calm has no name for its tensor '\(name)' in this format")
            }
            sources[name] = parts
        }
        let problems = source.problems(expecting: declared.flatMap { sources[$0.name] ?? [] }) { name in
            ignored.contains { name.hasSuffix($0) } || ignoredPrefixes.contains { name.hasPrefix($0) }
        }
        guard problems.isEmpty else { throw CheckpointError(source.path, problems) }
        return try Decoder(configuration) { name, shape in
            let tensors = (sources[name] ?? []).compactMap { source[$0.name] }
            if shape.count == 1 {
                let offset = name.contains("norm.weight") ? normOffset : 0
                let values = try tensors.flatMap { try $0.floats() }
                return FloatMatrix(rows: 1, columns: values.count) {
                    for (index, value) in values.enumerated() { $0[index] = value + offset }
                }
            }
            if isTransposed(name, shape) {
                return try transposed(tensors, rows: shape[0], columns: shape[1])
            }
            return StoredMatrix(tensors, limit: shape[0], failures)
        }
    }

    /// The tensors that our tensor `name` of a shape is made of, one below the other; nil if this format has none for it.
    func parts(
        of name: String, _ shape: [Int], _ configuration: DecoderConfiguration, prefix: String
    ) -> [ExpectedTensor]? {
        let parts: [String]
        if name == "output.weight" {
            parts = ["\(output).weight"]
        } else if let own = sources(name) {
            parts = own.map { prefix + $0 }
        } else {
            return nil
        }
        let isTransposed = isTransposed(name, shape)
        return zip(parts, heights(of: name, shape[0], parts.count, configuration)).map { part, height in
            let shape = [height] + shape.dropFirst()
            return ExpectedTensor(part, isTransposed ? shape.reversed() : shape)
        }
    }

    /// Whether our tensor of this name is stored [in, out].
    func isTransposed(_ name: String, _ shape: [Int]) -> Bool {
        isTransposed && shape.count > 1 && name.hasPrefix("blocks.")
    }

    /// Rows of each of the tensors that one of ours is made of.
    private func heights(
        of name: String, _ total: Int, _ count: Int, _ configuration: DecoderConfiguration
    ) -> [Int] {
        if count == 3, name.contains(".attention.qkv.") {
            let keyValues = configuration.keyValueWidth
            return [configuration.heads * configuration.headWidth, keyValues, keyValues]
        }
        return Array(repeating: total / count, count: count)
    }

    /// Matrices [in, out], copied as one [rows, in].
    private func transposed(_ tensors: [StoredTensor], rows: Int, columns: Int) throws -> FloatMatrix {
        try FloatMatrix(rows: rows, columns: columns) { target in
            var first = 0
            for tensor in tensors {
                let values = try tensor.floats()
                for column in 0..<columns {
                    for row in 0..<tensor.columns {
                        target[(first + row) * columns + column] = values[column * tensor.columns + row]
                    }
                }
                first += tensor.columns
            }
        }
    }
}
