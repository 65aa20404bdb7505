import Foundation
import LanguageModels
import NeuralNetworks
import Tensors
import Testing

/// Models of every family are trained further as PyTorch trains them; see Fixtures/make_family_training.py.
@Suite("further training of models from outside") struct FurtherTrainingTests {
    private static let losses: [String: [Double]] = {
        let file = URL(fileURLWithPath: FamilyTests.Fixture.folder).deletingLastPathComponent()
            .appendingPathComponent("family-training.json")
        return (try? JSONDecoder().decode([String: [Double]].self, from: Data(contentsOf: file))) ?? [:]
    }()

    private static let options = TrainingOptions(
        steps: 20, batch: 2, optimizer: .init(learningRate: 5e-3, decay: 0.1), warmup: 3, seed: 1)

    private func corpus(_ fixture: FamilyTests.Fixture) throws -> TokenCorpus {
        let ids = try fixture.expected().ids
        var corpus = TokenCorpus(vocabulary: 37)
        for sequence in [Array(ids[..<12]), Array(ids[12...])] {
            let places = 0..<sequence.count
            corpus.append(sequence, scored: places.map { $0 > 0 }, byteOffsets: places.map { Int32($0) })
        }
        return corpus
    }

    private func trainer<Model: CausalLanguageModel>(
        _ model: Model, _ fixture: FamilyTests.Fixture, _ options: TrainingOptions = options, threads: Int = 1
    ) throws -> Trainer<Model> {
        try Trainer(model, corpus: corpus(fixture), options: options, threads: threads)
    }

    private static let folders = FamilyTests.Fixture.all.filter { !$0.path.hasSuffix(".gguf") }
    private static let quantised = FamilyTests.Fixture.all.filter { $0.path.hasSuffix("llama-quantised.gguf") }

    @Test("there are losses for the checkpoints of every family")
    func fixtures() {
        #expect(Set(Self.folders.map { ($0.path as NSString).lastPathComponent }) == Set(Self.losses.keys))
        #expect(Self.losses.count == 13 && Self.losses.values.allSatisfy { $0.count == 20 })
    }

    @Test("20 steps of AdamW lose what they lose in PyTorch", arguments: folders)
    func losses(_ fixture: FamilyTests.Fixture) throws {
        let expected = try #require(Self.losses[(fixture.path as NSString).lastPathComponent])
        let trainer = try trainer(PretrainedModel(fixture.path).decoder.trainable, fixture)
        for (step, loss) in expected.enumerated() {
            let found = try trainer.step().loss
            // Adam divides small gradients by their own size, so rounding grows with each step.
            #expect(abs(found - loss) < 0.002 * loss, "step \(step + 1): \(found), not \(loss)")
        }
    }

    @Test("what is computed anew changes no bit, with dropped memory", arguments: folders, [1, 3])
    func recomputation(_ fixture: FamilyTests.Fixture, threads: Int) throws {
        let decoder = try PretrainedModel(fixture.path).decoder.trainable
        var options = Self.options
        let plain = try trainer(decoder, fixture, options)
        options.recomputation = true
        let anew = try trainer(decoder, fixture, options, threads: threads)
        for _ in 0..<5 { #expect(try plain.step() == anew.step()) }
        // Where they differ, a comparison byte by byte would take minutes.
        let isSame = plain.state() == anew.state()
        #expect(isSame)
    }

    @Test("a batch read in pieces has the gradient of the whole", arguments: folders)
    func accumulation(_ fixture: FamilyTests.Fixture) throws {
        let decoder = try PretrainedModel(fixture.path).decoder.trainable
        var options = Self.options
        options.shards = 1
        let whole = try trainer(decoder, fixture, options)
        options.accumulation = 2
        let pieces = try trainer(decoder, fixture, options)
        for _ in 0..<20 {
            let (one, other) = (try whole.step(), try pieces.step())
            #expect(abs(one.loss - other.loss) < 0.002 * one.loss && one.tokens == other.tokens)
            #expect(abs(one.gradientNorm - other.gradientNorm) < 0.02 * one.gradientNorm)
        }
    }

    @Test("low-rank updates of a quantised model leave its weights as they are stored", arguments: quantised)
    func lowRank(_ fixture: FamilyTests.Fixture) throws {
        let model = try PretrainedModel(fixture.path)
        let trainer = try trainer(AdaptedDecoder(model.decoder, rank: 2, seed: 5), fixture)
        let before = try trainer.step().loss
        var after = before
        while trainer.completedSteps < 20 { after = try trainer.step().loss }
        #expect(after < 0.9 * before)
        #expect(trainer.model.base.frozen != nil && trainer.model.base.parameters.count == 0)
        let batch = TokenBatch(try corpus(fixture), sequences: 0..<2)
        func logits(_ model: some CausalLanguageModel) -> [Float] {
            let tape = Tape()
            tape.begin()
            return tape.tensor(model.logits(batch, dropout: nil, on: tape)).elements
        }
        let (adapted, merged) = (logits(trainer.model), logits(trainer.model.merged))
        #expect(FamilyTests.isClose(adapted, merged))
        #expect(zip(adapted, logits(model.decoder)).contains { abs($0 - $1) > 0.05 })
        #expect(logits(model.decoder.trainable) == logits(model.decoder), "the same values as Float32")
    }

    @Test(
        "low-rank updates learn in bfloat16 over quantised weights as over the same weights in Float32",
        arguments: quantised)
    func coarse(_ fixture: FamilyTests.Fixture) throws {
        let model = try PretrainedModel(fixture.path)
        func curve(_ base: Decoder, _ precision: Precision, threads: Int = 1) throws -> [Double] {
            var options = Self.options
            options.precision = precision
            let trainer = try trainer(AdaptedDecoder(base, rank: 2, seed: 5), fixture, options, threads: threads)
            return try (0..<20).map { _ in try trainer.step().loss }
        }
        let fine = try curve(model.decoder, .float32)
        for precision in [Precision.bfloat16, .frozenBFloat16] {
            let coarse = try curve(model.decoder, precision)
            // An element of such a product doesn't depend on how the weights' rows are divided: the same bits.
            #expect(try coarse == curve(model.decoder.trainable, precision))
            #expect(try coarse == curve(model.decoder, precision, threads: 3))
            #expect(coarse != fine && coarse[19] < 0.9 * coarse[0])
            // Operands are off by up to 2⁻⁹ of themselves.
            for (one, other) in zip(fine, coarse) { #expect(abs(one - other) < 0.01 * one) }
        }
        #expect(try curve(model.decoder, .bfloat16) != curve(model.decoder, .frozenBFloat16))
    }
}
