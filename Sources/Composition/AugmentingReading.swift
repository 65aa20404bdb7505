import LanguageModels
import NeuralNetworks
import Tensors

/// What one augmenting model reads beside a batch of the anchor, and what the anchor sees of it.
struct AugmentingReading: Sendable {
    let tokens: [Int32]
    /// Sequence i of the batch has rows offsets[i]..<offsets[i + 1].
    let offsets: [Int]
    let layout: SequenceLayout
    let cross: CrossLayout
    /// For those rows that the anchor's last block computes.
    let lastCross: CrossLayout
}

extension ComposedModel {
    /// An empty text for an augmenting model that has its own tokenizer; nil for one that reads the anchor's tokens.
    func alignedText(_ source: Int) -> AlignedText? {
        alignments[source].map { AlignedText($0) }
    }

    /// Of whole sequences.
    ///
    /// - Parameter anchor: The same as the anchor reads them, behind its prefix.
    func readings(of batch: TokenBatch, anchor: TokenBatch) -> [AugmentingReading] {
        let shared = alignments.contains { $0 == nil } ? crossLayouts(of: batch) : nil
        return zip(alignments.indices, stretches(of: batch)).map { source, stretches in
            if let stretches {
                var rows = AlignedRows(isCached: false)
                rows.appendBlind(prefix.count)
                for stretch in stretches { rows.append(stretch, cache: nil) }
                let cross = rows.crossLayout(anchor.layout.positions, offset: prefix.count)
                var lastCross = cross
                lastCross.queries.ask(only: anchor.scoredRows)
                return AugmentingReading(
                    tokens: rows.tokens, offsets: rows.offsets, layout: rows.layout, cross: cross, lastCross: lastCross)
            }
            let (all, scored) = shared ?? (batch.layout, batch.scoredLayout)
            return AugmentingReading(
                tokens: batch.tokens, offsets: batch.offsets, layout: batch.layout, cross: CrossLayout(all),
                lastCross: CrossLayout(scored))
        }
    }

    /// Of whole sequences, beside the rows that connections act at.
    func readings(of batch: TokenBatch, _ prompted: PromptedBatch) -> [AugmentingReading] {
        stretches(of: batch).map { stretches in
            guard let stretches else { preconditionFailure("connections that act after prompts are aligned") }
            var rows = AlignedRows(isCached: false)
            for (stretch, front) in zip(stretches, prompted.fronts) {
                rows.append(stretch, cache: nil, skipping: front)
            }
            let cross = rows.crossLayout(prompted.acting.positions, offset: prefix.count)
            var lastCross = cross
            lastCross.queries.ask(only: prompted.scoredRows)
            return AugmentingReading(
                tokens: rows.tokens, offsets: rows.offsets, layout: rows.layout, cross: cross, lastCross: lastCross)
        }
    }

    /// The batch's layouts as connections see them whose models read the anchor's tokens: of all rows, and of the scored ones.
    private func crossLayouts(of batch: TokenBatch) -> (all: SequenceLayout, scored: SequenceLayout) {
        if configuration.mask == .causal { return (batch.layout, batch.scoredLayout) }
        var sequences: [(queries: Range<Int>, keys: Range<Int>)] = []
        var visible: [Int32] = []
        for ((start, end), front) in zip(zip(batch.offsets, batch.offsets.dropFirst()), batch.fronts) {
            let prompt = min(front + 1, end - start)
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

    /// Of tokens that continue the state's sequences, whose `layout` it is.
    func readings(
        of tokens: [[Int32]], _ layout: SequenceLayout, last: SequenceLayout, state: inout ComposedState,
        returning rows: LogitRows
    ) -> [AugmentingReading] {
        let seen = crossLayout(of: layout, counts: tokens.map(\.count), in: state.slots)
        let lastSeen = configuration.mask == .causal ? last : seen.returning(rows, of: tokens)
        let joined = Array(tokens.joined())
        return alignments.indices.map { source in
            guard let aligned = state.readAligned(tokens, by: source, prompts: prompts) else {
                return AugmentingReading(
                    tokens: joined, offsets: [], layout: layout, cross: CrossLayout(seen),
                    lastCross: CrossLayout(lastSeen)
                )
            }
            let cross = aligned.crossLayout(layout.positions, offset: prefix.count)
            var lastCross = cross
            lastCross.queries = cross.queries.returning(rows, of: tokens)
            return AugmentingReading(
                tokens: aligned.tokens, offsets: aligned.offsets, layout: aligned.layout, cross: cross,
                lastCross: lastCross)
        }
    }

    /// A read's layout as connections see it whose models read the anchor's tokens.
    private func crossLayout(of layout: SequenceLayout, counts: [Int], in slots: CacheSlots) -> SequenceLayout {
        switch configuration.mask {
        case .causal: layout
        case .prompt: slots.layout(counts: counts) { min($0 + 1, slots.firstLengths[$1]) }
        case .none: slots.layout(counts: counts) { slots.lengths[$1] }
        }
    }
}
