import Composition
import LanguageModels
import NeuralNetworks
import Synchronization
import Tensors
import Testing
import Tokenization

/// Connections that act after a prompt alone.
@Suite("Connections that act after a prompt") struct ActingTests {
    private static let anchorTokenizer = Result { try SmallTokenizer.named("qwen") }
    private static let otherTokenizer = Result { try SmallTokenizer.named("gemma") }

    /// A composition whose connections matter.
    private static func composed(
        mask: CrossMask = .causal, openChunk: OpenChunk = .provisional, prefix: [Int32]? = nil, isScattered: Bool = true
    ) throws -> ComposedModel {
        let (own, other) = (try anchorTokenizer.get(), try otherTokenizer.get())
        func decoder(_ tokenizer: any Tokenizer, width: Int, seed: UInt64) throws -> Decoder {
            try Decoder(
                DecoderConfiguration(
                    vocabulary: tokenizer.vocabularyCount, width: width, layers: 3, heads: 2, hiddenWidth: 2 * width),
                seed: seed)
        }
        var model = try ComposedModel(
            anchor: decoder(own, width: 16, seed: 1), augmenting: [decoder(other, width: 8, seed: 2)],
            alignments: [
                TextAlignment(
                    anchor: own, augmenting: other, openChunk: openChunk, acts: .afterPrompt,
                    readsAnswers: mask != .prompt)
            ],
            configuration: CompositionConfiguration(
                connections: [[Connection(augmenting: 1, anchor: 0), Connection(augmenting: 2, anchor: 1)]], heads: 2,
                rotaryBase: 10, normalizesInputs: true, mask: mask, acts: .afterPrompt, openChunk: openChunk,
                prefix: prefix), seed: 9)
        guard isScattered else { return model }
        var random = RandomGenerator(seed: 31)
        model.parameters.withMutableElements { elements in
            for index in elements.indices where elements[index] == 0 { elements[index] = 0.3 * random.normal() }
        }
        return model
    }

    private static let texts = [
        ("fuzar+dovos=", "47+182=229"), ("Translate: лиса\n", "the fox, again"), ("a", "b c d"),
    ]

    private struct Pair {
        let prompt: [Int32]
        let answer: [Int32]
    }

    private static func pairs() throws -> [Pair] {
        let tokenizer = try anchorTokenizer.get()
        return try texts.map {
            Pair(prompt: try tokenizer.encode($0).map(\.id), answer: try tokenizer.encode($1).map(\.id))
        }
    }

    /// - Parameter scored: Whether the prompts are, too.
    private static func corpus(_ pairs: [Pair], scored: Bool = false) throws -> TokenCorpus {
        var corpus = TokenCorpus(vocabulary: try anchorTokenizer.get().vocabularyCount)
        for pair in pairs {
            let ids = pair.prompt + pair.answer
            corpus.append(
                ids, scored: ids.indices.map { $0 > 0 && (scored || $0 >= pair.prompt.count) },
                byteOffsets: ids.map { _ in 0 })
        }
        return corpus
    }

    private static func logits(_ model: some CausalLanguageModel, _ corpus: TokenCorpus) -> Tensor {
        let tape = Tape()
        tape.begin()
        return tape.tensor(
            model.logits(TokenBatch(corpus, sequences: 0..<corpus.count), dropout: nil, on: tape))
    }

