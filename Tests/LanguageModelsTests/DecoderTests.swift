import Foundation
import LanguageModels
import Tensors
import Testing

private let kinds: [DecoderConfiguration.Positions] = [.rotary(base: 100), .learned(maximum: 12)]
private let sequences: [[Int32]] = [[3, 1, 4, 1, 5, 9, 2], [6], [5, 3, 5, 8]]
/// Products of other sizes may sum in another order: a few units in the last place of numbers of size 1.
private let rounding: Float = 1e-5

@Suite("decoder")
struct DecoderTests {
    @Test("a later token changes no earlier logit, bit for bit", arguments: kinds)
    func causality(_ positions: DecoderConfiguration.Positions) throws {
        let decoder = try smallDecoder(positions: positions)
        let before = uncachedLogits(decoder, [[3, 1, 4, 1, 5, 9, 2]])
        let after = uncachedLogits(decoder, [[3, 1, 4, 1, 7, 9, 2]])
        #expect(before[..<4] == after[..<4])
        #expect(before[4] != after[4])
    }

    @Test("positions that aren't scored are left out of the last layer, and nothing else changes", arguments: kinds)
    func unscored(kind: DecoderConfiguration.Positions) throws {
        let decoder = try smallDecoder(positions: kind)
        var (some, all) = (TokenCorpus(vocabulary: 17), TokenCorpus(vocabulary: 17))
        var picked: [Int] = []
        var rows = 0
        for (sequence, ids) in ([[1, 2, 3, 4, 5, 6], [7, 8], [3, 3, 3, 9]] as [[Int32]]).enumerated() {
            let scored = ids.indices.map { $0 == ids.count - 1 || sequence == 0 && $0 == 2 }
            some.append(ids, scored: scored, byteOffsets: ids.map { _ in 0 })
            all.append(ids, scored: ids.indices.map { $0 > 0 }, byteOffsets: ids.map { _ in 0 })
            picked += ids.indices.filter { scored[$0] }.map { rows + $0 - 1 }
            rows += ids.count - 1
        }
        // The loss of the picked rows alone, with everything computed and with what they need.
        func gradients(_ corpus: TokenCorpus, picking rows: [Int]?) -> (logits: Tensor, gradients: [Float]) {
            let tape = Tape()
            tape.begin(training: decoder.parameters)
            let batch = TokenBatch(corpus, sequences: 0..<3)
            var logits = decoder.logits(batch, dropout: nil, on: tape)
            if let rows { logits = tape.gatherRows(logits, rows.map(Int32.init)) }
            let loss = tape.softmaxCrossEntropy(logits, targets: [3, 6, 8, 9])
            tape.backward(from: loss.variable, upstream: 1)
            return (tape.tensor(logits), Array(tape.parameterGradients))
        }
        let (found, expected) = (gradients(some, picking: nil), gradients(all, picking: picked))
        #expect(found.logits.shape == expected.logits.shape)
        #expect(zip(found.logits.elements, expected.logits.elements).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(zip(found.gradients, expected.gradients).allSatisfy { abs($0 - $1) < 1e-4 })
        #expect(expected.gradients.contains { abs($0) > 0.01 })
    }

    @Test("a batch gives what its sequences give alone", arguments: kinds)
    func batchIsSingles(_ positions: DecoderConfiguration.Positions) throws {
        let decoder = try smallDecoder(positions: positions)
        let singles = sequences.flatMap { uncachedLogits(decoder, [$0]) }
        #expect(distance(uncachedLogits(decoder, sequences), singles) < rounding)
    }

    @Test("decoding from caches gives what a whole pass gives, also after a sequence has left", arguments: kinds)
    func cachedIsUncached(_ positions: DecoderConfiguration.Positions) throws {
        let decoder = try smallDecoder(positions: positions)
        var state = decoder.makeState(sequences: 3, capacity: 9, precision: .float32)
        let prompt = decoder.advance(sequences, state: &state, returning: .all)
        #expect(distance((0..<12).map { Array(prompt.row($0)) }, uncachedLogits(decoder, sequences)) < rounding)
        state.keep([2, 0])
        let next = decoder.advance([[7, 2], [10]], state: &state, returning: .last)
        let expected = [
            uncachedLogits(decoder, [sequences[2] + [7, 2]]).last ?? [],
            uncachedLogits(decoder, [sequences[0] + [10]]).last ?? [],
        ]
        #expect(next.shape == [2, 13])
        #expect(distance((0..<2).map { Array(next.row($0)) }, expected) < rounding)
    }

