import Composition
import Foundation
import LanguageModels
import NeuralNetworks
import Tensors
import Testing

@Suite struct ComposedModelTests {
    private static let vocabulary = 23

    private func decoder(width: Int, layers: Int, seed: UInt64) throws -> Decoder {
        try Decoder(
            DecoderConfiguration(
                vocabulary: Self.vocabulary, outputVocabulary: 11, width: width, layers: layers, heads: 2,
                hiddenWidth: 3 * width),
            seed: seed)
    }

    /// A composed model whose W_O isn't zero, so that its connections matter.
    private func composed(
        connections: [[Connection]] = [[Connection(augmenting: 1, anchor: 0), Connection(augmenting: 2, anchor: 1)]],
        rotaryBase: Float? = 10, normalizes: Bool = true, scattered: Bool = true, mask: CrossMask = .causal,
        startsAtZero: Bool = true
    ) throws -> ComposedModel {
        let configuration = CompositionConfiguration(
            connections: connections, heads: 2, rotaryBase: rotaryBase, normalizesInputs: normalizes, mask: mask,
            startsAtZero: startsAtZero)
        var model = try ComposedModel(
            anchor: decoder(width: 12, layers: 3, seed: 1),
            augmenting: connections.indices.map { try decoder(width: 8, layers: 3, seed: 2 + UInt64($0)) },
            configuration: configuration, seed: 9)
        if scattered {
            var random = RandomGenerator(seed: 31)
            model.parameters.withMutableElements { elements in
                for index in elements.indices where elements[index] == 0 { elements[index] = 0.3 * random.normal() }
            }
        }
        return model
    }

    /// Sequences of several lengths, all positions but the first scored.
    private func corpus(_ sequences: [[Int32]]) -> TokenCorpus {
        var corpus = TokenCorpus(vocabulary: Self.vocabulary)
        for sequence in sequences {
            corpus.append(
                sequence, scored: sequence.indices.map { $0 > 0 }, byteOffsets: sequence.map { _ in 0 })
        }
        return corpus
    }

    private func logits(_ model: some CausalLanguageModel, _ sequences: [[Int32]]) -> [Float] {
        // Targets must lie in the output vocabulary; they don't touch the logits.
        let batch = TokenBatch(corpus(sequences), sequences: sequences.indices)
        let tape = Tape()
        tape.begin()
        return tape.tensor(model.logits(batch, dropout: nil, on: tape)).elements
    }

