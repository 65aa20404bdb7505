import NeuralNetworks
import Tensors

extension Decoder: CausalLanguageModel {
    package var maximumLength: Int? {
        if case .learned(let maximum) = configuration.positions { maximum } else { nil }
    }

    package var trainingOperations: Int { 6 * matrixElements(blocks: 0..<blocks.count, head: true) }

    /// Elements of the matrices that a token is multiplied with.
    package func matrixElements(blocks range: Range<Int>, head: Bool) -> Int {
        let block = configuration.width * (4 * configuration.width + 2 * configuration.hiddenWidth)
        return range.count * block + (head ? configuration.outputVocabulary * configuration.width : 0)
    }

    package func logits(_ batch: TokenBatch, dropout: DropoutStream?, on tape: Tape) -> Variable {
        logits(batch, tape.weights(parameters))
    }

    /// With these weights, which may be adapted.
    func logits(_ batch: TokenBatch, _ w: Weights) -> Variable {
        var h = embed(batch.tokens, positions: batch.layout.positions, w)
        for (index, block) in blocks.enumerated() {
            h = block(h, index == blocks.count - 1 ? batch.scoredLayout : batch.layout, w)
        }
        return head(h, w)
    }

    package func makeState(sequences: Int, capacity: Int, precision: Precision) -> DecoderState {
        let slots = CacheSlots(sequences: sequences, capacity: capacity)
        return DecoderState(tape: Tape(precision: precision), slots: slots, caches: makeCaches(slots))
    }

    package func read(_ tokens: [[Int32]], state: inout DecoderState, returning rows: LogitRows) -> Variable {
        read(tokens, state: &state, returning: rows, state.tape.weights(parameters))
    }

    /// With these weights, which may be adapted.
    func read(
        _ tokens: [[Int32]], state: inout DecoderState, returning rows: LogitRows, _ w: Weights
    ) -> Variable {
        let layout = state.slots.append(counts: tokens.map(\.count))
        let last = layout.returning(rows, of: tokens)
        var h = embed(Array(tokens.joined()), positions: layout.positions, w)
        for (index, block) in blocks.enumerated() {
            h = block(h, index == blocks.count - 1 ? last : layout, cache: &state.caches[index], w)
        }
        return head(h, w)
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
package struct DecoderState: DecodingState {
    package let tape: Tape
    package var slots: CacheSlots
    var caches: [KVCache]
}