    @Test("reading a prompt takes no more memory for more layers, nor, if it is rounded, for a longer prompt")
    func memory() throws {
        func most(layers: Int, tokens: Int, rounds: Bool = false) throws -> Int {
            let decoder = try Decoder(
                DecoderConfiguration(
                    vocabulary: 17, outputVocabulary: 13, width: 32, layers: layers, heads: 2,
                    positions: .rotary(base: 100), tiedHead: false), seed: 1)
            var state = decoder.makeState(sequences: 1, capacity: tokens, precision: .float32)
            state.tape.frozenProducts.roundsActivations = rounds
            let prompt = [[Int32]](repeating: (0..<tokens).map { Int32($0 % 13) }, count: 1)
            let isRead = decoder.advance(prompt, state: &state, isEnding: { false }, { _, _ in })
            #expect(isRead)
            return state.tape.mostFloats
        }
        #expect(try most(layers: 2, tokens: 600) == most(layers: 9, tokens: 600))
        #expect(try most(layers: 2, tokens: 128, rounds: true) == most(layers: 2, tokens: 1024, rounds: true))
        #expect(try most(layers: 2, tokens: 128) < most(layers: 2, tokens: 1024))
    }

    @Test("a tied head has no matrix of its own and covers the first ids")
    func tiedHead() throws {
        let decoder = try smallDecoder(tiedHead: true)
        #expect(decoder.parameters.entry("output.weight") == nil)
        #expect(uncachedLogits(decoder, [[1]])[0].count == 13)
    }

    @Test("same seed, same bytes; the checkpoint restores the model; another seed differs")
    func checkpoint() throws {
        let decoder = try smallDecoder()
        let bytes = decoder.safetensors()
        #expect(try smallDecoder().safetensors() == bytes)
        #expect(try smallDecoder(seed: 2).safetensors() != bytes)
        let restored = try Decoder(decoder.configuration, weights: bytes)
        #expect(uncachedLogits(restored, sequences) == uncachedLogits(decoder, sequences))
    }

    @Test("a checkpoint of another shape is refused")
    func foreignCheckpoint() throws {
        var configuration = try smallDecoder().configuration
        let bytes = try smallDecoder().safetensors()
        configuration.layers = 3
        #expect(throws: SafetensorsError.self) { try Decoder(configuration, weights: bytes) }
        configuration.layers = 1
        #expect(throws: SafetensorsError.self) { try Decoder(configuration, weights: bytes) }
    }

    @Test("a configuration survives JSON, and unknown keys are refused")
    func configuration() throws {
        for positions in kinds {
            let configuration = try smallDecoder(positions: positions).configuration
            let json = try JSONEncoder().encode(configuration)
            #expect(try JSONDecoder().decode(DecoderConfiguration.self, from: json) == configuration)
            let text = String(decoding: json, as: UTF8.self)
            for wrong in [
                text.replacing("\"layers\"", with: "\"layer\":1,\"layers\""),
                text.replacing("\"positions\":{", with: "\"positions\":{\"other\":1,"),
            ] {
                #expect(throws: DecodingError.self) {
                    try JSONDecoder().decode(DecoderConfiguration.self, from: Data(wrong.utf8))
                }
            }
        }
    }

    @Test("impossible configurations are refused")
    func impossible() {
        for change: (inout DecoderConfiguration) -> Void in [
            { $0.heads = 3 }, { $0.layers = 0 }, { $0.outputVocabulary = 18 }, { $0.positions = .learned(maximum: 0) },
            { $0.heads = 32 }, { $0.normEpsilon = 0 },
        ] {
            var configuration = DecoderConfiguration(vocabulary: 17, width: 32, layers: 1, heads: 2)
            change(&configuration)
            #expect(throws: ConfigurationError.self) { try Decoder(configuration, seed: 1) }
        }
    }

    @Test("tokens that are only read start with a deviation of their own")
    func readOnlyDeviation() throws {
        var configuration = DecoderConfiguration(
            vocabulary: 400, outputVocabulary: 200, width: 16, layers: 1, heads: 1, embeddingDeviation: 0.5)
        configuration.readOnlyDeviation = 0.01
        let decoder = try Decoder(configuration, seed: 3)
        let table = try #require(decoder.parameters["embedding.weight"])
        let deviation = { (rows: Range<Int>) in
            let values = rows.flatMap { Array(table.row($0)) }
            return (values.reduce(0) { $0 + $1 * $1 } / Float(values.count)).squareRoot()
        }
        // 3,200 draws: the estimate is good to about 1.3%.
        #expect(abs(deviation(0..<200) - 0.5) < 0.03)
        #expect(abs(deviation(200..<400) - 0.01) < 0.0006)
    }
}
