import Foundation
import LanguageModels
import NeuralNetworks
import Tensors
import Testing

/// The whole model against PyTorch: see Fixtures/make_decoder_fixture.py.
@Suite("decoder against an independent implementation")
struct DecoderFixtureTests {
    private let fixture: SafetensorsFile
    private let decoder: Decoder
    private let corpus: TokenCorpus

    init() throws {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/decoder", withExtension: "safetensors"))
        fixture = try SafetensorsFile(Data(contentsOf: url))
        var writer = SafetensorsWriter()
        for name in fixture.names where name.hasPrefix("weights.") {
            writer.add(String(name.dropFirst("weights.".count)), try fixture.floats(name))
        }
        let configuration = DecoderConfiguration(
            vocabulary: 13, outputVocabulary: 11, width: 24, layers: 2, heads: 3, hiddenWidth: 40,
            positions: .rotary(base: 100))
        decoder = try Decoder(configuration, weights: writer.data())
        var corpus = TokenCorpus(vocabulary: 13)
        for ids: [Int32] in [[1, 12, 9, 5, 3, 0, 2], [7, 11, 10, 4]] {
            corpus.append(ids, scored: ids.indices.map { $0 >= 2 }, byteOffsets: ids.indices.map { Int32($0) })
        }
        self.corpus = corpus
    }

    @Test("logits, loss and every gradient agree")
    func onePass() throws {
        let tape = Tape()
        tape.begin(training: decoder.parameters)
        let batch = TokenBatch(corpus, sequences: 0..<2)
        let logits = decoder.logits(batch, dropout: nil, on: tape)
        let expected = try fixture.floats("logits", shape: [7, 11])
        #expect(tape.tensor(logits).shape == expected.shape)
        // fp32 through two layers, logits of size 1: some 1e-6.
        #expect(zip(tape.tensor(logits).elements, expected.elements).allSatisfy { abs($0 - $1) < 2e-5 })

        let loss = tape.softmaxCrossEntropy(logits, targets: batch.targets)
        let mean = try fixture.floats("loss", shape: [1]).elements[0]
        #expect(abs(Float(loss.sum / 7) - mean) < 1e-5)

        tape.backward(from: loss.variable, upstream: 1.0 / 7)
        #expect(decoder.parameters.entries.count == 15)
        for entry in decoder.parameters.entries {
            let gradient = try fixture.floats("gradients.\(entry.name)", shape: entry.shape)
            let found = tape.parameterGradients[entry.range]
            let worst = zip(found, gradient.elements).map { abs($0 - $1) }.max() ?? .infinity
            let largest = gradient.elements.map(abs).max() ?? 0
            #expect(worst < 1e-5 + 1e-4 * largest, "\(entry.name)")
        }
    }

    @Test("ten AdamW steps lose the same")
    func tenSteps() throws {
        let options = TrainingOptions(
            steps: 10, batch: 2, optimizer: .init(learningRate: 1e-2, decay: 0.1), warmup: 3, seed: 1)
        let trainer = try Trainer(decoder, corpus: corpus, options: options, threads: 1)
        let expected = try fixture.floats("losses", shape: [10]).elements
        for step in 0..<10 {
            let loss = Float(try trainer.step().loss)
            // Adam divides small gradients by their own size, so rounding grows with each step.
            #expect(abs(loss - expected[step]) < 2e-4 * expected[step] + 1e-5, "step \(step)")
        }
    }
}
