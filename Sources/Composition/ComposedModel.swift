import Foundation
import LanguageModels
import NeuralNetworks
import Tensors

/// CALM's m_A⊕B: a frozen anchor and frozen augmenting models, joined by trained connections.
///
/// All models read the same tokens. Before training the composed model is the anchor, bit for bit.
///
/// Source: CALM (arXiv 2401.02412), §3.1.
package struct ComposedModel: Sendable {
    package let configuration: CompositionConfiguration
    package let anchor: Decoder
    package let augmenting: [Decoder]
    /// The connections' own, all that is trained.
    package var parameters: Parameters
    /// Share of the connections' inputs that is dropped in training.
    package var dropoutRate: Float = 0
    /// The frozen models' activations over the corpus that is trained on; without, each step computes its own.
    package var activations: FrozenActivations?
    /// In the order of augmenting models, then of anchor blocks.
    private let layers: [ConnectionLayer]

    /// Fresh connections.
    ///
    /// - Throws: `CompositionError` if the models can't be joined so.
    package init(
        anchor: Decoder, augmenting: [Decoder], configuration: CompositionConfiguration, seed: UInt64
    ) throws {
        try self.init(anchor, augmenting, configuration) { $0.initialized(seed: seed) }
    }

    /// Connections from a checkpoint, which must fit the configuration exactly.
    package init(
        anchor: Decoder, augmenting: [Decoder], configuration: CompositionConfiguration, weights: Data
    ) throws {
        let file = try SafetensorsFile(weights)
        try self.init(anchor, augmenting, configuration) { try $0.loaded(from: file) }
    }

    private init(
        _ anchor: Decoder, _ augmenting: [Decoder], _ configuration: CompositionConfiguration,
        fill: (ParameterDeclarations) throws -> Parameters
    ) throws {
        try configuration.validate(
            anchor: anchor.configuration, augmenting: augmenting.map(\.configuration))
        self.anchor = anchor
        self.augmenting = augmenting
        self.configuration = configuration
        var declarations = ParameterDeclarations()
        var layers: [ConnectionLayer] = []
        for (source, connections) in configuration.connections.enumerated() {
            for connection in connections {
                let name = "augmenting.\(source).connections.\(connection.augmenting)-\(connection.anchor)"
                layers.append(
                    ConnectionLayer(
                        name, connection, source: source, augmentingWidth: augmenting[source].configuration.width,
                        anchorWidth: anchor.configuration.width, configuration: configuration, &declarations))
            }
        }
        self.layers = layers
        parameters = try fill(declarations)
    }

    /// The connections' weights as a checkpoint: same weights, same bytes.
    package func safetensors() -> Data {
        var writer = SafetensorsWriter()
        parameters.save(to: &writer)
        return writer.data()
    }

    /// What the composition adds to the anchor.
    package var overhead: ParameterOverhead {
        ParameterOverhead(
            connections: configuration.connections.map(\.count),
            augmentingWidths: augmenting.map(\.configuration.width), anchor: anchor.configuration,
            addedTruly: parameters.count, anchorTruly: anchor.parameters.count)
    }

    /// How many blocks of an augmenting model are needed: those up to its highest connection.
    func depth(of source: Int) -> Int {
        (configuration.connections[source].map(\.augmenting).max() ?? -1) + 1
    }
}

extension ComposedModel: CausalLanguageModel {
    /// That of the model that can read least.
    package var maximumLength: Int? { ([anchor] + augmenting).compactMap(\.maximumLength).min() }

    package func logits(_ batch: TokenBatch, dropout: DropoutStream?, on tape: Tape) -> Variable {
        let inputDropout = dropout.map { InputDropout(rate: dropoutRate, stream: $0) }
        let states = activations?.read(batch, on: tape) ?? frozenStates(batch, on: tape)
        let w = tape.weights(anchor.parameters)
        let own = tape.weights(parameters)
        var h = states(nil, lowestConnection)
        for index in lowestConnection..<anchor.blocks.count {
            let layout = index == anchor.blocks.count - 1 ? batch.scoredLayout : batch.layout
            h = index > lowestConnection ? anchor.blocks[index](h, layout, w) : tape.asking(h, layout)
            for layer in layers where layer.connection.anchor == index {
                let source = states(layer.source, layer.connection.augmenting)
                h = layer(h, states: source, layout, inputDropout, own)
            }
        }
        return anchor.head(h, w)
    }

    package func makeState(sequences: Int, capacity: Int, precision: Precision) -> ComposedState {
        let slots = CacheSlots(sequences: sequences, capacity: capacity)
        return ComposedState(
            tape: Tape(precision: precision), slots: slots, anchor: anchor.makeCaches(slots),
            augmenting: augmenting.map { $0.makeCaches(slots) },
            connections: layers.map { _ in KVCache(rows: slots.rows, width: anchor.configuration.width) })
    }

    package func read(_ tokens: [[Int32]], state: inout ComposedState, returning rows: LogitRows) -> Variable {
        let tape = state.tape
        let layout = state.slots.append(counts: tokens.map(\.count))
        let ids = Array(tokens.joined())
        var states: [[Variable]] = []
        for (source, model) in augmenting.enumerated() {
            let w = tape.weights(model.parameters)
            var h = model.embed(ids, positions: layout.positions, w)
            var outputs: [Variable] = []
            for (index, block) in model.blocks.prefix(depth(of: source)).enumerated() {
                h = block(h, layout, cache: &state.augmenting[source][index], w)
                outputs.append(h)
            }
            states.append(outputs)
        }
        let w = tape.weights(anchor.parameters)
        let own = tape.weights(parameters)
        var h = anchor.embed(ids, positions: layout.positions, w)
        let last = layout.returning(rows, of: tokens)
        for (index, block) in anchor.blocks.enumerated() {
            let layout = index == anchor.blocks.count - 1 ? last : layout
            h = block(h, layout, cache: &state.anchor[index], w)
            for (place, layer) in layers.enumerated() where layer.connection.anchor == index {
                let source = states[layer.source][layer.connection.augmenting]
                h = layer(h, states: source, layout, cache: &state.connections[place], own)
            }
        }
        return anchor.head(h, w)
    }
}

/// The caches of all models and of the connections.
package struct ComposedState: DecodingState {
    package let tape: Tape
    package var slots: CacheSlots
    var anchor: [KVCache]
    var augmenting: [[KVCache]]
    var connections: [KVCache]
}
