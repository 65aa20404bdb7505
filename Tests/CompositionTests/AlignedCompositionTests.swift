import Composition
import Foundation
import LanguageModels
import NeuralNetworks
import Synchronization
import Tensors
import Testing
import Tokenization

/// Compositions of models that have different tokenizers.
@Suite struct AlignedCompositionTests {
    private static func decoder(_ tokenizer: any Tokenizer, width: Int, window: Int? = nil, seed: UInt64) throws
        -> Decoder
    {
        try Decoder(
            DecoderConfiguration(
                vocabulary: tokenizer.vocabularyCount, width: width, layers: 3, heads: 2, hiddenWidth: 2 * width),
            seed: seed)
    }

    /// A composition whose W_O isn't zero, so that its connections matter.
    private static func composed(
        _ anchor: String, _ augmenting: [String], openChunk: OpenChunk = .provisional, aligned: Bool = true,
        scattered: Bool = true, prefix: [Int32]? = nil
    ) throws -> (model: ComposedModel, tokenizer: any Tokenizer) {
        let own = try SmallTokenizer.named(anchor)
        let others = try augmenting.map { try SmallTokenizer.named($0) }
        var model = try ComposedModel(
            anchor: decoder(own, width: 16, seed: 1),
            augmenting: others.enumerated().map { try decoder($1, width: 8, seed: 2 + UInt64($0)) },
            alignments: aligned
                ? others.map { TextAlignment(anchor: own, augmenting: $0, openChunk: openChunk) } : nil,
            configuration: CompositionConfiguration(
                connections: others.map { _ in
                    [Connection(augmenting: 1, anchor: 0), Connection(augmenting: 2, anchor: 1)]
                }, heads: 2, rotaryBase: 10, normalizesInputs: true, openChunk: openChunk, prefix: prefix), seed: 9)
        if scattered {
            var random = RandomGenerator(seed: 31)
            model.parameters.withMutableElements { elements in
                for index in elements.indices where elements[index] == 0 { elements[index] = 0.3 * random.normal() }
            }
        }
        return (model, own)
    }

    private static func corpus(_ sequences: [[Int32]], vocabulary: Int) -> TokenCorpus {
        var corpus = TokenCorpus(vocabulary: vocabulary)
        for sequence in sequences {
            corpus.append(sequence, scored: sequence.indices.map { $0 > 0 }, byteOffsets: sequence.map { _ in 0 })
        }
        return corpus
    }

    /// Of each row but the last of each sequence.
    private static func logits(_ model: some CausalLanguageModel, _ sequences: [[Int32]], vocabulary: Int) -> Tensor {
        let batch = TokenBatch(corpus(sequences, vocabulary: vocabulary), sequences: sequences.indices)
        let tape = Tape()
        tape.begin()
        return tape.tensor(model.logits(batch, dropout: nil, on: tape))
    }

