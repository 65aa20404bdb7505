import Composition
import Foundation
import LanguageModels
import NeuralNetworks
import Synchronization
import Tensors
import Testing

@Suite("Frozen activations") struct FrozenActivationsTests {
    private static let vocabulary = 23

    private func model() throws -> ComposedModel {
        func decoder(_ width: Int, seed: UInt64) throws -> Decoder {
            try Decoder(
                DecoderConfiguration(vocabulary: Self.vocabulary, width: width, layers: 3, heads: 2), seed: seed)
        }
        let pairs = [
            [Connection(augmenting: 0, anchor: 1), Connection(augmenting: 2, anchor: 2)],
            [Connection(augmenting: 2, anchor: 1)],
        ]
        return try ComposedModel(
            anchor: decoder(12, seed: 1), augmenting: [decoder(8, seed: 2), decoder(4, seed: 3)],
            configuration: CompositionConfiguration(
                connections: pairs, heads: 2, rotaryBase: 10, normalizesInputs: true), seed: 9)
    }

    /// Sequences of 1 to 17 tokens, enough for several pieces; in some the last tokens aren't scored.
    private func corpus(sequences: Int = 400) -> TokenCorpus {
        var corpus = TokenCorpus(vocabulary: Self.vocabulary)
        var random = RandomGenerator(seed: 5)
        for index in 0..<sequences {
            let count = 1 + index % 17
            let ids = (0..<count).map { _ in Int32(random.integer(below: Self.vocabulary)) }
            corpus.append(
                ids, scored: ids.indices.map { $0 > 0 && (index % 3 > 0 || $0 < count - 2) },
                byteOffsets: ids.map { _ in 0 })
        }
        return corpus
    }

    /// The activations as a file, all in memory.
    private func file(_ model: ComposedModel, _ corpus: TokenCorpus, threads: Int) throws -> SafetensorsFile {
        let layout = model.activationLayout(of: corpus)
        let taps = Mutex(layout.shapes.map { [Float](repeating: .nan, count: $0.shape[0] * $0.shape[1]) })
        try model.computeActivations(of: corpus, layout, threads: threads) { tap, row, values in
            let start = row * layout.taps[tap].width
            taps.withLock { $0[tap].replaceSubrange(start..<start + values.count, with: values) }
        }
        var content = SafetensorsWriter.beginning(
            metadata: [:], floats: layout.shapes)
        for tap in taps.withLock({ $0 }) { tap.withUnsafeBytes { content.append(contentsOf: $0) } }
        #expect(content.count - layout.bytes < 1000)
        return try SafetensorsFile(content)
    }

    private func losses(
        _ model: ComposedModel, _ corpus: TokenCorpus, threads: Int, precision: Precision = .float32
    ) throws -> [Double] {
        var options = TrainingOptions(
            steps: 8, batch: 16, optimizer: AdamW.Options(learningRate: 0.01), warmup: 1, seed: 3)
        (options.shards, options.precision) = (3, precision)
        let trainer = try Trainer(model, corpus: corpus, options: options, threads: threads)
        return try (0..<options.steps).map { _ in try trainer.step().loss }
    }