    private let sequences: [[Int32]] = [[0, 5, 9, 3, 22, 7], [4, 4, 8], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]]

    @Test("before training the composed model is the anchor, bit for bit", arguments: [true, false])
    func startsAsAnchor(normalizes: Bool) throws {
        let model = try composed(normalizes: normalizes, scattered: false)
        #expect(logits(model, sequences) == logits(model.anchor, sequences))
        #expect(logits(try composed(), sequences) != logits(model.anchor, sequences))
    }

    @Test("changing a later token changes no earlier logit", arguments: [nil, Float(10)])
    func causal(rotaryBase: Float?) throws {
        let model = try composed(rotaryBase: rotaryBase)
        let before = logits(model, [[0, 5, 9, 3, 22, 7, 1]])
        let after = logits(model, [[0, 5, 9, 3, 20, 7, 1]])
        #expect(before.prefix(4 * 11) == after.prefix(4 * 11))
        #expect(before.dropFirst(4 * 11) != after.dropFirst(4 * 11))
    }

    /// Logits at the rows of one sequence whose next token is scored.
    private func answerLogits(_ model: ComposedModel, _ ids: [Int32], prompt: Int) -> [Float] {
        var corpus = TokenCorpus(vocabulary: Self.vocabulary)
        corpus.append([1, 1, 2], scored: [false, false, true], byteOffsets: [0, 0, 0])
        corpus.append(ids, scored: ids.indices.map { $0 >= prompt }, byteOffsets: ids.map { _ in 0 })
        let tape = Tape()
        tape.begin()
        let logits = model.logits(TokenBatch(corpus, sequences: [0, 1]), dropout: nil, on: tape)
        return Array(tape.tensor(logits).elements.dropFirst(11))
    }

    /// An anchor that can't tell tokens 9 and 10 apart, so that only the augmenting model can say which was read.
    private func blind(_ mask: CrossMask) throws -> ComposedModel {
        let model = try composed(mask: mask, startsAtZero: false)
        var anchor = model.anchor
        let width = anchor.configuration.width
        anchor.parameters.withMutableElements { elements in
            for column in 0..<width { elements[10 * width + column] = elements[9 * width + column] }
        }
        return try ComposedModel(
            anchor: anchor, augmenting: model.augmenting, configuration: model.configuration, seed: 9)
    }

    @Test("a token tells through the augmenting model in the rows that the mask lets see it, and in no others")
    func masks() throws {
        // Rows 0 to 3 are the prompt; row 3 predicts the first token of the answer.
        let ids: [Int32] = [0, 5, 9, 3, 7, 9, 8, 1]
        for (mask, place, seen) in [
            (CrossMask.causal, 2, [true, true, true, true]), (.causal, 5, [false, false, true, true]),
            (.prompt, 2, [true, true, true, true]), (.prompt, 5, [false, false, false, false]),
            (.none, 2, [true, true, true, true]), (.none, 5, [true, true, true, true]),
        ] {
            let model = try blind(mask)
            var changed = ids
            changed[place] = 10
            let (before, after) = (answerLogits(model, ids, prompt: 4), answerLogits(model, changed, prompt: 4))
            #expect(before.count == 4 * 11)
            let differs = (0..<4).map { before[$0 * 11..<($0 + 1) * 11] != after[$0 * 11..<($0 + 1) * 11] }
            #expect(differs == seen, "\(mask), token \(place)")
        }
    }

    @Test("decoding with all caches equals decoding without, also where only the prompt's states are seen")
    func promptCaches() throws {
        let model = try composed(mask: .prompt, startsAtZero: false)
        let ids: [Int32] = [0, 5, 9, 3, 7, 2, 8, 1]
        let whole = answerLogits(model, ids, prompt: 4)
        var state = model.makeState(sequences: 2, capacity: 16, precision: .float32)
        let first = model.advance([[3, 3], Array(ids.prefix(4))], state: &state, returning: .last).elements
        var cached = Array(first.dropFirst(11))
        state.keep([1])
        for token in ids.dropFirst(4).dropLast() {
            cached += model.advance([[token]], state: &state, returning: .last).elements
        }
        #expect(cached.count == whole.count)
        #expect(zip(cached, whole).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test("neighbours in a batch change nothing: what would be padding is never seen")
    func packing() throws {
        let model = try composed()
        let together = logits(model, sequences)
        let alone = sequences.flatMap { logits(model, [$0]) }
        #expect(together.count == alone.count)
        // Products of other heights may sum in another order.
        #expect(zip(together, alone).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test("decoding with all caches equals decoding without")
    func caches() throws {
        let model = try composed(connections: [
            [Connection(augmenting: 1, anchor: 0), Connection(augmenting: 2, anchor: 1)],
            [Connection(augmenting: 0, anchor: 1)],
        ])
        let whole = logits(model, [sequences[2]])
        var state = model.makeState(sequences: 1, capacity: 16, precision: .float32)
        var cached = model.advance([Array(sequences[2].prefix(3))], state: &state, returning: .all).elements
        for token in sequences[2].dropFirst(3).dropLast() {
            cached += model.advance([[token]], state: &state, returning: .last).elements
        }
        #expect(cached.count == whole.count)
        #expect(zip(cached, whole).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test(
        "prompts of several lengths, read in pieces, give what they give without caches, wherever the connections are",
        arguments: [
            [[Connection(augmenting: 1, anchor: 2)]],
            [[Connection(augmenting: 0, anchor: 2)], [Connection(augmenting: 2, anchor: 2)]],
            [[Connection(augmenting: 1, anchor: 1), Connection(augmenting: 2, anchor: 2)]],
            [[Connection(augmenting: 2, anchor: 0)]],
        ], [nil, Float(10)])
    func pieces(connections: [[Connection]], rotaryBase: Float?) throws {
        let model = try composed(connections: connections, rotaryBase: rotaryBase)
        var state = model.makeState(sequences: sequences.count, capacity: 16, precision: .float32)
        // Only the rows after the last token are asked for; the anchor's last block computes no others.
        _ = model.advance(sequences.map { Array($0.prefix(2)) }, state: &state, returning: .last)
        let rest = model.advance(sequences.map { Array($0.dropFirst(2)) }, state: &state, returning: .last).elements
        let next = model.advance(sequences.map { _ in [6] }, state: &state, returning: .last).elements
        for (index, sequence) in sequences.enumerated() {
            let whole = logits(model, [sequence + [6, 0]])
            let found = [rest, next].flatMap { $0[index * 11..<(index + 1) * 11] }
            #expect(zip(found, whole.suffix(2 * 11)).allSatisfy { abs($0 - $1) < 1e-4 }, "sequence \(index)")
        }
    }

    @Test("a prompt is read at once where the mask depends on its end", arguments: CrossMask.allCases)
    func readAtOnce(mask: CrossMask) throws {
        let long = [[Int32]](repeating: [Int32](repeating: 3, count: 50_000), count: 20)
        #expect(try (composed(mask: mask).pieces(long) > 1) == (mask == .causal))
    }

    @Test("generation in batches that take over each other's caches gives what each prompt gives alone")
    func generation() throws {
        let model = try composed()
        let prompts: [[Int32]] = (1...7).reversed().map { length in (0..<length).map { Int32(($0 * 5 + length) % 20) } }
        let alone = prompts.flatMap { generateGreedy(model, prompts: [$0], maximumNewTokens: 6, stops: []) }
        #expect(Set(alone).count > 1 && alone.allSatisfy { $0.count == 6 })
        for (batch, threads) in [(1, 1), (3, 1), (2, 2)] {
            let found = generateGreedy(
                model, prompts: prompts, maximumNewTokens: 6, stops: [], batch: batch, threads: threads)
            #expect(found == alone)
        }
    }

    @Test("a sequence that leaves the batch leaves the others as they were")
    func leaving() throws {
        let model = try composed()
        var state = model.makeState(sequences: 3, capacity: 16, precision: .float32)
        _ = model.advance(sequences, state: &state, returning: .last)
        state.keep([2])
        let continued = model.advance([[6]], state: &state, returning: .last).elements
        let whole = logits(model, [sequences[2] + [6, 0]]).suffix(11)
        #expect(zip(continued, whole).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test("training lowers the loss and leaves the base models bit-identical")
    func frozen() throws {
        let model = try composed(scattered: false)
        var random = RandomGenerator(seed: 5)
        let data = (0..<64).map { _ in (0..<9).map { _ in Int32(random.integer(below: 11)) } }
        let options = TrainingOptions(
            steps: 30, batch: 16, optimizer: AdamW.Options(learningRate: 1e-2), warmup: 2, seed: 3)
        let trainer = try Trainer(model, corpus: corpus(data), options: options, threads: 2)
        let first = try trainer.step().loss
        var last = first
        while trainer.completedSteps < 30 { last = try trainer.step().loss }
        #expect(last < first)
        #expect(trainer.model.parameters.storage !== model.parameters.storage)
        #expect(trainer.model.anchor.safetensors() == (try composed()).anchor.safetensors())
        #expect(trainer.model.augmenting[0].safetensors() == (try composed()).augmenting[0].safetensors())
    }

    @Test("gradients of all connection parameters agree with finite differences")
    func gradients() throws {
        var model = try composed()
        let batch = TokenBatch(corpus(sequences.map { $0.map { $0 % 11 } }), sequences: sequences.indices)
        let tape = Tape()
        let loss = { (model: ComposedModel) -> Double in
            tape.begin()
            let logits = model.logits(batch, dropout: nil, on: tape)
            return tape.softmaxCrossEntropy(logits, targets: batch.targets).sum
        }
        tape.begin(training: model.parameters)
        let scored = tape.softmaxCrossEntropy(model.logits(batch, dropout: nil, on: tape), targets: batch.targets)
        tape.backward(from: scored.variable, upstream: 1)
        let gradients = Array(tape.parameterGradients)
        #expect(gradients.count == model.parameters.count)
        for entry in model.parameters.entries {
            let index = entry.offset + entry.count / 3
            let step: Float = 1e-2
            let original = model.parameters.withElements { $0[index] }
            model.parameters.withMutableElements { $0[index] = original + step }
            let above = loss(model)
            model.parameters.withMutableElements { $0[index] = original - step }
            let below = loss(model)
            model.parameters.withMutableElements { $0[index] = original }
            let numeric = (above - below) / Double(2 * step)
            // fp32 sums of about ten nats: differences are good to about 1e-4 of them over the step.
            #expect(abs(numeric - Double(gradients[index])) < 2e-2 * max(1, abs(numeric)), "\(entry.name)")
            #expect(gradients[entry.range].contains { $0 != 0 }, "\(entry.name) gets no gradient")
        }
    }

    @Test("a composition reads back from its checkpoint, and a foreign one is refused")
    func checkpoint() throws {
        let model = try composed()
        let read = try ComposedModel(
            anchor: model.anchor, augmenting: model.augmenting, configuration: model.configuration,
            weights: model.safetensors())
        #expect(logits(read, sequences) == logits(model, sequences))
        #expect(throws: (any Error).self) {
            try ComposedModel(
                anchor: model.anchor, augmenting: model.augmenting, configuration: model.configuration,
                weights: model.anchor.safetensors())
        }
    }

    @Test("models that can't be joined are refused with the reason")
    func refused() throws {
        let small = try Decoder(
            DecoderConfiguration(vocabulary: 7, width: 8, layers: 1, heads: 2), seed: 1)
        let anchor = try decoder(width: 12, layers: 3, seed: 1)
        let configuration = CompositionConfiguration(
            connections: [[Connection(augmenting: 0, anchor: 0)]], heads: 2, rotaryBase: nil, normalizesInputs: true)
        #expect(throws: CompositionError.self) {
            try ComposedModel(anchor: anchor, augmenting: [small], configuration: configuration, seed: 1)
        }
        var five = configuration
        five.heads = 5
        #expect(throws: CompositionError.self) {
            try ComposedModel(anchor: anchor, augmenting: [anchor], configuration: five, seed: 1)
        }
    }
}
