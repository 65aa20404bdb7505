import LanguageModels
import NeuralNetworks
import Synchronization
import Tensors

extension ComposedModel {
    /// Where training reads the frozen models: behind the connected blocks of the augmenting models, in their order, then
    /// the prompts' keys and values in the blocks above the anchor's lowest connected one, if connections act after prompts; then
    /// behind that block.
    static func taps(
        _ configuration: CompositionConfiguration, augmenting: [Decoder], anchor: Decoder
    ) -> [FrozenActivations.Layout.Tap] {
        let own = augmenting.indices.flatMap { source in
            Set(configuration.connections[source].map(\.augmenting)).sorted().map {
                FrozenActivations.Layout.Tap(
                    source: source, block: $0, width: augmenting[source].configuration.width)
            }
        }
        let lowest = configuration.connections.joined().map(\.anchor).min() ?? 0
        let prompts =
            configuration.acts != .afterPrompt
            ? []
            : (lowest + 1..<anchor.blocks.count).map {
                FrozenActivations.Layout.Tap(
                    source: nil, block: $0, width: 2 * anchor.configuration.keyValueWidth, isPrompt: true)
            }
        return own + prompts + [
            FrozenActivations.Layout.Tap(source: nil, block: lowest, width: anchor.configuration.width)
        ]
    }

    /// The anchor's lowest connected block: nothing is trained below it, and its output has every input frozen.
    var lowestConnection: Int { taps.last?.block ?? 0 }

    /// Whether frozen activations are worth keeping for a training of so many epochs: whether what is computed again
    /// without them costs more than writing, hashing and reading them. A core computes some 350 operations in the time that
    /// these take for a byte: measured where it matters, at the widths of the small pipelines (calm-bench's README).
    package func keepingActivationsPays(epochs: Double) -> Bool {
        let decoders = augmenting.indices.map { (augmenting[$0], depth(of: $0)) } + [(anchor, lowestConnection + 1)]
        // Of the products for one row.
        let operations = decoders.reduce(0) { sum, decoder in
            sum + decoder.1 * 2 * decoder.0.configuration.blockMatrixElements
        }
        let bytes = taps.reduce(0) { $0 + 4 * $1.width }
        return (epochs - 1) * Double(operations) > 350 * Double(bytes)
    }

    /// What would be kept for this corpus.
    package func activationLayout(of corpus: TokenCorpus) -> FrozenActivations.Layout {
        func firstRows(_ rows: (_ sequence: Int) -> Int) -> [Int] {
            (0..<corpus.count).reduce(into: [0]) { $0.append($0[$1] + rows($1)) }
        }
        func front(_ sequence: Int) -> Int {
            actsAfterPrompt && TokenBatch.rows(of: sequence, in: corpus) > 0 ? corpus.unscoredCount(sequence) - 1 : 0
        }
        let own = firstRows { TokenBatch.rows(of: $0, in: corpus) - front($0) }
        let fronts = firstRows(front)
        let others = (aligned ?? align(corpus)).stretches.map { stretches in
            stretches.map { stretches in firstRows { stretches[$0].tokens.count } }
        }
        return FrozenActivations.Layout(
            taps: taps,
            firstRows: taps.map { tap in tap.isPrompt ? fronts : tap.source.flatMap { others[$0] } ?? own })
    }

    /// What ``FrozenActivations/prefix`` is for this model.
    package func prefixActivations(precision: Precision = .float32) -> [Float] {
        if prefix.isEmpty { return [] }
        let tape = Tape(precision: precision)
        tape.begin()
        let layout = SequenceLayout.causal(offsets: [0, prefix.count])
        let w = anchor.weights(on: tape)
        var h = anchor.embed(prefix, positions: layout.positions, w)
        for block in anchor.blocks[...lowestConnection] { h = block(h, layout, cache: nil, w) }
        return Array(tape.values(h))
    }