    @Test("a tap a connected block of each model, and the anchor's stream behind its lowest one")
    func layout() throws {
        let corpus = corpus()
        let layout = try model().activationLayout(of: corpus)
        #expect(
            layout.taps.map(\.name) == [
                "augmenting.0.blocks.0", "augmenting.0.blocks.2", "augmenting.1.blocks.2", "anchor.blocks.1",
            ])
        #expect(layout.taps.map(\.width) == [8, 8, 4, 12])
        let rows = TokenBatch(corpus, sequences: 0..<corpus.count).tokens.count
        #expect(layout.rows(of: 0) == rows && layout.bytes == rows * 32 * 4)
    }

    @Test("training from stored activations is training from computed ones")
    func sameTraining() throws {
        let corpus = corpus()
        var model = try model()
        model.dropoutRate = 0.1
        let computed = try losses(model, corpus, threads: 1)
        model.activations = try FrozenActivations(
            model.activationLayout(of: corpus), in: file(model, corpus, threads: 2))
        let read = try losses(model, corpus, threads: 1)
        #expect(Set(computed).count == 8)
        for (one, other) in zip(computed, read) {
            // The products' edges may round otherwise in another batch.
            #expect(abs(one - other) <= 1e-5 * abs(one), "\(computed), \(read)")
        }
        for threads in [2, 3, 8] { #expect(try losses(model, corpus, threads: threads) == read) }
    }

    @Test(
        "keeping them pays the sooner the more is computed for a byte",
        arguments: [(64, 1, false), (64, 1.1, false), (64, 2, true), (4, 2, false), (4, 100, true)])
    func paying(width: Int, epochs: Double, pays: Bool) throws {
        let decoder = try Decoder(
            DecoderConfiguration(vocabulary: 9, width: width, layers: 2, heads: 1, embeddingDeviation: 0.1), seed: 1)
        let model = try ComposedModel(
            anchor: decoder, augmenting: [decoder],
            configuration: CompositionConfiguration(
                connections: [[Connection(augmenting: 0, anchor: 0)]], heads: 1, rotaryBase: nil,
                normalizesInputs: true), seed: 1)
        #expect(model.keepingActivationsPays(epochs: epochs) == pays)
    }

    /// At step 0 the connections add nothing, so the models alone decide the loss.
    @Test("bfloat16 can be kept to the frozen models")
    func frozenPrecision() throws {
        let (model, corpus) = (try model(), corpus())
        let fine = try losses(model, corpus, threads: 1)
        let coarse = try losses(model, corpus, threads: 1, precision: .bfloat16)
        let mixed = try losses(model, corpus, threads: 1, precision: .frozenBFloat16)
        #expect(mixed[0] == coarse[0] && mixed[0] != fine[0])
        #expect(mixed[1...] != coarse[1...])
        for (one, other) in zip(fine, mixed) { #expect(abs(one - other) < 0.005 * one) }
    }

    @Test("the bits don't depend on threads", arguments: [2, 3, 8])
    func sameBits(threads: Int) throws {
        let (model, corpus) = (try model(), corpus())
        let layout = model.activationLayout(of: corpus)
        let (one, other) = (try file(model, corpus, threads: 1), try file(model, corpus, threads: threads))
        for tap in layout.taps {
            let values = try one.floats(tap.name)
            #expect(values.elements.allSatisfy { $0.isFinite })
            #expect(try other.floats(tap.name) == values)
        }
    }

    @Test(
        "a composition learns the same bits in whatever order its shards are taken up", arguments: [1, 2, 3, 8],
        [1, 2] as [UInt64])
    func order(threads: Int, seed: UInt64) throws {
        var model = try model()
        model.dropoutRate = 0.1
        let options = TrainingOptions(
            steps: 6, batch: 16, optimizer: AdamW.Options(learningRate: 0.01), warmup: 1, seed: 3)
        let one = try Trainer(model, corpus: corpus(), options: options, threads: 1)
        let shuffled = try Trainer(
            model, corpus: corpus(), options: options, pool: WorkerPool(threads: threads, shuffledBy: seed))
        for _ in 0..<options.steps { #expect(try one.step() == shuffled.step()) }
        #expect(one.state() == shuffled.state())
    }

    @Test("a file of another corpus is refused")
    func foreign() throws {
        let model = try model()
        let file = try file(model, corpus(sequences: 30), threads: 1)
        let error = #expect(throws: SafetensorsError.self) {
            _ = try FrozenActivations(model.activationLayout(of: corpus()), in: file)
        }
        #expect(error?.message.hasPrefix("tensor augmenting.0.blocks.0: shape [") == true)
    }

    @Test("a piece that can't be written ends the computation with its error")
    func failing() throws {
        struct Full: Error {}
        let (model, corpus) = (try model(), corpus())
        #expect(throws: Full.self) {
            try model.computeActivations(of: corpus, model.activationLayout(of: corpus), threads: 2) { _, row, _ in
                if row > 0 { throw Full() }
            }
        }
    }
}
