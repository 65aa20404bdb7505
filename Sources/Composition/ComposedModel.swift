import Foundation
import LanguageModels
import NeuralNetworks
import Tensors

/// CALM's m_A⊕B: a frozen anchor and frozen augmenting models, joined by trained connections.
///
/// All models read the same text, in one tokenizer's tokens or each in its own. Before training the composed model is the anchor, bit for
/// bit, unless its W_O starts otherwise.
///
/// Source: CALM (arXiv 2401.02412), §3.1.
package struct ComposedModel: Sendable {
    package let configuration: CompositionConfiguration
    package let anchor: Decoder
    package let augmenting: [Decoder]
    /// Of each augmenting model that has a tokenizer of its own; nil for one that reads the anchor's tokens.
    package let alignments: [TextAlignment?]
    /// What augmenting models read in place of prompts, where the connections act after a prompt alone.
    package var prompts: AugmentingPrompts?
    /// The corpus that is trained on, or another whose batches are read, aligned; without, each batch is.
    package var aligned: AlignedCorpus?
    /// What ``keysAndValuesOfPrefix(precision:)`` gives; without, each batch computes it.
    package var prefixKeysValues: [[Float]]?
    /// The connections' own, all that is trained.
    package var parameters: Parameters
    /// Share of the connections' inputs that is dropped in training.
    package var dropoutRate: Float = 0
    /// The frozen models' activations over the corpus that is trained on; without, each step computes its own.
    package var activations: FrozenActivations?
    /// In the order of augmenting models, then of anchor blocks.
    private let layers: [ConnectionLayer]
    /// What is read of the frozen models.
    let taps: [FrozenActivations.Layout.Tap]

    /// Fresh connections.
    ///
    /// - Parameter alignments: One for each augmenting model; nil if all read the anchor's tokens.
    /// - Throws: `CompositionError` if the models can't be joined so.
    package init(
        anchor: Decoder, augmenting: [Decoder], alignments: [TextAlignment?]? = nil,
        configuration: CompositionConfiguration, seed: UInt64
    ) throws {
        try self.init(anchor, augmenting, alignments, configuration) { $0.initialized(seed: seed) }
    }

    /// Connections from a checkpoint, which must fit the configuration exactly.
    package init(
        anchor: Decoder, augmenting: [Decoder], alignments: [TextAlignment?]? = nil,
        configuration: CompositionConfiguration, weights: Data
    ) throws {
        let file = try SafetensorsFile(weights)
        try self.init(anchor, augmenting, alignments, configuration) { try $0.loaded(from: file) }
    }

    private init(
        _ anchor: Decoder, _ augmenting: [Decoder], _ alignments: [TextAlignment?]?,
        _ configuration: CompositionConfiguration, fill: (ParameterDeclarations) throws -> Parameters
    ) throws {
        let alignments = alignments ?? augmenting.map { _ in nil }
        precondition(
            alignments.count == augmenting.count, "\(alignments.count) alignments for \(augmenting.count) models")
        try configuration.validate(
            anchor: anchor.configuration, augmenting: augmenting.map(\.configuration), alignments: alignments)
        self.alignments = alignments
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
        taps = Self.taps(configuration, augmenting: augmenting, anchor: anchor)
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
            addedTruly: parameters.count, anchorTruly: anchor.parameterCount)
    }

    /// How many blocks of an augmenting model are needed: those up to its highest connection.
    func depth(of source: Int) -> Int {
        (configuration.connections[source].map(\.augmenting).max() ?? -1) + 1
    }
}

extension ComposedModel: CausalLanguageModel {
    /// Tokens that the anchor alone reads before every text.
    var prefix: [Int32] { configuration.prefix ?? [] }

    /// A batch as the anchor reads it.
    func ownBatch(_ batch: TokenBatch) -> TokenBatch { prefix.isEmpty ? batch : batch.behind(prefix) }

    /// That of the model that can read least, of those that read the anchor's tokens.
    package var maximumLength: Int? {
        ([anchor] + augmenting.indices.filter { alignments[$0] == nil }.map { augmenting[$0] })
            .compactMap(\.maximumLength).min().map { max(0, $0 - prefix.count) }
    }

    /// Other masks tell a prompt's tokens from those behind it.
    package var readsPromptsInPieces: Bool { configuration.mask == .causal && configuration.acts != .afterPrompt }

    package func reading(_ prompts: AugmentingPrompts) -> ComposedModel {
        var model = self
        model.prompts = prompts
        return model
    }

    package var widestRow: Int { ([anchor] + augmenting).map(\.widestRow).max() ?? 0 }

