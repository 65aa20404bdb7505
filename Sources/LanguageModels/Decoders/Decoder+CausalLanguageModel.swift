import NeuralNetworks
import Tensors

extension Decoder: CausalLanguageModel {
    package var maximumLength: Int? {
        if case .learned(let maximum) = configuration.positions { maximum } else { nil }
    }

    package func logits(_ batch: TokenBatch, dropout: DropoutStream?, on tape: Tape) -> Variable {
        let w = tape.weights(parameters)
        var h = embed(batch.tokens, positions: batch.layout.positions, w)
        for block in blocks { h = block(h, batch.layout, w) }
        return head(h, rows: batch.scoredRows, w)
    }

    package func makeState(sequences: Int, capacity: Int, precision: Precision) -> DecoderState {
        let slots = CacheSlots(sequences: sequences, capacity: capacity)
        return DecoderState(tape: Tape(precision: precision), slots: slots, caches: makeCaches(slots))
    }

    package func advance(_ tokens: [[Int32]], state: inout DecoderState, returning rows: LogitRows) -> Tensor {
        let tape = state.tape
        tape.begin()
        let w = tape.weights(parameters)
        let layout = state.slots.append(counts: tokens.map(\.count))
        var h = embed(Array(tokens.joined()), positions: layout.positions, w)
        for (index, block) in blocks.enumerated() { h = block(h, layout, cache: &state.caches[index], w) }
        let logits = tape.tensor(head(h, rows: rows == .all ? nil : Self.lastRows(tokens), w))
        tape.end()
        return logits
    }

    /// The packed row of each sequence's last new token.
    package static func lastRows(_ tokens: [[Int32]]) -> [Int32] {
        var end: Int32 = 0
        return tokens.map {
            precondition(!$0.isEmpty, "each sequence must advance by at least one token")
            end += Int32($0.count)
            return end - 1
        }
    }
}

/// A decoder's caches, and the memory that its steps reuse.
package struct DecoderState: DecodingState {
    let tape: Tape
    var slots: CacheSlots
    var caches: [KVCache]

    package mutating func keep(_ indices: [Int]) { slots.keep(indices) }
}
