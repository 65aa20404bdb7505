import Foundation
import NeuralNetworks
import Tensors

/// A pre-norm decoder-only transformer. B sequences, N rows (tokens of all sequences, packed), d width, V vocabulary.
///
/// The pieces (``embed(_:positions:_:)``, ``blocks``, ``head(_:_:)``) are open, so that a composed model can run two
/// decoders side by side and write into the stream between blocks.
package struct Decoder: Sendable {
    package let configuration: DecoderConfiguration
    /// The weights, if they may be trained; empty if they are ``frozen``.
    package var parameters: Parameters
    /// The weights of a model that is never trained, each in a form of its own.
    package let frozen: FrozenParameters?
    package let blocks: [DecoderBlock]
    private let embedding: Embedding
    private let positionTable: Embedding?
    private let norm: Norm
    private let output: Linear?

    /// Fresh weights.
    package init(_ configuration: DecoderConfiguration, seed: UInt64) throws(ConfigurationError) {
        try configuration.validate()
        self.init(configuration) { $0.initialized(seed: seed) }
        guard configuration.readOnlyDeviation != configuration.embeddingDeviation else { return }
        let table = embedding.table
        let readOnly = table.offset + configuration.outputVocabulary * table.columns
        parameters.withMutableElements { elements in
            for index in readOnly..<table.offset + table.rows * table.columns {
                // Drawn with `embeddingDeviation`, like the rest of the table.
                elements[index] *= configuration.readOnlyDeviation / configuration.embeddingDeviation
            }
        }
    }

    /// Weights from a checkpoint, which must fit the configuration exactly.
    package init(_ configuration: DecoderConfiguration, weights: Data) throws {
        try configuration.validate()
        let file = try SafetensorsFile(weights)
        try self.init(configuration) { try $0.loaded(from: file) }
    }

    /// Weights that stay where they are and as they are; `load` gives the tensor of a name and shape.
    package init(
        _ configuration: DecoderConfiguration,
        frozen load: (_ name: String, _ shape: [Int]) throws -> any FrozenMatrix
    ) throws {
        try configuration.validate()
        try self.init(configuration) { (Parameters(shapes: []), try FrozenParameters($0, load: load)) }
    }

    /// The same model with Float32 weights of its own, which can be trained; itself, if it has such.
    package var trainable: Decoder {
        guard let frozen else { return self }
        return Decoder(configuration) { frozen.thawed($0) }
    }

    private init<E: Error>(
        _ configuration: DecoderConfiguration, fill: (ParameterDeclarations) throws(E) -> Parameters
    ) throws(E) {
        try self.init(configuration) { declarations throws(E) in (try fill(declarations), nil) }
    }

    private init<E: Error>(
        _ configuration: DecoderConfiguration,
        fill: (ParameterDeclarations) throws(E) -> (Parameters, FrozenParameters?)
    ) throws(E) {
        var declarations = ParameterDeclarations()
        self.configuration = configuration
        embedding = Embedding(
            "embedding", count: configuration.vocabulary, width: configuration.width,
            standardDeviation: configuration.embeddingDeviation, &declarations)
        if case .learned(let maximum) = configuration.positions {
            positionTable = Embedding(
                "positions", count: maximum, width: configuration.width,
                standardDeviation: configuration.embeddingDeviation, &declarations)
        } else {
            positionTable = nil
        }
        blocks = (0..<configuration.layers).map {
            DecoderBlock("blocks.\($0)", layer: $0, configuration, &declarations)
        }
        norm = Norm(
            configuration.variant.norm, "norm", width: configuration.width, epsilon: configuration.normEpsilon,
            &declarations)
        output =
            configuration.tiedHead
            ? nil
            : Linear(
                "output", in: configuration.width, out: configuration.outputVocabulary,
                start: .fanIn(configuration.width), &declarations)
        (parameters, frozen) = try fill(declarations)
    }

    /// Names and shapes of the tensors of a decoder.
    package static func declaredTensors(
        _ configuration: DecoderConfiguration
    ) throws(ConfigurationError) -> [(name: String, shape: [Int])] {
        try configuration.validate()
        var shapes: [(name: String, shape: [Int])] = []
        _ = Decoder(configuration) { declarations in
            shapes = declarations.shapes
            return (Parameters(shapes: []), nil)
        }
        return shapes
    }

    /// How many parameters the model has.
    package var parameterCount: Int { frozen?.count ?? parameters.count }

    /// The weights as a tape's operands.
    package func weights(on tape: Tape) -> Weights { frozen.map(tape.weights) ?? tape.weights(parameters) }

    /// The weights as a checkpoint: same weights, same bytes.
    package func safetensors() -> Data {
        var writer = SafetensorsWriter()
        parameters.save(to: &writer)
        return writer.data()
    }

    /// Token ids and their positions to hidden states [N, d].
    package func embed(_ tokens: [Int32], positions: [Int32], _ w: Weights) -> Variable {
        var h = embedding(tokens, w)
        // The rows that were looked up, never the table: a tied head reads that.
        let scale = configuration.variant.embeddingScale
        if scale != 1 { h = w.tape.scale(h, by: scale) }
        guard let positionTable else { return h }
        return w.tape.add(h, positionTable(positions, w))
    }

    /// Hidden states [R, d] as the output head reads them.
    package func finalNorm(_ h: Variable, _ w: Weights) -> Variable { norm(h, w) }

    /// Hidden states [R, d] to logits [R, outputVocabulary].
    package func head(_ h: Variable, _ w: Weights) -> Variable { logits(normalised: norm(h, w), w) }

    /// What ``finalNorm(_:_:)`` gives to logits.
    package func logits(normalised h: Variable, _ w: Weights) -> Variable {
        let logits =
            output.map { $0(h, w) }
            ?? w.tape.linear(h, w[embedding.table].slice(0..<configuration.outputVocabulary))
        return configuration.variant.logitCap.map { w.tape.softCap(logits, $0) } ?? logits
    }

    /// Empty caches, one a layer, for sequences that share `slots`.
    package func makeCaches(_ slots: CacheSlots) -> [KVCache] {
        blocks.map { _ in KVCache(rows: slots.rows, width: configuration.keyValueWidth) }
    }
}