    private static func isNear(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-4 }
    }

    private static let pairs = [
        ("qwen", ["gpt2"]), ("gpt2", ["gemma"]), ("mistral", ["smollm", "llama3"]), ("unigram", ["qwen"]),
    ]

    @Test("appended bytes change no logit before them", arguments: pairs, OpenChunk.allCases)
    func isCausal(pair: (String, [String]), openChunk: OpenChunk) throws {
        let (model, tokenizer) = try Self.composed(pair.0, pair.1, openChunk: openChunk)
        for text in SmallTokenizer.texts.prefix(3) {
            let ids = tokenizer.leadingTokens + (try tokenizer.encode(text).map(\.id))
            let whole = Self.logits(model, [ids, Array(ids.prefix(5))], vocabulary: tokenizer.vocabularyCount)
            for end in Swift.stride(from: 2, to: ids.count, by: 3) {
                let part = Self.logits(model, [Array(ids.prefix(end))], vocabulary: tokenizer.vocabularyCount)
                #expect(
                    Self.isNear(part.row(end - 2), whole.row(end - 2)), "token \(end - 2) of \(text.debugDescription)")
            }
        }
    }

    @Test("what the augmenting model reads matters, also within a word")
    func isSeen() throws {
        let (model, tokenizer) = try Self.composed("qwen", ["gpt2"])
        var blind = model
        blind.parameters.withMutableElements { for index in $0.indices { $0[index] = 0 } }
        let ids = try tokenizer.encode(SmallTokenizer.texts[0]).map(\.id)
        let (with, without) = (
            Self.logits(model, [ids], vocabulary: tokenizer.vocabularyCount),
            Self.logits(blind, [ids], vocabulary: tokenizer.vocabularyCount)
        )
        #expect((0..<ids.count - 1).allSatisfy { with.row($0) != without.row($0) })
    }

    @Test("untrained, the composition is the anchor, bit for bit", arguments: pairs)
    func isAnchor(pair: (String, [String])) throws {
        let (model, tokenizer) = try Self.composed(pair.0, pair.1, scattered: false)
        let sequences = try SmallTokenizer.texts.map { try tokenizer.encode($0).map(\.id) }
        let (own, composed) = (
            Self.logits(model.anchor, sequences, vocabulary: tokenizer.vocabularyCount),
            Self.logits(model, sequences, vocabulary: tokenizer.vocabularyCount)
        )
        let isSame = own.elements == composed.elements
        #expect(isSame)
    }

    @Test("models of one tokenizer compute the same bits, aligned or not", arguments: ["gpt2", "smollm", "qwen"])
    func isOrdinary(name: String) throws {
        let (aligned, tokenizer) = try Self.composed(name, [name])
        let ordinary = try Self.composed(name, [name], aligned: false).model
        for text in ["The quick brown fox jumps over the lazy dog.", "return sum\n", SmallTokenizer.texts[3]] {
            let ids = tokenizer.leadingTokens + (try tokenizer.encode(text).map(\.id))
            let isSame =
                Self.logits(aligned, [ids], vocabulary: tokenizer.vocabularyCount).elements
                == Self.logits(ordinary, [ids], vocabulary: tokenizer.vocabularyCount).elements
            #expect(isSame, "\(text.debugDescription)")
        }
    }

    @Test("decoding with caches equals decoding without, in pieces of any size", arguments: pairs, OpenChunk.allCases)
    func caches(pair: (String, [String]), openChunk: OpenChunk) throws {
        let (model, tokenizer) = try Self.composed(pair.0, pair.1, openChunk: openChunk)
        let sequences = try SmallTokenizer.texts.prefix(3).map {
            tokenizer.leadingTokens + (try tokenizer.encode($0).map(\.id))
        }
        let whole = sequences.map { Self.logits(model, [$0 + [0]], vocabulary: tokenizer.vocabularyCount) }
        // The room is that of the anchor's tokens; the others' caches grow.
        var state = model.makeState(sequences: 3, capacity: sequences.map(\.count).max() ?? 0, precision: .float32)
        var done = 0
        for piece in [4, 1, 1, 7, 1] {
            let found = model.advance(sequences.map { Array($0[done..<done + piece]) }, state: &state, returning: .all)
            for index in sequences.indices {
                for row in 0..<piece {
                    #expect(Self.isNear(found.row(index * piece + row), whole[index].row(done + row)))
                }
            }
            done += piece
        }
        // The shortest leaves; the others change places and go on to their ends.
        state.keep([2, 0])
        for index in done..<sequences[2].count where index < sequences[0].count {
            let found = model.advance([[sequences[2][index]], [sequences[0][index]]], state: &state, returning: .last)
            #expect(Self.isNear(found.row(0), whole[2].row(index)))
            #expect(Self.isNear(found.row(1), whole[0].row(index)))
        }
    }

    @Test("a state that forgets tokens, or starts again, is as if they had never been")
    func forgets() throws {
        let (model, tokenizer) = try Self.composed("llama3", ["gemma"])
        let ids = try tokenizer.encode(SmallTokenizer.texts[0]).map(\.id)
        let other = try tokenizer.encode(SmallTokenizer.texts[1]).map(\.id)
        let whole = Self.logits(model, [ids + [0]], vocabulary: tokenizer.vocabularyCount)
        var state = model.makeState(sequences: 1, capacity: 60, precision: .float32)
        for cut in [9, 4, 7, 1] {
            _ = model.advance([Array(ids.prefix(cut)) + Array(other.prefix(8))], state: &state, returning: .last)
            state.truncate(to: cut)
            let rest = model.advance([Array(ids[cut..<cut + 12])], state: &state, returning: .all)
            for row in 0..<12 { #expect(Self.isNear(rest.row(row), whole.row(cut + row)), "\(cut), \(row)") }
            state.restart(sequences: 1, capacity: 60)
        }
    }

    @Test("generation in batches gives what each prompt gives alone")
    func generation() throws {
        let (model, tokenizer) = try Self.composed("qwen", ["mistral"])
        let prompts = try ["The", "for (i", "fuzar+dovos=", "лиса", "  x"].map { try tokenizer.encode($0).map(\.id) }
        let alone = prompts.flatMap { generateGreedy(model, prompts: [$0], maximumNewTokens: 9, stops: []) }
        for (batch, threads) in [(1, 1), (3, 1), (2, 2)] {
            #expect(
                generateGreedy(
                    model, prompts: prompts, maximumNewTokens: 9, stops: [], batch: batch, threads: threads) == alone)
        }
    }

    private static let prefix: [Int32] = [5, 9, 2, 7, 7, 3]

    @Test("behind a prefix the untrained composition is the anchor behind it")
    func prefixed() throws {
        let (model, tokenizer) = try Self.composed("qwen", ["gpt2"], scattered: false, prefix: Self.prefix)
        let sequences = try SmallTokenizer.texts.map { try tokenizer.encode($0).map(\.id) }
        let composed = Self.logits(model, sequences, vocabulary: tokenizer.vocabularyCount)
        var row = 0
        for ids in sequences {
            let own = Self.logits(model.anchor, [Self.prefix + ids], vocabulary: tokenizer.vocabularyCount)
            for index in 0..<ids.count - 1 {
                #expect(Self.isNear(composed.row(row), own.row(Self.prefix.count + index)))
                row += 1
            }
        }
    }

    @Test("behind a prefix decoding with caches equals decoding without, and what is forgotten leaves the prefix")
    func prefixedCaches() throws {
        let (model, tokenizer) = try Self.composed("qwen", ["gemma"], prefix: Self.prefix)
        let sequences = try SmallTokenizer.texts.prefix(2).map { try tokenizer.encode($0).map(\.id) }
        let whole = sequences.map { Self.logits(model, [$0 + [0]], vocabulary: tokenizer.vocabularyCount) }
        var state = model.makeState(sequences: 2, capacity: 40, precision: .float32)
        for _ in 0..<2 {
            var done = 0
            for (piece, rows) in [(4, LogitRows.all), (1, .last), (6, .all), (1, .last)] {
                let found = model.advance(
                    sequences.map { Array($0[done..<done + piece]) }, state: &state, returning: rows)
                done += piece
                #expect(found.shape[0] == (rows == .all ? 2 * piece : 2))
                for index in 0..<2 {
                    let last = rows == .all ? (index + 1) * piece - 1 : index
                    #expect(Self.isNear(found.row(last), whole[index].row(done - 1)), "\(index), \(done)")
                }
                #expect(state.lengths == [done, done])
            }
            state.truncate(to: 3)
            #expect(state.lengths == [3, 3])
            let again = model.advance(sequences.map { Array($0[3..<9]) }, state: &state, returning: .all)
            #expect(Self.isNear(again.row(5), whole[0].row(8)) && Self.isNear(again.row(11), whole[1].row(8)))
            #expect(state.hasRoom(sequences: 2, capacity: 40) && !state.hasRoom(sequences: 2, capacity: 41))
            state.restart(sequences: 2, capacity: 40)
        }
        let other = try Self.composed("qwen", ["gemma"]).model
        let without = Self.logits(other, [sequences[0] + [0]], vocabulary: tokenizer.vocabularyCount)
        #expect(!Self.isNear(without.row(8), whole[0].row(8)), "the prefix matters")
    }

    @Test("hidden states behind a prefix are those of the text alone")
    func prefixedScores() throws {
        let (model, tokenizer) = try Self.composed("qwen", ["gpt2"], prefix: Self.prefix)
        let ids = try tokenizer.encode(SmallTokenizer.texts[3]).map(\.id)
        var request = ScoreRequest()
        request.hiddenLayers = [.blocks(1), .final]
        request.hiddenPositions = .all
        var state = model.makeState(sequences: 1, capacity: ids.count, precision: .float32)
        let result = score(model, ids, request, state: &state)
        #expect(result.nats.count == ids.count - 1)
        #expect(result.hidden.values.allSatisfy { $0.count == ids.count } && result.hidden.count == 2)
    }

    @Test(
        "stored activations train to the losses that computed ones train to, and training lowers them",
        arguments: [nil, prefix])
    func trains(prefix: [Int32]?) throws {
        let (model, tokenizer) = try Self.composed("smollm", ["gemma"], scattered: false, prefix: prefix)
        let sequences = try (0..<40).map { number in
            try tokenizer.encode("\(SmallTokenizer.texts[number % 4].prefix(30)) \(number)").map(\.id)
        }
        let corpus = Self.corpus(sequences, vocabulary: tokenizer.vocabularyCount)
        let layout = model.activationLayout(of: corpus)
        let taps = Mutex(layout.shapes.map { [Float](repeating: .nan, count: $0.shape[0] * $0.shape[1]) })
        try model.computeActivations(of: corpus, layout, threads: 2) { tap, row, values in
            let start = row * layout.taps[tap].width
            taps.withLock { $0[tap].replaceSubrange(start..<start + values.count, with: values) }
        }
        var content = SafetensorsWriter.beginning(metadata: [:], floats: layout.shapes)
        for tap in taps.withLock({ $0 }) { tap.withUnsafeBytes { content.append(contentsOf: $0) } }
        var stored = model
        stored.activations = try FrozenActivations(layout, in: SafetensorsFile(content))
        stored.activations?.prefix = model.prefixActivations()
        let options = TrainingOptions(
            steps: 12, batch: 8, optimizer: AdamW.Options(learningRate: 0.02), warmup: 1, seed: 3)
        func losses(_ model: ComposedModel) throws -> [Double] {
            let trainer = try Trainer(model, corpus: corpus, options: options, threads: 2)
            return try (0..<12).map { _ in try trainer.step().loss }
        }
        let (computed, read) = (try losses(model), try losses(stored))
        #expect(zip(computed, read).allSatisfy { abs($0 - $1) < 1e-4 * $0 })
        #expect(computed[11] < computed[0] - 0.05)
    }
}
