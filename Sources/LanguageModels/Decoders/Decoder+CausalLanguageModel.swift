import NeuralNetworks
import Tensors

extension Decoder: CausalLanguageModel {
    package var maximumLength: Int? {
        if case .learned(let maximum) = configuration.positions { return maximum }
        return (0..<configuration.layers).compactMap { configuration.rotaryPositions(layer: $0)?.longest }.min()
    }

    package var widestRow: Int {
        let heads = configuration.heads * configuration.headWidth + 2 * configuration.keyValueWidth
        return max(configuration.hiddenWidth * (configuration.variant.isGated ? 2 : 1), heads)
    }

    package var trainingOperations: Int { 6 * matrixElements(blocks: 0..<blocks.count, head: true) }

    /// Elements of the matrices that a token is multiplied with.
    package func matrixElements(blocks range: Range<Int>, head: Bool) -> Int {
        range.count * configuration.blockMatrixElements
            + (head ? configuration.outputVocabulary * configuration.width : 0)
    }

    package func logits(_ batch: TokenBatch, dropout: DropoutStream?, on tape: Tape) -> Variable {
        logits(batch, weights(on: tape))
    }

    /// With these weights, which may be adapted.
    func logits(_ batch: TokenBatch, _ w: Weights) -> Variable {
        head(hiddenStates(batch.tokens, batch.layout, last: batch.scoredLayout, caches: nil, w) { _, _ in }, w)
    }

    package func makeState(sequences: Int, capacity: Int, precision: Precision) -> DecoderState {
        let slots = CacheSlots(sequences: sequences, capacity: capacity)
        return DecoderState(tape: Tape(precision: precision), slots: slots, caches: makeCaches(slots))
    }

    package func readStates(
        _ tokens: [[Int32]], state: inout DecoderState, returning rows: LogitRows,
        visit: (_ blocks: Int, Variable) throws -> Void
    ) rethrows -> Variable {
        try readStates(tokens, state: &state, returning: rows, weights(on: state.tape), visit: visit)
    }

    /// With these weights, which may be adapted.
    func readStates(
        _ tokens: [[Int32]], state: inout DecoderState, returning rows: LogitRows, _ w: Weights,
        visit: (_ blocks: Int, Variable) throws -> Void
    ) rethrows -> Variable {
        let layout = state.slots.append(counts: tokens.map(\.count))
        let last = layout.returning(rows, of: tokens)
        let states = try hiddenStates(
            Array(tokens.joined()), layout, last: last, caches: state.caches, w, visit: visit)
        return finalNorm(states, w)
    }

    package func logits(ofStates states: Variable, on tape: Tape) -> Variable {
        logits(normalised: states, weights(on: tape))
    }

    /// The forward pass up to the last norm: packed tokens [N] to hidden states [R, d] of the rows that `last`, the last
    /// layer's layout, asks for. With caches, tokens continue what those hold. `visit` sees the residual stream behind so
    /// many blocks, from 0; with caches the next block overwrites it.
    package func hiddenStates(
        _ tokens: [Int32], _ layout: SequenceLayout, last: SequenceLayout, caches: [KVCache]?, _ w: Weights,
        visit: (_ blocks: Int, Variable) throws -> Void
    ) rethrows -> Variable {
        var h = embed(tokens, positions: layout.positions, w)
        try visit(0, h)
        for (index, block) in blocks.enumerated() {
            let (input, layout) = (h, index == blocks.count - 1 ? last : layout)
            if let cache = caches?[index] {
                // Nothing is differentiated: what a block took is let go of at once, and so is what it read.
                h = w.tape.frozen(
                    rows: layout.isPartial ? layout.askingRows.count : tokens.count, columns: configuration.width,
                    overwriting: input
                ) { block(input, layout, cache: cache, w) }
            } else if w.tape.recomputesBlocks {
                h = w.tape.recomputed(
                    input, rows: layout.isPartial ? layout.askingRows.count : tokens.count,
                    columns: configuration.width
                ) { block($0, layout, cache: nil, w) }
            } else {
                h = block(input, layout, cache: nil, w)
            }
            try visit(index + 1, h)
        }
        return h
    }
}

extension SequenceLayout {
    /// The layout of a last layer that is asked for the logits of `rows` alone.
    package func returning(_ rows: LogitRows, of tokens: [[Int32]]) -> SequenceLayout {
        var end: Int32 = 0
        let last = tokens.map {
            precondition(!$0.isEmpty, "each sequence must advance by at least one token")
            end += Int32($0.count)
            return end - 1
        }
        var layout = self
        if rows == .last { layout.ask(only: last) }
        return layout
    }
}

/// A decoder's caches.
package struct DecoderState: GenerationState {
    package let tape: Tape
    package var slots: CacheSlots
    package let caches: [KVCache]
}