    /// Computes the activations of a whole corpus and hands them out a piece at a time: `write(tap, firstRow, values)`,
    /// called by several threads at once.
    ///
    /// The pieces are cut from the corpus alone, so the bits don't depend on batches, threads or who asks.
    package func computeActivations(
        of corpus: TokenCorpus, _ layout: FrozenActivations.Layout, threads: Int, precision: Precision = .float32,
        write: @escaping @Sendable (_ tap: Int, _ firstRow: Int, UnsafeBufferPointer<Float>) throws -> Void
    ) throws {
        let pieces = Self.pieces(layout)
        let failure = Mutex<(any Error)?>(nil)
        let ticket = Atomic<Int>(0)
        let workers = max(1, min(threads, pieces.count))
        WorkerPool(threads: workers).run(workers) { _ in
            let tape = Tape(precision: precision)
            do {
                while failure.withLock({ $0 == nil }) {
                    let index = ticket.wrappingAdd(1, ordering: .relaxed).oldValue
                    guard index < pieces.count else { return }
                    tape.begin()
                    let batch = TokenBatch(corpus, sequences: pieces[index])
                    if actsAfterPrompt {
                        try writePrompted(batch, layout, first: pieces[index].lowerBound, on: tape, write)
                        continue
                    }
                    let own = ownBatch(batch)
                    let states = frozenStates(
                        own.tokens, own.layout, last: own.layout, readings(of: batch, anchor: own), caches: nil,
                        on: tape)
                    for (tap, place) in layout.taps.enumerated() {
                        let values = tape.values(states(place.source, place.block))
                        let front = place.source == nil ? prefix.count * place.width : 0
                        try write(
                            tap, layout.firstRows[tap][pieces[index].lowerBound],
                            UnsafeBufferPointer(rebasing: values[front...]))
                    }
                }
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func writePrompted(
        _ batch: TokenBatch, _ layout: FrozenActivations.Layout, first: Int, on tape: Tape,
        _ write: (_ tap: Int, _ firstRow: Int, UnsafeBufferPointer<Float>) throws -> Void
    ) throws {
        let prompted = PromptedBatch(batch, prefix: prefix.count)
        let own = augmentingStates(readings(of: batch, prompted), caches: nil, on: tape)
        let (caches, anchorStates) = readPrompts(prompted, on: tape)
        let states = FrozenStates(layout.taps, own + [anchorStates])
        for (tap, place) in layout.taps.enumerated() {
            guard place.isPrompt else {
                try write(tap, layout.firstRows[tap][first], tape.values(states(place.source, place.block)))
                continue
            }
            for (index, rows) in prompted.frontRows.enumerated() where !rows.isEmpty {
                try write(tap, layout.firstRows[tap][first + index], caches[place.block].content(rows))
            }
        }
    }

    /// The frozen models' forward pass over packed tokens, up to what training differentiates.
    ///
    /// - Parameter lastLayout: The layout of the anchor's last block. It matters where the lowest connection is behind that
    ///   block: of its output, only the rows that have a query are computed.
    func frozenStates(
        _ tokens: [Int32], _ layout: SequenceLayout, last lastLayout: SequenceLayout, _ readings: [AugmentingReading],
        caches: ComposedCaches?, on tape: Tape
    ) -> FrozenStates {
        let own = augmentingStates(readings, caches: caches?.augmenting, on: tape)
        return FrozenStates(
            taps, own + tappedStates(anchor, as: nil, tokens, layout, last: lastLayout, caches?.anchor, on: tape))
    }

    /// Of the augmenting models' taps, in their order.
    func augmentingStates(_ readings: [AugmentingReading], caches: [[KVCache]]?, on tape: Tape) -> [Variable] {
        augmenting.indices.flatMap { source in
            let reading = readings[source]
            return tappedStates(
                augmenting[source], as: source, reading.tokens, reading.layout, last: reading.layout, caches?[source],
                on: tape)
        }
    }

    private func tappedStates(
        _ model: Decoder, as source: Int?, _ tokens: [Int32], _ layout: SequenceLayout,
        last lastLayout: SequenceLayout, _ caches: [KVCache]?, on tape: Tape
    ) -> [Variable] {
        let w = model.weights(on: tape)
        func blockLayout(_ block: Int) -> SequenceLayout { block == model.blocks.count - 1 ? lastLayout : layout }
        // A batch may be large: what a block took is let go of at once, and what lies between two taps.
        func keepingResult(of block: Int, _ body: () -> Variable) -> Variable {
            tape.frozen(
                rows: blockLayout(block).queryPositions.count, columns: model.configuration.width, body)
        }
        var variables: [Variable] = []
        var last: (block: Int, output: Variable)?
        for tap in taps where tap.source == source && !tap.isPrompt {
            let before = last
            let output = keepingResult(of: tap.block) {
                var h = before?.output ?? model.embed(tokens, positions: layout.positions, w)
                for index in (before.map { $0.block + 1 } ?? 0)...tap.block {
                    let input = h
                    h = keepingResult(of: index) {
                        model.blocks[index](input, blockLayout(index), cache: caches?[index], w)
                    }
                }
                return h
            }
            variables.append(output)
            last = (tap.block, output)
        }
        return variables
    }

    /// Neighbouring sequences of together at least `rowsOfPiece` rows, but for the last.
    private static func pieces(_ layout: FrozenActivations.Layout) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var first = 0
        // The last tap is the anchor's.
        let firstRows = layout.firstRows[layout.taps.count - 1]
        let count = firstRows.count - 1
        for sequence in 0..<count
        where firstRows[sequence + 1] - firstRows[first] >= rowsOfPiece || sequence == count - 1 {
            pieces.append(first..<sequence + 1)
            first = sequence + 1
        }
        return pieces
    }

    /// Large enough for the matrix products, small enough for the caches.
    private static let rowsOfPiece = 512
}
