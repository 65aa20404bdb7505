import LanguageModels
import NeuralNetworks
import Tensors

/// A batch whose connections act after its prompts: what the anchor makes of the prompts is frozen at every block, so that each
/// block reads their keys and values from a cache, and only rows from a prompt's last token on are trained through.
struct PromptedBatch {
    /// Rows of each sequence before those that connections act at.
    let fronts: [Int]
    /// The anchor's tokens before and from there on, packed.
    private(set) var frontTokens: [Int32] = []
    private(set) var actingTokens: [Int32] = []
    /// Sequence i has the acting rows offsets[i]..<offsets[i + 1].
    private(set) var offsets = [0]
    /// Cache rows of each sequence that its prefix and its front take.
    let prefixRows: [Range<Int>]
    let frontRows: [Range<Int>]
    /// For caches with a slot for each sequence.
    let slots: CacheSlots
    let front: SequenceLayout
    let acting: SequenceLayout
    /// For the anchor's last block: the acting rows whose prediction is scored.
    let last: SequenceLayout
    let scoredRows: [Int32]

    /// - Parameter prefix: Tokens that the anchor reads before every sequence.
    init(_ batch: TokenBatch, prefix: Int) {
        let sequences = zip(batch.offsets, batch.offsets.dropFirst())
        fronts = batch.fronts
        var scored = batch.scoredRows[...]
        var scoredRows: [Int32] = []
        for ((start, end), front) in zip(sequences, fronts) {
            let own = scored.prefix { $0 < end }
            scored = scored.dropFirst(own.count)
            let first = start + front
            let shift = Int32(actingTokens.count - first)
            scoredRows += own.map { $0 + shift }
            frontTokens += batch.tokens[start..<first]
            actingTokens += batch.tokens[first..<end]
            offsets.append(actingTokens.count)
        }
        var slots = CacheSlots(
            sequences: fronts.count, capacity: prefix + (sequences.map { $1 - $0 }.max() ?? 0))
        _ = slots.append(counts: fronts.map { _ in prefix })
        prefixRows = fronts.indices.map { slots.filled($0) }
        front = slots.append(counts: fronts)
        frontRows = zip(fronts.indices, prefixRows).map { $1.upperBound..<slots.filled($0).upperBound }
        acting = slots.append(counts: zip(offsets, offsets.dropFirst()).map { $1 - $0 })
        var last = acting
        last.ask(only: scoredRows)
        (self.slots, self.last, self.scoredRows) = (slots, last, scoredRows)
    }
}

extension ComposedModel {
    var actsAfterPrompt: Bool { configuration.acts == .afterPrompt }

    /// The anchor's caches with the keys and values of prefix and prompts, and its hidden states [acting rows, d] behind the
    /// lowest connected block.
    func readPrompts(_ batch: PromptedBatch, on tape: Tape) -> (caches: [KVCache], states: Variable) {
        let w = anchor.weights(on: tape)
        let caches = cachesBehindPrefix(batch, on: tape)
        func read(_ tokens: [Int32], _ layout: SequenceLayout, blocks: Range<Int>) -> Variable {
            func frozen(_ body: () -> Variable) -> Variable {
                tape.frozen(rows: tokens.count, columns: anchor.configuration.width, body)
            }
            var h = frozen { anchor.embed(tokens, positions: layout.positions, w) }
            for index in blocks {
                let input = h
                h = frozen { anchor.blocks[index](input, layout, cache: caches[index], w) }
            }
            return h
        }
        if !batch.frontTokens.isEmpty {
            tape.scoped { _ = read(batch.frontTokens, batch.front, blocks: 0..<anchor.blocks.count) }
        }
        return (caches, read(batch.actingTokens, batch.acting, blocks: 0..<lowestConnection + 1))
    }

    /// The anchor's caches with the keys and values of its prefix in front of each sequence.
    private func cachesBehindPrefix(_ batch: PromptedBatch, on tape: Tape) -> [KVCache] {
        let caches = anchor.makeCaches(batch.slots)
        if prefix.isEmpty { return caches }
        let own = prefixKeysValues ?? keysAndValuesOfPrefix(precision: tape.precision)
        for (cache, values) in zip(caches, own) { cache.fill(batch.prefixRows, with: values) }
        return caches
    }

    /// Of each of the anchor's blocks: keys and values [prefix, 2 d] of the prefix.
    package func keysAndValuesOfPrefix(precision: Precision = .float32) -> [[Float]] {
        if prefix.isEmpty { return anchor.blocks.map { _ in [] } }
        var state = anchor.makeState(sequences: 1, capacity: prefix.count, precision: precision)
        state.tape.begin()
        defer { state.tape.end() }
        _ = anchor.readStates([prefix], state: &state, returning: .last) { _, _ in }
        return state.caches.map { Array($0.content(0..<prefix.count)) }
    }

    /// Of a batch whose connections act after prompts.
    func logits(behindPrompts batch: TokenBatch, dropout: DropoutStream?, on tape: Tape) -> Variable {
        let prompted = PromptedBatch(batch, prefix: prefix.count)
        let readings = readings(of: batch, prompted)
        let (caches, states): ([KVCache], FrozenStates)
        if let activations {
            states = activations.read(batch.sequences, on: tape) { $0.map { readings[$0].offsets } ?? prompted.offsets }
            caches = cachesBehindPrefix(prompted, on: tape)
            for (index, cache) in caches.enumerated() where index > lowestConnection {
                activations.readPrompts(batch.sequences, block: index, prompted.frontRows, into: cache)
            }
        } else {
            let read = readPrompts(prompted, on: tape)
            caches = read.caches
            states = FrozenStates(taps, augmentingStates(readings, caches: nil, on: tape) + [read.states])
        }
        let h = anchorStates(
            states, Layouts(anchor: prompted.acting, last: prompted.last, readings: readings),
            dropout.map { InputDropout(rate: dropoutRate, stream: $0) }, anchorCaches: caches, on: tape
        ) { _, _ in }
        return anchor.head(h, anchor.weights(on: tape))
    }
}

extension KVCache {
    /// Takes up the same keys and values in several places.
    fileprivate func fill(_ places: [Range<Int>], with values: [Float]) {
        values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            for rows in places { fill(rows, from: base) }
        }
    }
}
