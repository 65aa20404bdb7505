import Foundation
import LanguageModels
import NeuralNetworks
import Tensors

/// CALM's m_A⊕B: a frozen anchor and frozen augmenting models, joined by trained connections.
///
/// All models read the same tokens. Before training the composed model is the anchor, bit for
/// bit, unless its W_O starts otherwise.
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
    /// What is read of the frozen models.
    let taps: [FrozenActivations.Layout.Tap]

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
    /// That of the model that can read least.
    package var maximumLength: Int? { ([anchor] + augmenting).compactMap(\.maximumLength).min() }

    /// Other masks tell a prompt's tokens from those behind it.
    package var readsPromptsInPieces: Bool { configuration.mask == .causal }

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
        let (seen, scoredSeen) = crossLayouts(of: batch)
        let states = anchorStates(
            activations?.read(batch, on: tape)
                ?? frozenStates(batch.tokens, batch.layout, last: batch.layout, caches: nil, on: tape),
            Layouts(anchor: batch.layout, last: batch.scoredLayout, cross: seen, lastCross: scoredSeen),
            dropout.map { InputDropout(rate: dropoutRate, stream: $0) }, caches: nil, on: tape
        ) { _, _ in }
        return anchor.head(states, anchor.weights(on: tape))
    }

    /// Who sees whom in the anchor and in the connections, and in the last block of each.
    private struct Layouts {
        let anchor: SequenceLayout
        let last: SequenceLayout
        let cross: SequenceLayout
        let lastCross: SequenceLayout
    }

    /// The forward pass from the anchor's lowest connected block on, up to its last norm.
    ///
    /// - Parameter states: With caches, the anchor's have the rows that its block was asked for; without, those of all tokens.
    private func anchorStates(
        _ states: FrozenStates, _ layouts: Layouts, _ dropout: InputDropout?, caches: ComposedCaches?, on tape: Tape,
        visit: (_ blocks: Int, Variable) throws -> Void
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
                    h = anchor.blocks[index](h, layout, cache: caches?.anchor[index], w)
                } else if caches == nil {
                    h = tape.asking(h, layout)
                }
                for (place, layer) in layers.enumerated() where layer.connection.anchor == index {
                    h = layer(
                        h, states: states(layer.source, layer.connection.augmenting),
                        isLast ? layouts.lastCross : layouts.cross, dropout, cache: caches?.connections[place], own)
                }
                return h
            }
            // With caches nothing is differentiated: what a block and its connections took is let go of at once.
            h =
                caches == nil
                ? advance()
                : tape.frozen(rows: layout.queryPositions.count, columns: anchor.configuration.width, advance)
            try visit(index + 1, h)
        }
        return h
    }

    /// The batch's layouts as the connections see them: of all rows, and of the scored ones.
    private func crossLayouts(of batch: TokenBatch) -> (all: SequenceLayout, scored: SequenceLayout) {
        if configuration.mask == .causal { return (batch.layout, batch.scoredLayout) }
        var sequences: [(queries: Range<Int>, keys: Range<Int>)] = []
        var visible: [Int32] = []
        var scored = batch.scoredRows[...]
        for (start, end) in zip(batch.offsets, batch.offsets.dropFirst()) {
            // The row that the first scored token is predicted from is the prompt's last.
            let rows = scored.prefix { $0 < end }
            scored = scored.dropFirst(rows.count)
            let prompt = rows.first.map { Int($0) - start + 1 } ?? end - start
            for position in 0..<end - start {
                visible.append(
                    Int32(configuration.mask == .prompt ? min(position + 1, prompt) : end - start))
            }
            sequences.append((start..<end, start..<end))
        }
        let all = SequenceLayout(
            positions: batch.layout.positions, pattern: AttentionPattern(sequences: sequences, visible: visible))
        var partial = all
        partial.ask(only: batch.scoredRows)
        return (all, partial)
    }

    /// A read's layout as the connections see it.
    private func crossLayout(of layout: SequenceLayout, counts: [Int], in slots: CacheSlots) -> SequenceLayout {
        switch configuration.mask {
        case .causal: layout
        case .prompt: slots.layout(counts: counts) { min($0 + 1, slots.firstLengths[$1]) }
        case .none: slots.layout(counts: counts) { slots.lengths[$1] }
        }
    }

    package func makeState(sequences: Int, capacity: Int, precision: Precision) -> ComposedState {
        let slots = CacheSlots(sequences: sequences, capacity: capacity)
        return ComposedState(
            tape: Tape(precision: precision), slots: slots,
            caches: ComposedCaches(
                anchor: anchor.makeCaches(slots), augmenting: augmenting.map { $0.makeCaches(slots) },
                connections: layers.map { _ in KVCache(rows: slots.rows, width: anchor.configuration.width) }))
    }

    /// Visits the anchor's residual stream from its lowest connection on.
    package func readStates(
        _ tokens: [[Int32]], state: inout ComposedState, returning rows: LogitRows,
        visit: (_ blocks: Int, Variable) throws -> Void
    ) rethrows -> Variable {
        let layout = state.slots.append(counts: tokens.map(\.count))
        let last = layout.returning(rows, of: tokens)
        let seen = crossLayout(of: layout, counts: tokens.map(\.count), in: state.slots)
        let lastSeen = configuration.mask == .causal ? last : seen.returning(rows, of: tokens)
        let states = try anchorStates(
            frozenStates(Array(tokens.joined()), layout, last: last, caches: state.caches, on: state.tape),
            Layouts(anchor: layout, last: last, cross: seen, lastCross: lastSeen), nil, caches: state.caches,
            on: state.tape, visit: visit)
        return anchor.finalNorm(states, anchor.weights(on: state.tape))
    }

    package func logits(ofStates states: Variable, on tape: Tape) -> Variable {
        anchor.logits(ofStates: states, on: tape)
    }
}

/// The caches of all models and of the connections.
struct ComposedCaches {
    let anchor: [KVCache]
    let augmenting: [[KVCache]]
    let connections: [KVCache]
}

/// A composed model's caches.
package struct ComposedState: GenerationState {
    package let tape: Tape
    package var slots: CacheSlots
    let caches: ComposedCaches
}
