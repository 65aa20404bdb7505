import Checkpoints
import NeuralNetworks
import Tensors

/// A decoder on its way into another format. Its weights are read when the files are written.
struct DecoderExport: Sendable {
    let configuration: DecoderConfiguration
    private let declared: [(name: String, shape: [Int])]
    private let read: @Sendable (_ name: String, Range<Int>) throws -> [Float]

    /// - Parameter check: To be called when weights from a file were read.
    init(_ decoder: Decoder, check: @escaping @Sendable () throws -> Void = {}) throws(ConfigurationError) {
        let declared = try Decoder.declaredTensors(decoder.configuration)
        let places = Dictionary(declared.enumerated().map { ($1.name, $0) }) { $1 }
        try self.init(decoder.configuration) { name, range in
            guard let place = places[name] else { preconditionFailure("no parameter is named \(name)") }
            let shape = declared[place].shape
            let columns = shape[shape.count - 1]
            let present = range.clamped(to: 0..<shape.dropLast().reduce(1, *))
            var found: [Float]
            if let matrix = decoder.frozen?.matrix(place) {
                found = [Float](unsafeUninitializedCapacity: present.count * columns) { buffer, count in
                    count = present.count * columns
                    if let base = buffer.baseAddress { matrix.read(present, into: base) }
                }
                try check()
            } else {
                guard let entry = decoder.parameters.entry(name) else { preconditionFailure("no values of \(name)") }
                let start = entry.offset + present.lowerBound * columns
                found = decoder.parameters.withElements { Array($0[start..<start + present.count * columns]) }
            }
            found += [Float](repeating: 0, count: (range.count - present.count) * columns)
            return found
        }
    }

    /// A decoder that is made of another's weights.
    init(
        _ configuration: DecoderConfiguration, read: @escaping @Sendable (_ name: String, Range<Int>) throws -> [Float]
    ) throws(ConfigurationError) {
        self.configuration = configuration
        self.read = read
        declared = try Decoder.declaredTensors(configuration)
    }

    /// Some rows of one of the decoder's tensors; a vector is one row. The head has none for ids that are only read: in other
    /// formats, which have a logit for every id, theirs are zeros.
    @Sendable func rows(_ name: String, _ range: Range<Int>) throws -> [Float] { try read(name, range) }

    /// The decoder's tensors in another format.
    struct Form: Sendable {
        let names: TensorNames
        let prefix: String
        /// Which elements of queries and keys turn together there.
        let pairing: RotaryPositions.Pairing
        var queryScale: Float = 1
    }

    /// - Parameter type: What a tensor is stored as: by its name here, the number of the part that it becomes, and whether it
    ///   is a vector.
    func tensors(
        in form: Form, type: (_ name: String, _ part: Int, _ isVector: Bool) -> ElementType
    ) throws(ConfigurationError) -> [ExportedTensor] {
        var tensors: [ExportedTensor] = []
        for (name, shape) in declared {
            var shape = shape
            if name == "output.weight" { shape[0] = configuration.vocabulary }
            guard let parts = form.names.parts(of: name, shape, configuration, prefix: form.prefix) else {
                throw ConfigurationError("it has no tensor for '\(name)'")
            }
            var first = 0
            for (index, part) in parts.enumerated() {
                let isTransposed = form.names.isTransposed(name, shape)
                let height = isTransposed ? part.shape[1] : part.shape[0]
                let type = type(name, index, shape.count == 1)
                tensors.append(
                    shape.count == 1
                        ? vector(part.name, name, first..<first + height, form, type)
                        : matrix(part, name, first..<first + height, isTransposed, form, type))
                first += height
            }
        }
        return tensors
    }

    private func vector(
        _ theirs: String, _ name: String, _ range: Range<Int>, _ form: Form, _ type: ElementType
    ) -> ExportedTensor {
        let order = order(of: name, form)
        let offset = name.contains("norm.weight") ? form.names.normOffset : 0
        let scale = scale(of: name, form)
        return ExportedTensor(theirs, shape: [range.count], type: type) { _ in
            let values = try self.rows(name, 0..<1)
            return range.map { values[order?($0) ?? $0] * scale($0) - offset }
        }
    }

    private func matrix(
        _ part: ExpectedTensor, _ name: String, _ own: Range<Int>, _ isTransposed: Bool, _ form: Form,
        _ type: ElementType
    ) -> ExportedTensor {
        let order = order(of: name, form)
        let scale = scale(of: name, form)
        return ExportedTensor(part.name, shape: part.shape, type: type) { range in
            if isTransposed {
                let values = try self.rows(name, own)
                let columns = values.count / own.count
                return range.flatMap { row in own.indices.map { values[($0 - own.lowerBound) * columns + row] } }
            }
            let wanted = own.lowerBound + range.lowerBound..<own.lowerBound + range.upperBound
            if order == nil, scale(wanted.lowerBound) == 1, scale(wanted.upperBound - 1) == 1 {
                return try self.rows(name, wanted)
            }
            // Rows change places within their heads.
            let head = self.configuration.headWidth
            let heads = wanted.lowerBound / head * head..<(wanted.upperBound + head - 1) / head * head
            let read = order == nil ? wanted : heads
            let values = try self.rows(name, read)
            let columns = values.count / read.count
            return wanted.flatMap { row in
                let start = ((order?(row) ?? row) - read.lowerBound) * columns
                let factor = scale(row)
                return values[start..<start + columns].map { $0 * factor }
            }
        }
    }

    /// What a row of a tensor is multiplied by.
    private func scale(of name: String, _ form: Form) -> @Sendable (Int) -> Float {
        let queries =
            configuration.variant.normalizesHeads
            ? (name.hasSuffix(".query_norm.weight") ? Int.max : 0)
            : (name.contains(".attention.qkv.") ? configuration.heads * configuration.headWidth : 0)
        return { $0 < queries ? form.queryScale : 1 }
    }

    /// Which of our rows is theirs, if queries and keys are ordered otherwise there: elements that turn together are
    /// neighbours, or half of those that turn apart.
    private func order(of name: String, _ form: Form) -> (@Sendable (Int) -> Int)? {
        guard name.contains(".attention.qkv."),
            let layer = name.split(separator: ".").dropFirst().first.flatMap({ Int($0) }),
            let rotary = configuration.rotaryPositions(layer: layer), rotary.pairing != form.pairing
        else { return nil }
        let head = configuration.headWidth
        let half = rotary.turned(of: head) / 2
        let turned = configuration.heads * head + configuration.keyValueWidth
        let becomesAdjacent = form.pairing == .adjacent
        return { row in
            let place = row % head
            guard row < turned, place < 2 * half else { return row }
            let from =
                becomesAdjacent
                ? place / 2 + place % 2 * half : place < half ? 2 * place : 2 * (place - half) + 1
            return row - place + from
        }
    }
}
