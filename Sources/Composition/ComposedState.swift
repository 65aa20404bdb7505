import LanguageModels
import NeuralNetworks
import Tensors

/// The caches of all models and of the connections.
struct ComposedCaches {
    let anchor: [KVCache]
    var augmenting: [[KVCache]]
    var connections: [KVCache]
}

/// A composed model's caches, and what augmenting models with their own tokenizers have read.
package struct ComposedState: GenerationState {
    package let tape: Tape
    package var slots: CacheSlots
    private(set) var caches: ComposedCaches
    /// Of each augmenting model that has its own tokenizer.
    private var texts: [Int: AlignedTexts] = [:]
    /// The augmenting model of each connection's cache.
    private let sources: [Int]
    /// Tokens of the anchor's prefix, which each sequence has in front.
    private let prefixCount: Int
    /// The anchor's keys and values of its prefix, once they were needed.
    private var prefixCaches: [KVCache]?

    /// The texts of a batch as one augmenting model reads them. Its caches have a slot for each text, which grows with the
    /// longest: how many tokens a text will have in another tokenizer isn't known before.
    private struct AlignedTexts {
        let empty: AlignedText
        var texts: [AlignedText]
        /// Whose slot of the caches each text has.
        var slots: [Int]
        var capacity: Int
        /// Rows that the caches have.
        var rows: Int

        /// Slots in the caches.
        var count: Int { rows / capacity }
    }

    /// - Parameter sources: The augmenting model of each connection.
    init(_ model: ComposedModel, _ sources: [Int], sequences: Int, capacity: Int, precision: Precision) {
        tape = Tape(precision: precision)
        self.sources = sources
        prefixCount = model.prefix.count
        let slots = CacheSlots(sequences: sequences, capacity: capacity + prefixCount)
        self.slots = slots
        caches = ComposedCaches(
            anchor: model.anchor.makeCaches(slots), augmenting: model.augmenting.map { $0.makeCaches(slots) },
            connections: sources.map { _ in KVCache(rows: slots.rows, width: model.anchor.configuration.width) })
        for source in model.augmenting.indices {
            guard let empty = model.alignedText(source) else { continue }
            texts[source] = AlignedTexts(
                empty: empty, texts: [AlignedText](repeating: empty, count: sequences), slots: Array(0..<sequences),
                capacity: max(1, capacity), rows: slots.rows)
        }
    }

    /// Reads on in the texts of an augmenting model that has its own tokenizer; nil for another.
    mutating func readAligned(
        _ tokens: [[Int32]], by source: Int, prompts: AugmentingPrompts?
    ) -> AlignedRows? {
        guard var own = texts[source] else { return nil }
        let stretches = tokens.indices.map { own.texts[$0].read(tokens[$0], own: prompts?[tokens[$0], source]) }
        let needed = stretches.map { $0.first + $0.tokens.count }.max() ?? 0
        if needed > own.capacity {
            let capacity = max(needed, 2 * own.capacity)
            let (count, old) = (own.count, own.capacity)
            func spread(_ cache: KVCache) -> KVCache { cache.spread(slots: count, from: old, to: capacity) }
            caches.augmenting[source] = caches.augmenting[source].map(spread)
            for place in sources.indices where sources[place] == source {
                caches.connections[place] = spread(caches.connections[place])
            }
            (own.capacity, own.rows) = (capacity, count * capacity)
        }
        var rows = AlignedRows(isCached: true)
        for index in stretches.indices {
            rows.append(stretches[index], cache: own.slots[index] * own.capacity)
        }
        texts[source] = own
        return rows
    }

    /// Puts the anchor's prefix in front of sequences that are empty. Its keys and values are computed once.
    mutating func putPrefix(of model: ComposedModel) {
        let empty = slots.lengths.indices.filter { slots.lengths[$0] == 0 }
        guard prefixCount > 0, !empty.isEmpty else { return }
        let prefix = prefixCaches ?? caches(ofPrefix: model)
        prefixCaches = prefix
        for index in empty {
            for (cache, own) in zip(caches.anchor, prefix) {
                cache.put(own, count: prefixCount, at: slots.filled(index).lowerBound)
            }
        }
        _ = slots.append(counts: slots.lengths.map { $0 == 0 ? prefixCount : 0 })
    }

    private func caches(ofPrefix model: ComposedModel) -> [KVCache] {
        var state = model.anchor.makeState(sequences: 1, capacity: prefixCount, precision: tape.precision)
        state.tape.frozenProducts = tape.frozenProducts
        state.tape.begin()
        defer { state.tape.end() }
        _ = model.anchor.readStates([model.prefix], state: &state, returning: .last) { _, _ in }
        return state.caches
    }

    package var lengths: [Int] { slots.lengths.map { max(0, $0 - prefixCount) } }

    package func hasRoom(sequences: Int, capacity: Int) -> Bool {
        slots.rows >= sequences * (capacity + prefixCount)
    }

    package mutating func keep(_ indices: [Int]) {
        slots.keep(indices)
        change {
            let old = $0
            $0.texts = indices.map { old.texts[$0] }
            $0.slots = indices.map { old.slots[$0] }
        }
    }

    package mutating func truncate(to length: Int) {
        slots.truncate(to: length > 0 ? length + prefixCount : 0)
        change {
            for index in $0.texts.indices { $0.texts[index].truncate(to: length) }
        }
    }

    package mutating func restart(sequences: Int, capacity: Int) {
        slots.restart(sequences: sequences, capacity: capacity + prefixCount)
        change {
            $0.texts = [AlignedText](repeating: $0.empty, count: sequences)
            $0.slots = Array(0..<sequences)
            $0.capacity = max(1, $0.rows / max(1, sequences))
        }
    }

    private mutating func change(_ body: (inout AlignedTexts) -> Void) {
        texts = texts.mapValues { texts in
            var texts = texts
            body(&texts)
            return texts
        }
    }
}