    private static func isNear(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-4 }
    }

    /// In generation: of each pair, behind the prompt and behind each token of the answer but the last.
    private static func generated(_ model: ComposedModel, _ pairs: [Pair]) -> [Tensor] {
        pairs.map { pair in
            var state = model.makeState(sequences: 1, capacity: 60, precision: .float32)
            var rows = [model.advance([pair.prompt], state: &state, returning: .last)]
            for token in pair.answer.dropLast() {
                rows.append(model.advance([[token]], state: &state, returning: .last))
            }
            return Tensor(
                shape: [rows.count, rows[0].shape[1]], elements: rows.flatMap { Array($0.row(0)) })
        }
    }

    @Test("before the prompt's last token the composition is the anchor, bit for bit; from there on it isn't")
    func acts() throws {
        let (model, pairs) = (try Self.composed(), try Self.pairs())
        let pair = pairs[0]
        var state = model.makeState(sequences: 1, capacity: 60, precision: .float32)
        var own = model.anchor.makeState(sequences: 1, capacity: 60, precision: .float32)
        let composed = model.advance([pair.prompt], state: &state, returning: .all)
        let anchor = model.anchor.advance([pair.prompt], state: &own, returning: .all)
        for row in 0..<pair.prompt.count - 1 { #expect(composed.row(row) == anchor.row(row)) }
        #expect(!Self.isNear(composed.row(pair.prompt.count - 1), anchor.row(pair.prompt.count - 1)))
    }

    @Test(
        "generation computes what training does",
        arguments: [CrossMask.causal, .prompt], OpenChunk.allCases)
    func caches(mask: CrossMask, openChunk: OpenChunk) throws {
        let (model, pairs) = (try Self.composed(mask: mask, openChunk: openChunk), try Self.pairs())
        let whole = Self.logits(model, try Self.corpus(pairs))
        var row = 0
        for rows in Self.generated(model, pairs) {
            for index in 0..<rows.shape[0] {
                #expect(Self.isNear(rows.row(index), whole.row(row)), "row \(row)")
                row += 1
            }
        }
        #expect(row == whole.shape[0])
    }

    private static let prefix: [Int32] = [5, 9, 2, 7]

    @Test("training computes the same from stored activations, and lowers the loss", arguments: [nil, prefix], [1, 2])
    func trains(prefix: [Int32]?, threads: Int) throws {
        let (model, pairs) = (try Self.composed(prefix: prefix, isScattered: false), try Self.pairs())
        let corpus = try Self.corpus((0..<24).map { pairs[$0 % 3] })
        var stored = model
        stored.aligned = model.align(corpus)
        stored.prefixKeysValues = model.keysAndValuesOfPrefix()
        let layout = stored.activationLayout(of: corpus)
        let taps = Mutex(layout.shapes.map { [Float](repeating: .nan, count: $0.shape[0] * $0.shape[1]) })
        try stored.computeActivations(of: corpus, layout, threads: threads) { tap, row, values in
            let start = row * layout.taps[tap].width
            taps.withLock { $0[tap].replaceSubrange(start..<start + values.count, with: values) }
        }
        let isWhole = taps.withLock { $0.allSatisfy { $0.allSatisfy { !$0.isNaN } } }
        #expect(isWhole)
        var content = SafetensorsWriter.beginning(metadata: [:], floats: layout.shapes)
        for tap in taps.withLock({ $0 }) { tap.withUnsafeBytes { content.append(contentsOf: $0) } }
        stored.activations = try FrozenActivations(layout, in: SafetensorsFile(content))
        let options = TrainingOptions(
            steps: 12, batch: 8, optimizer: AdamW.Options(learningRate: 0.02), warmup: 1, seed: 3)
        func losses(_ model: ComposedModel) throws -> [Double] {
            let trainer = try Trainer(model, corpus: corpus, options: options, threads: threads)
            return try (0..<12).map { _ in try trainer.step().loss }
        }
        let (computed, read) = (try losses(model), try losses(stored))
        stored.prefixKeysValues = nil
        #expect(try losses(stored) == read, "what isn't given is computed")
        #expect(zip(computed, read).allSatisfy { abs($0 - $1) < 1e-4 * $0 })
        #expect(computed[11] < computed[0] - 0.05)
        #expect(try losses(model) == computed)
    }

    @Test("behind a prefix generation computes what training does")
    func prefixed() throws {
        let (model, pairs) = (try Self.composed(prefix: Self.prefix), try Self.pairs())
        let whole = Self.logits(model, try Self.corpus(pairs))
        let without = Self.logits(try Self.composed(), try Self.corpus(pairs))
        let rows = Self.generated(model, pairs)
        #expect(rows.map { $0.shape[0] }.reduce(0, +) == whole.shape[0])
        var row = 0
        for own in rows {
            for index in 0..<own.shape[0] {
                #expect(Self.isNear(own.row(index), whole.row(row)))
                #expect(!Self.isNear(without.row(row), whole.row(row)))
                row += 1
            }
        }
    }

    @Test("what a state forgets of an answer has never been")
    func forgets() throws {
        let (model, pair) = (try Self.composed(), try Self.pairs()[0])
        var state = model.makeState(sequences: 1, capacity: 60, precision: .float32)
        _ = model.advance([pair.prompt], state: &state, returning: .last)
        let first = model.advance([Array(pair.answer.prefix(6))], state: &state, returning: .all)
        state.truncate(to: pair.prompt.count)
        _ = model.advance([Array(pair.answer.reversed().prefix(3))], state: &state, returning: .last)
        state.truncate(to: pair.prompt.count)
        let again = model.advance([Array(pair.answer.prefix(6))], state: &state, returning: .all)
        for row in 0..<6 { #expect(Self.isNear(first.row(row), again.row(row))) }
    }

    @Test("an augmenting model reads a prompt of its own in training and in generation alike")
    func ownPrompts() throws {
        let (model, pairs) = (try Self.composed(), try Self.pairs())
        let other = try Self.otherTokenizer.get()
        let own = try ["what is dovos?", "Q: ", "…"].map { other.leadingTokens + (try other.encode($0).map(\.id)) }
        let corpus = try Self.corpus(pairs)
        var trained = model
        trained.aligned = model.align(corpus, prompts: [own.map { $0 }], threads: 2)
        let whole = Self.logits(trained, corpus)
        var prompts = AugmentingPrompts()
        for (pair, own) in zip(pairs, own) {
            let isAdded = prompts.add([own], for: pair.prompt)
            #expect(isAdded)
        }
        let (isOther, isSame) = (
            prompts.add([own[1]], for: pairs[0].prompt), prompts.add([own[0]], for: pairs[0].prompt)
        )
        #expect(!isOther && isSame)
        var row = 0
        for rows in Self.generated(model.reading(prompts), pairs) {
            for index in 0..<rows.shape[0] {
                #expect(Self.isNear(rows.row(index), whole.row(row)))
                row += 1
            }
        }
        #expect(!Self.isNear(whole.row(0), Self.logits(model, corpus).row(0)), "it matters")
    }

    @Test("an encoder reads the prompt alone")
    func encoder() throws {
        let (model, pairs) = (try Self.composed(mask: .prompt), try Self.pairs())
        let aligned = model.align(try Self.corpus(pairs))
        let other = try Self.otherTokenizer.get()
        // A token that nothing new is read for is read again.
        let prompts = try Self.texts.reduce(0) { $0 + other.leadingTokens.count + (try other.encode($1.0).count) }
        #expect(aligned.summaries[0]?.tokens == prompts)
        #expect(try Self.composed().align(Self.corpus(pairs)).summaries[0]?.tokens ?? 0 > prompts)
    }

    @Test("a corpus that is aligned once gives the bits of batches that are", arguments: [1, 3])
    func alignedOnce(threads: Int) throws {
        let (model, pairs) = (try Self.composed(), try Self.pairs())
        // More than are aligned in one piece.
        let corpus = try Self.corpus((0..<700).map { pairs[$0 * $0 % 3] })
        var once = model
        once.aligned = model.align(corpus, threads: threads)
        for sequences in [[0, 1, 2], [699, 255, 256, 3]] {
            let batch = TokenBatch(corpus, sequences: sequences)
            func bits(_ model: ComposedModel) -> Tensor {
                let tape = Tape()
                tape.begin()
                return tape.tensor(model.logits(batch, dropout: nil, on: tape))
            }
            let isSame = bits(model).elements == bits(once).elements
            #expect(isSame)
        }
    }

    @Test("a text without a prompt is scored by the anchor alone, an answer by the composition")
    func scores() throws {
        let (model, pair) = (try Self.composed(), try Self.pairs()[0])
        let ids = pair.prompt + pair.answer
        func nats(_ model: some CausalLanguageModel, prompt: Int?) -> [Double] {
            var request = ScoreRequest()
            request.firstScored = pair.prompt.count
            request.promptCount = prompt
            var state = model.makeState(sequences: 1, capacity: ids.count, precision: .float32)
            return score(model, ids, request, state: &state).nats
        }
        let (text, answer) = (nats(model, prompt: nil), nats(model, prompt: pair.prompt.count))
        #expect(text == nats(model.anchor, prompt: nil) && text.count == pair.answer.count)
        #expect(answer != text && answer.count == text.count)
        let logits = Self.logits(model, try Self.corpus([pair]))
        let tape = Tape()
        tape.begin()
        let losses = tape.losses(tape.input(logits), targets: pair.answer)
        #expect(zip(losses, answer).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test("a sequence that has nothing to learn takes no rows")
    func unscored() throws {
        let (model, pairs) = (try Self.composed(), try Self.pairs())
        var corpus = try Self.corpus([pairs[0]])
        corpus.append(
            pairs[1].prompt, scored: pairs[1].prompt.map { _ in false }, byteOffsets: pairs[1].prompt.map { _ in 0 })
        let whole = Self.logits(model, corpus)
        #expect(whole.shape[0] == pairs[0].answer.count)
        #expect(whole.elements == Self.logits(model, try Self.corpus([pairs[0]])).elements)
        var aligned = model
        aligned.aligned = model.align(corpus)
        #expect(Self.logits(aligned, corpus).elements == whole.elements)
        #expect(aligned.activationLayout(of: corpus).firstRows.allSatisfy { $0.count == 3 })
    }

    @Test("other masks, and models that read the anchor's own tokens, are refused")
    func refused() throws {
        let decoder = try Decoder(
            DecoderConfiguration(vocabulary: 20, width: 8, layers: 2, heads: 2, hiddenWidth: 16), seed: 1)
        #expect(throws: CompositionError.self) {
            try ComposedModel(
                anchor: decoder, augmenting: [decoder],
                configuration: CompositionConfiguration(
                    connections: [[Connection(augmenting: 0, anchor: 0)]], heads: 2, rotaryBase: nil,
                    normalizesInputs: true, acts: .afterPrompt), seed: 1)
        }
        #expect(throws: CompositionError.self) { try Self.composed(mask: .none) }
    }
}