    /// Both models forward, as far as they are needed and aren't kept; the anchor backward above the lowest connection; the
    /// connections with all gradients.
    package var trainingOperations: Int {
        let frozen = augmenting.indices.reduce(anchor.matrixElements(blocks: 0..<lowestConnection + 1, head: false)) {
            $0 + augmenting[$1].matrixElements(blocks: 0..<depth(of: $1), head: false)
        }
        let above = anchor.matrixElements(blocks: lowestConnection + 1..<anchor.blocks.count, head: true)
        return (activations == nil ? 2 * frozen : 0) + 4 * above + 6 * parameters.count
    }

    package func logits(_ batch: TokenBatch, dropout: DropoutStream?, on tape: Tape) -> Variable {
        if actsAfterPrompt { return logits(behindPrompts: batch, dropout: dropout, on: tape) }
        let own = ownBatch(batch)
        let readings = readings(of: batch, anchor: own)
        let states = anchorStates(
            activations?.read(batch.sequences, on: tape) { $0.map { readings[$0].offsets } ?? batch.offsets }
                ?? frozenStates(own.tokens, own.layout, last: own.layout, readings, caches: nil, on: tape),
            Layouts(anchor: own.layout, last: own.scoredLayout, readings: readings),
            dropout.map { InputDropout(rate: dropoutRate, stream: $0) }, anchorCaches: nil, on: tape
        ) { _, _ in }
        return anchor.head(states, anchor.weights(on: tape))
    }

    /// Who sees whom in the anchor and in the connections, and in the last block of each.
    struct Layouts {
        let anchor: SequenceLayout
        let last: SequenceLayout
        let readings: [AugmentingReading]
    }

    /// The forward pass from the anchor's lowest connected block on, up to its last norm.
    ///
    /// - Parameters:
    ///   - states: If a prompt is continued, the anchor's have the rows that its block was asked for; else those of all tokens.
    ///   - anchorCaches: What the anchor's blocks attend to besides the batch.
    ///   - continuing: The connections' caches where sequences are continued and nothing is differentiated.
    func anchorStates(
        _ states: FrozenStates, _ layouts: Layouts, _ dropout: InputDropout?, anchorCaches: [KVCache]?,
        continuing: [KVCache]? = nil, on tape: Tape, visit: (_ blocks: Int, Variable) throws -> Void
    ) rethrows -> Variable {
        let (w, own) = (anchor.weights(on: tape), tape.weights(parameters))
        var h = states(nil, lowestConnection)
        for index in lowestConnection..<anchor.blocks.count {
            let isLast = index == anchor.blocks.count - 1
            let layout = isLast ? layouts.last : layouts.anchor
            let input = h
            func advance() -> Variable {
                var h = input
                if index > lowestConnection {
                    h = anchor.blocks[index](h, layout, cache: anchorCaches?[index], w)
                } else if continuing == nil {
                    h = tape.asking(h, layout)
                }
                for (place, layer) in layers.enumerated() where layer.connection.anchor == index {
                    let reading = layouts.readings[layer.source]
                    h = layer(
                        h, states: states(layer.source, layer.connection.augmenting),
                        isLast ? reading.lastCross : reading.cross, dropout, cache: continuing?[place], own)
                }
                return h
            }
            // What a block and its connections took is let go of at once where nothing is differentiated.
            h =
                continuing == nil
                ? advance()
                : tape.frozen(rows: layout.queryPositions.count, columns: anchor.configuration.width, advance)
            try visit(index + 1, h)
        }
        return h
    }

    package func makeState(sequences: Int, capacity: Int, precision: Precision) -> ComposedState {
        ComposedState(self, layers.map(\.source), sequences: sequences, capacity: capacity, precision: precision)
    }

    /// Visits the anchor's residual stream from its lowest connection on.
    package func readStates(
        _ tokens: [[Int32]], state: inout ComposedState, returning rows: LogitRows,
        visit: (_ blocks: Int, Variable) throws -> Void
    ) rethrows -> Variable {
        state.putPrefix(of: self)
        let layout = state.slots.append(counts: tokens.map(\.count))
        let last = layout.returning(rows, of: tokens)
        let readings = readings(of: tokens, layout, last: last, state: &state, returning: rows)
        let states = try anchorStates(
            frozenStates(
                Array(tokens.joined()), layout, last: last, readings, caches: state.caches, on: state.tape),
            Layouts(anchor: layout, last: last, readings: readings), nil, anchorCaches: state.caches.anchor,
            continuing: state.caches.connections, on: state.tape, visit: visit)
        return anchor.finalNorm(states, anchor.weights(on: state.tape))
    }

    package func logits(ofStates states: Variable, on tape: Tape) -> Variable {
        anchor.logits(ofStates: states, on: tape)
    }
}
