import Checkpoints
import Foundation
import JSONReading
import LanguageModels
import NeuralNetworks
import Tensors
import Testing

/// What transformers and llama.cpp compute with exported decoders was compared when this was written: logits of
/// transformers within 1e-5, log-probabilities of llama.cpp within 0.01, whose caches are half-precision.
@Suite("decoders in other formats")
struct DecoderExportTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)").path

    private static let plain = DecoderConfiguration(vocabulary: 12, width: 8, layers: 2, heads: 2, hiddenWidth: 10)

    private static let gated: DecoderConfiguration = {
        var variant = DecoderVariant()
        variant.keyValueHeads = 2
        variant.headWidth = 6
        variant.activation = .silu
        variant.isGated = true
        return DecoderConfiguration(
            vocabulary: 12, width: 8, layers: 2, heads: 4, hiddenWidth: 10, positions: .rotary(base: 500),
            variant: variant)
    }()

    /// A decoder whose norms aren't all ones.
    private static func decoder(_ configuration: DecoderConfiguration) throws -> Decoder {
        var decoder = try Decoder(configuration, seed: 5)
        decoder.parameters.withMutableElements { elements in
            for index in elements.indices where elements[index] == 1 { elements[index] = 1 + Float(index % 7) / 10 }
        }
        return decoder
    }

    private func logits(_ decoder: Decoder) -> [Float] {
        let ids: [Int32] = [3, 1, 4, 1, 5, 9, 2, 6, 5]
        let tape = Tape()
        tape.begin()
        let w = decoder.weights(on: tape)
        let layout = SequenceLayout.causal(offsets: [0, ids.count])
        let last = decoder.hiddenStates(ids, layout, last: layout, caches: nil, w) { _, _ in }
        return Array(tape.values(decoder.logits(normalised: decoder.finalNorm(last, w), w)))
    }

    @Test("a gated decoder is read back from both formats and computes the same", arguments: [true, false])
    func roundTrip(isTied: Bool) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = Self.gated
        configuration.tiedHead = isTied
        let decoder = try Self.decoder(configuration)
        let expected = logits(decoder)
        try decoder.huggingFaceExport(contextLength: 64, endTokens: [7]).write(to: folder)
        let huggingFace = try PretrainedModel(folder)
        #expect(huggingFace.contextLength == 64)
        // Frozen weights are multiplied in another order; in GGUF, besides, neighbouring elements turn together.
        let isClose = { (found: [Float]) in
            found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 }
        }
        #expect(isClose(logits(huggingFace.decoder)))
        try decoder.ggufExport(name: "test", contextLength: 64).write(to: folder + "/model.gguf")
        let gguf = try PretrainedModel(GGUFFile(folder + "/model.gguf"))
        #expect(gguf.family == "Llama")
        #expect(isClose(logits(gguf.decoder)))
    }

    /// Of the kinds that are trained here: tied or not, with ids that are only read, with heads of two widths.
    private static let ungated: [DecoderConfiguration] = {
        var tied = plain
        tied.tiedHead = true
        var readOnly = plain
        readOnly.outputVocabulary -= 3
        return [
            plain, tied, readOnly,
            DecoderConfiguration(
                vocabulary: 12, width: 12, layers: 3, heads: 3, hiddenWidth: 7, positions: .rotary(base: 50)),
        ]
    }()

    @Test("a decoder without a gate is read back from both formats and computes the same", arguments: ungated)
    func ungatedRoundTrip(_ configuration: DecoderConfiguration) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let decoder = try Self.decoder(configuration)
        let expected = logits(decoder)
        try decoder.huggingFaceExport(contextLength: 64).write(to: folder)
        try decoder.ggufExport(name: "test", contextLength: 64).write(to: folder + "/model.gguf")
        for path in [folder, folder + "/model.gguf"] {
            let model = try PretrainedModel(path)
            #expect(model.contextLength == 64)
            #expect(model.decoder.configuration.outputVocabulary == configuration.outputVocabulary)
            let found = logits(model.decoder)
            #expect(found.count == expected.count && !found.isEmpty)
            #expect(zip(expected, found).allSatisfy { abs($0 - $1) < 2e-5 }, "\(path)")
        }
    }

    @Test("a decoder without a gate becomes one that multiplies by ones")
    func plainToLlama() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let decoder = try Self.decoder(Self.plain)
        try decoder.huggingFaceExport(type: .bf16, contextLength: 64, beginToken: 1, endTokens: [7, 8]).write(
            to: folder)
        let model = try HuggingFaceFolder(folder)
        #expect(model.configuration["hidden_act"]?.string == "gelu_pytorch_tanh")
        #expect(model.configuration["mlp_bias"]?.bool == true)
        #expect(model.endTokens == [7, 8])
        #expect(model.weights.tensors.allSatisfy { $0.type == .bf16 })
        #expect(try model.weights["model.layers.1.mlp.up_proj.weight"]?.floats().allSatisfy { $0 == 0 } == true)
        #expect(try model.weights["model.layers.1.mlp.up_proj.bias"]?.floats() == [Float](repeating: 1, count: 10))
        #expect(try model.weights["model.layers.1.mlp.gate_proj.bias"]?.floats().allSatisfy { $0 == 0 } == true)
        #expect(model.weights["model.layers.0.self_attn.k_proj.weight"]?.shape == [8, 8])
        #expect(model.weights.tensors.count == 2 * 12 + 3)
    }

    @Test("a decoder without a gate carries its stream twice in GGUF, once negated")
    func plainToNeoX() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let decoder = try Self.decoder(Self.plain)
        try decoder.ggufExport(name: "test", contextLength: 64).write(to: folder + "/model.gguf")
        let file = try GGUFFile(folder + "/model.gguf")
        #expect(file.value("general.architecture")?.string == "gptneox")
        #expect(file.value("gptneox.embedding_length")?.integer == 16)
        #expect(file.value("gptneox.rope.dimension_count")?.integer == 4)
        #expect(file.value("gptneox.use_parallel_residual")?.bool == false)
        let embedding = try #require(try file["token_embd.weight"]?.floats())
        for row in 0..<12 {
            let values = embedding[row * 16..<row * 16 + 16]
            #expect(values.prefix(8).map { -$0 } == Array(values.suffix(8)))
            // So its mean is zero, and its variance the mean square of the stream.
            #expect(abs(values.reduce(0, +)) < 1e-6)
        }
        let down = try #require(file["blk.1.ffn_down.weight"])
        #expect(down.shape == [16, 10])
        #expect(try down.floats(rows: 0..<8).map { -$0 } == down.floats(rows: 8..<16))
        let own = try #require(decoder.parameters.entry("blocks.0.attention.qkv.weight"))
        let stored = decoder.parameters.withElements { Array($0[own.range]) }
        let fused = try #require(file["blk.0.attn_qkv.weight"])
        #expect(fused.shape == [48, 16])
        // The second head's queries, and the first head's values.
        #expect(
            try fused.floats(rows: 8..<9).prefix(8).elementsEqual(stored[32..<40].map { $0 * Float(2).squareRoot() }))
        #expect(try fused.floats(rows: 32..<33).prefix(8).elementsEqual(stored[128..<136]))
        #expect(try fused.floats(rows: 36..<40).allSatisfy { $0 == 0 })
    }

    @Test(
        "ids that are only read have a logit in other formats; those of the others are the same",
        arguments: [true, false])
    func readOnly(isTied: Bool) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = Self.gated
        configuration.tiedHead = isTied
        configuration.outputVocabulary -= 2
        let decoder = try Self.decoder(configuration)
        let expected = logits(decoder)
        try decoder.huggingFaceExport(contextLength: 64).write(to: folder)
        try decoder.ggufExport(name: "test", contextLength: 64).write(to: folder + "/model.gguf")
        for path in [folder, folder + "/model.gguf"] {
            let found = logits(try PretrainedModel(path).decoder)
            #expect(found.count == expected.count && !found.isEmpty)
            #expect(zip(expected, found).allSatisfy { abs($0 - $1) < 1e-5 }, "\(path)")
        }
        // Other programs don't read calm's key: for them the ids have logits, of zeros.
        let weights = try HuggingFaceFolder(folder).weights
        #expect(weights["lm_head.weight"]?.shape == (isTied ? nil : [12, 8]))
        #expect(try isTied || weights["lm_head.weight"]?.floats(rows: 10..<12).allSatisfy { $0 == 0 } == true)
    }

    @Test("a decoder with learned positions becomes a GPT-2 that computes the same", arguments: [true, false])
    func learned(isTied: Bool) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = Self.plain
        configuration.positions = .learned(maximum: 16)
        configuration.tiedHead = isTied
        configuration.outputVocabulary -= 2
        let decoder = try Self.decoder(configuration)
        let expected = logits(decoder)
        try decoder.huggingFaceExport().write(to: folder)
        try decoder.ggufExport(name: "test").write(to: folder + "/model.gguf")
        for path in [folder, folder + "/model.gguf"] {
            let model = try PretrainedModel(path)
            #expect(model.family == "GPT-2" && model.contextLength == 16)
            let found = logits(model.decoder)
            #expect(found.count == expected.count && !found.isEmpty)
            #expect(zip(expected, found).allSatisfy { abs($0 - $1) < 2e-5 }, "\(path)")
        }
    }

    @Test("what other formats can't hold is refused with the reason")
    func refused() throws {
        let limited = DecoderConfiguration(
            vocabulary: 12, width: 8, layers: 1, heads: 2, positions: .learned(maximum: 16))
        var gated = Self.gated
        gated.positions = .learned(maximum: 16)
        for (configuration, message) in [
            (limited, "it has learned positions for 16 tokens, and no others for 8"),
            (gated, "the decoder can't be exported: it has learned positions and a gate"),
        ] {
            let decoder = try Decoder(configuration, seed: 1)
            for export in [
                { _ = try decoder.ggufExport(name: "x", contextLength: 8) },
                { _ = try decoder.huggingFaceExport(contextLength: 8) },
            ] {
                let error = #expect(throws: ConfigurationError.self) { try export() }
                #expect(error?.message == message)
            }
        }
    }
}
