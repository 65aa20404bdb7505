import LanguageModels
import NeuralNetworks
import Tensors
import Testing

@Suite("low-rank updates") struct AdaptedDecoderTests {
    private func logits(_ model: some CausalLanguageModel, on tape: Tape = Tape()) -> Tensor {
        tape.begin()
        return tape.tensor(model.logits(TokenBatch(smallCorpus(count: 9), sequences: 0..<9), dropout: nil, on: tape))
    }

    private func trained() throws -> (before: Decoder, after: AdaptedDecoder, losses: (first: Double, last: Double)) {
        let base = try smallDecoder()
        let options = TrainingOptions(
            steps: 25, batch: 16, optimizer: AdamW.Options(learningRate: 2e-2), warmup: 2, seed: 3)
        let trainer = try Trainer(
            AdaptedDecoder(base, rank: 3, seed: 5), corpus: smallCorpus(count: 40), options: options, threads: 2)
        let first = try trainer.step().loss
        var last = first
        while trainer.completedSteps < options.steps { last = try trainer.step().loss }
        return (base, trainer.model, (first, last))
    }

    @Test("before training it is the decoder, bit for bit")
    func start() throws {
        let base = try smallDecoder()
        #expect(logits(AdaptedDecoder(base, rank: 3, seed: 5)) == logits(base))
    }

    @Test("r (in + out) parameters for each of a block's four matrices")
    func count() throws {
        // Two blocks of width 32: qkv 32 to 96, output 32 to 32, up 32 to 128, down 128 to 32.
        #expect(AdaptedDecoder(try smallDecoder(), rank: 3, seed: 5).parameters.count == 2 * 3 * (128 + 64 + 160 + 160))
    }

    @Test("training lowers the loss, touches the updates alone, and adds them to the matrices at the end")
    func merging() throws {
        let (before, after, losses) = try trained()
        #expect(losses.last < 0.95 * losses.first)
        #expect(after.base.safetensors() == before.safetensors())
        let (adapted, merged) = (logits(after), logits(after.merged))
        #expect(zip(adapted.elements, merged.elements).allSatisfy { abs($0 - $1) < 1e-4 })
        #expect(zip(adapted.elements, logits(before).elements).contains { abs($0 - $1) > 0.05 })
    }

    @Test("decoding from caches gives what the merged decoder gives")
    func decoding() throws {
        let after = try trained().after
        let prompts: [[Int32]] = [[3, 1, 4], [6], [5, 3, 5, 8]]
        #expect(
            generateGreedy(after, prompts: prompts, maximumNewTokens: 6, stops: [])
                == generateGreedy(after.merged, prompts: prompts, maximumNewTokens: 6, stops: []))
    }

    @Test("gradients are those of differences")
    func gradients() throws {
        var model = try trained().after
        let batch = TokenBatch(smallCorpus(count: 5), sequences: 0..<5)
        func loss(_ model: AdaptedDecoder) -> Double {
            let tape = Tape()
            tape.begin()
            return tape.softmaxCrossEntropy(
                model.logits(batch, dropout: nil, on: tape), targets: batch.targets
            ).sum
        }
        let tape = Tape()
        tape.begin(training: model.parameters)
        let sum = tape.softmaxCrossEntropy(model.logits(batch, dropout: nil, on: tape), targets: batch.targets)
        tape.backward(from: sum.variable, upstream: 1)
        let gradients = Array(tape.parameterGradients)
        tape.end()
        let step: Float = 1e-2
        for entry in model.parameters.entries {
            let index = entry.offset + entry.count / 2
            let value = model.parameters.withElements { $0[index] }
            model.parameters.withMutableElements { $0[index] = value + step }
            let above = loss(model)
            model.parameters.withMutableElements { $0[index] = value - step }
            let below = loss(model)
            model.parameters.withMutableElements { $0[index] = value }
            let slope = Float((above - below) / Double(2 * step))
            #expect(abs(slope - gradients[index]) < 2e-2 + 2e-2 * abs(slope), "\(entry.name)")
        }
    }

    @Test("operations a token: six an element for what is trained, four for what is only passed through")
    func operations() throws {
        // Two blocks of 32 × (4 × 32 + 2 × 128), and a head of 13 × 32.
        let elements = 2 * 32 * (4 * 32 + 2 * 128) + 13 * 32
        let base = try smallDecoder()
        let adapted = AdaptedDecoder(base, rank: 3, seed: 5)
        #expect(base.trainingOperations == 6 * elements)
        #expect(adapted.trainingOperations == 4 * elements + 6 * adapted.parameters.count)
    }

    @Test("the tokens of a training are those of the steps that were taken")
    func tokens() throws {
        let options = TrainingOptions(
            steps: 7, batch: 6, optimizer: AdamW.Options(learningRate: 1e-3), warmup: 2, seed: 3)
        let trainer = try Trainer(try smallDecoder(), corpus: smallCorpus(count: 15), options: options, threads: 1)
        var read = 0
        while trainer.completedSteps < options.steps {
            #expect(trainer.trainedTokens == read)
            read += try trainer.step().tokens
        }
        #expect(trainer.trainedTokens == read && read > 0)
    }
}
