import Tensors

/// One model's predictions in a fast arithmetic beside those in exact Float32, each way in which models are run: a prompt in pieces,
/// token by token behind it, and several sequences at once.
package struct ArithmeticComparison: Sendable {
    package private(set) var prompt = ArithmeticDifference()
    package private(set) var decoding = ArithmeticDifference()
    package private(set) var batch = ArithmeticDifference()
    /// Of the bits of all exact logits.
    package private(set) var exactDigest: UInt64 = 0xcbf2_9ce4_8422_2325

    package var parts: [(name: String, difference: ArithmeticDifference)] {
        [("prompt", prompt), ("decode", decoding), ("batch", batch)]
    }

    /// Reads a text's tokens.
    ///
    /// - Parameters:
    ///   - leading: What the model expects before a text.
    ///   - threads: How many compute; they change no result.
    ///   - decoded: How many of the last tokens are read one by one.
    ///   - sequences: How many parts of the text make the batch.
    /// - Precondition: there are more tokens than are decoded, and at least two for each sequence.
    package init(
        _ model: Decoder, _ text: [Int32], leading: [Int32] = [], threads: Int = 1, decoded: Int = 64,
        sequences: Int = 16
    ) {
        precondition(text.count > decoded && text.count >= 2 * sequences, "\(text.count) tokens are too few")
        let ids = leading + text
        let pool = WorkerPool(threads: threads)
        func state(_ sequences: Int, _ capacity: Int, rounds: Bool) -> DecoderState {
            let state = model.makeState(sequences: sequences, capacity: capacity, precision: .float32)
            state.tape.frozenProducts = FrozenProducts(roundsActivations: rounds, pool: pool)
            return state
        }
        var both = [false, true].map { state(1, ids.count, rounds: $0) }
        let first = ids.count - decoded
        for start in stride(from: 0, to: first, by: Self.piece) {
            let range = start..<min(start + Self.piece, first)
            let logits = both.indices.map { model.advance([Array(ids[range])], state: &both[$0], returning: .all) }
            for (row, place) in range.enumerated() { add(logits, row, next: ids[place + 1], to: \.prompt) }
        }
        for place in first..<ids.count {
            let logits = both.indices.map { model.advance([[ids[place]]], state: &both[$0], returning: .all) }
            add(logits, 0, next: place + 1 < ids.count ? ids[place + 1] : nil, to: \.decoding)
        }
        let texts = (0..<sequences).map {
            leading + text[($0 * text.count / sequences)...].prefix(min(Self.batchLength, text.count / sequences))
        }
        let length = texts[0].count
        var batches = [false, true].map { state(sequences, length, rounds: $0) }
        for place in 0..<length {
            let logits = batches.indices.map {
                model.advance(texts.map { [$0[place]] }, state: &batches[$0], returning: .all)
            }
            for (row, text) in texts.enumerated() {
                add(logits, row, next: place + 1 < length ? text[place + 1] : nil, to: \.batch)
            }
        }
    }

    /// Tokens of a piece of a prompt: enough for the products of prompts.
    private static let piece = 64
    private static let batchLength = 16

    private mutating func add(
        _ logits: [Tensor], _ row: Int, next: Int32?, to part: WritableKeyPath<Self, ArithmeticDifference>
    ) {
        for logit in logits[0].row(row) { exactDigest = (exactDigest ^ UInt64(logit.bitPattern)) &* 0x100_0000_01b3 }
        self[keyPath: part].add(exact: logits[0].row(row), other: logits[1].row(row), next: next)
    }
}
