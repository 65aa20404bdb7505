import Checkpoints
import Foundation
import JSONReading
import LanguageModels
import NeuralNetworks
import Tensors
import Testing
import Tokenization

/// Models from outside, written in both formats and read back: the logits stay those that transformers gave for the original.
///
/// What transformers 5.24 and llama.cpp compute with the written files was compared when this was written, by the spread of the
/// logits: transformers within 1e-6, llama.cpp within 1e-6, with GELU, which is a half-precision table there, within 2e-4, and with
/// bfloat16 weights, whose operands it rounds, within 5e-3.
@Suite("models from outside in other formats")
struct PretrainedExportTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)").path

    /// What has no form in the other format, with the part that the error names.
    private static let refused = ["qwen2-window gguf": "windows in some layers only"]

    private func logits(_ model: PretrainedModel, _ ids: [Int32]) throws -> [Float] {
        let tape = Tape()
        tape.begin()
        let w = model.decoder.weights(on: tape)
        let layout = SequenceLayout.causal(offsets: [0, ids.count])
        let last = model.decoder.hiddenStates(ids, layout, last: layout, caches: nil, w) { _, _ in }
        let logits = Array(tape.values(model.decoder.logits(normalised: model.decoder.finalNorm(last, w), w)))
        try model.check()
        return logits
    }

    private func checkLogits(_ path: String, _ fixture: FamilyTests.Fixture, _ comment: Comment) throws {
        let (ids, _, expected) = try fixture.expected()
        let found = try logits(PretrainedModel(path), ids)
        #expect(FamilyTests.isClose(found, expected), comment)
    }

    @Test("a model of every family is the same in both formats", arguments: FamilyTests.Fixture.all)
    func everyFamily(_ fixture: FamilyTests.Fixture) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let model = try PretrainedModel(fixture.path)
        _ = try TextExport().write(model, huggingFaceTo: folder + "/hf")
        try checkLogits(folder + "/hf", fixture, "as a folder")
        let write = { try TextExport().write(model, ggufTo: folder + "/model.gguf", name: "tiny") }
        if let reason = Self.refused["\(fixture.testDescription) gguf"] {
            let error = #expect(throws: ConfigurationError.self) { try write() }
            #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
            #expect(!FileManager.default.fileExists(atPath: folder + "/model.gguf"))
            return
        }
        _ = try write()
        try checkLogits(folder + "/model.gguf", fixture, "as a GGUF file")
        // And what was written is a model like any other.
        let again = try PretrainedModel(folder + "/model.gguf")
        _ = try TextExport().write(again, huggingFaceTo: folder + "/again")
        try checkLogits(folder + "/again", fixture, "as a folder of a GGUF file")
    }

    @Test("weights stay as they are, or become what is asked for")
    func types() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let quantised = try PretrainedModel(FamilyTests.Fixture.folder + "/llama-quantised.gguf")
        var export = TextExport()
        _ = try export.write(quantised, ggufTo: folder + "/same.gguf", name: "x")
        let (from, same) = (
            try GGUFFile(FamilyTests.Fixture.folder + "/llama-quantised.gguf"), try GGUFFile(folder + "/same.gguf")
        )
        #expect(Set(same.tensors.compactMap(\.type)).count > 2)
        for tensor in from.tensors {
            let copy = try #require(same[tensor.name])
            #expect(copy.type == tensor.type)
            #expect(try copy.withBytes { Array($0) } == tensor.withBytes { Array($0) })
        }
        // The fixture has no tokenizer, which llama.cpp wants to be told.
        #expect(Set(same.keys) == Set(from.keys).union(["tokenizer.ggml.model", "llama.vocab_size"]))
        for key in from.keys { #expect(same.value(key)?.type == from.value(key)?.type, "\(key)") }
        _ = try export.write(quantised, huggingFaceTo: folder + "/plain")
        let plain = try HuggingFaceFolder(folder + "/plain").weights
        #expect(Set(plain.tensors.compactMap(\.type)) == [.f32, .f16, .bf16])
        let table = try #require(plain["model.embed_tokens.weight"])
        #expect(table.type == .f32)
        #expect(try table.floats() == from["token_embd.weight"]?.floats())
        #expect(try configuration("plain")["torch_dtype"]?.string == "float32")
        export.type = .bf16
        _ = try export.write(quantised, huggingFaceTo: folder + "/brain")
        #expect(try PretrainedModel(folder + "/brain").weightTypes == [.bf16])
        #expect(try configuration("brain")["torch_dtype"]?.string == "bfloat16")
        _ = try export.write(quantised, ggufTo: folder + "/brain.gguf", name: "x")
        for tensor in try GGUFFile(folder + "/brain.gguf").tensors {
            #expect(tensor.type == (tensor.shape.count > 1 ? .bf16 : .f32), "\(tensor.name)")
        }
        // What is bfloat16 stays so on its way into a GGUF file and back.
        export.type = nil
        _ = try export.write(PretrainedModel(folder + "/brain"), ggufTo: folder + "/kept.gguf", name: "x")
        #expect(try GGUFFile(folder + "/kept.gguf")["token_embd.weight"]?.type == .bf16)
        #expect(try GGUFFile(folder + "/kept.gguf")["output_norm.weight"]?.type == .f32)
        _ = try export.write(PretrainedModel(folder + "/kept.gguf"), huggingFaceTo: folder + "/back")
        let back = try HuggingFaceFolder(folder + "/back").weights
        #expect(back["model.embed_tokens.weight"]?.type == .bf16)
        for tensor in try HuggingFaceFolder(folder + "/brain").weights.tensors {
            #expect(try back[tensor.name]?.floats() == tensor.floats(), "\(tensor.name)")
        }
    }

    private func configuration(_ name: String) throws -> JSONNode {
        try HuggingFaceFolder("\(folder)/\(name)").configuration
    }

    @Test("llama.cpp has no windows in some families: the file says that texts are no longer than one")
    func windows() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let mistral = try PretrainedModel(FamilyTests.Fixture.folder + "/mistral")
        var export = TextExport()
        let notes = try export.write(mistral, ggufTo: folder + "/a.gguf", name: "x")
        #expect(notes.contains { $0.contains("at most 5 tokens") })
        #expect(try GGUFFile(folder + "/a.gguf").value("llama.context_length")?.integer == 5)
        export.contextLength = 40
        #expect(try export.write(mistral, ggufTo: folder + "/b.gguf", name: "x").allSatisfy { !$0.contains("at most") })
        #expect(try GGUFFile(folder + "/b.gguf").value("llama.context_length")?.integer == 40)
        let gpt2 = try PretrainedModel(FamilyTests.Fixture.folder + "/gpt2")
        let error = #expect(throws: ConfigurationError.self) {
            try export.write(gpt2, ggufTo: folder + "/c.gguf", name: "x")
        }
        #expect(error?.message == "it has learned positions for 32 tokens, and no others for 40")
    }

    @Test("rotary positions of a Llama 3 come back in its terms")
    func llama3() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let source = folder + "/llama3"
        try FileManager.default.copyItem(atPath: FamilyTests.Fixture.folder + "/llama", toPath: source)
        var members = JSONMembers()
        for member in try HuggingFaceFolder(source).configuration.members?.members ?? []
        where !["rope_parameters", "rope_scaling", "rope_theta"].contains(member.name) {
            _ = members.append(member.name, member.value)
        }
        let scaling: JSONMembers = [
            "rope_type": .string("llama3"), "factor": .double(32), "low_freq_factor": .double(1),
            "high_freq_factor": .double(4), "original_max_position_embeddings": .int(8192),
        ]
        _ = members.append("rope_theta", .double(500_000))
        _ = members.append("rope_scaling", .object(scaling))
        try Data(JSONNode.object(members).text.utf8).write(to: URL(fileURLWithPath: source + "/config.json"))
        _ = try TextExport().write(PretrainedModel(source), ggufTo: folder + "/model.gguf", name: "x")
        #expect(try GGUFFile(folder + "/model.gguf")["rope_freqs.weight"]?.count == 3)
        _ = try TextExport().write(PretrainedModel(folder + "/model.gguf"), huggingFaceTo: folder + "/back")
        let found = try configuration("back")["rope_scaling"]
        for key in ["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"] {
            #expect(found?[key]?.number == JSONNode.object(scaling)[key]?.number, "\(key)")
        }
        #expect(found?["rope_type"]?.string == "llama3")
    }

    @Test("a GGUF file's tokenizer, ends and template go into a folder")
    func text() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = folder + "/model.gguf"
        let names = ["<s>", "</s>", "<|im_end|>"]
        let bytes = (0..<256).map { ByteText.character($0) }
        let texts = names + bytes + ["he", "hel"]
        let configuration = DecoderConfiguration(
            vocabulary: texts.count, width: 8, layers: 1, heads: 2, hiddenWidth: 8, variant: Self.gated)
        let export = try Decoder(configuration, seed: 1).ggufExport(
            name: "x", contextLength: 32,
            tokenizer: [
                ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string("llama-bpe")),
                ("tokenizer.ggml.tokens", .strings(texts.map { Array($0.utf8) })),
                (
                    "tokenizer.ggml.token_type",
                    .int32s(texts.indices.map { $0 < names.count ? 3 : 1 })
                ), ("tokenizer.ggml.merges", .strings([Array("h e".utf8), Array("he l".utf8)])),
                ("tokenizer.ggml.bos_token_id", .uint32(0)), ("tokenizer.ggml.eos_token_id", .uint32(1)),
                ("tokenizer.chat_template", .string("{{ messages[0].content }}")),
            ])
        try export.write(to: path)
        let model = try PretrainedModel(path)
        _ = try TextExport().write(model, huggingFaceTo: folder + "/hf")
        let (before, after) = (
            try TextInterface(model.checkpoint), try TextInterface(PretrainedModel.Checkpoint(folder + "/hf"))
        )
        #expect(after.chatTemplate == "{{ messages[0].content }}")
        #expect(after.stops == before.stops && after.stops == [1, 2])
        #expect(after.tokenizer.digest == before.tokenizer.digest)
        #expect(after.tokenizer.leadingTokens == [0] && after.tokenizer.end == 1)
        _ = try TextExport().write(PretrainedModel(folder + "/hf"), ggufTo: folder + "/back.gguf", name: "x")
        let back = try TextInterface(PretrainedModel.Checkpoint(folder + "/back.gguf"))
        #expect(back.chatTemplate == before.chatTemplate && back.stops == before.stops)
        #expect(back.tokenizer.digest == before.tokenizer.digest)
        #expect(try GGUFFile(folder + "/back.gguf").value("tokenizer.ggml.pre")?.string == "llama-bpe")
        var bare = TextExport()
        bare.writesTokenizer = false
        _ = try bare.write(PretrainedModel(folder + "/hf"), ggufTo: folder + "/bare.gguf", name: "x")
        let opened = try TextModel(path: folder + "/bare.gguf")
        #expect(opened.text.tokenizer is NoTokenizer && opened.text.idCount == texts.count)
    }

    private static let gated: DecoderVariant = {
        var variant = DecoderVariant()
        variant.activation = .silu
        variant.isGated = true
        return variant
    }()
}

/// How byte-level vocabularies write bytes.
private enum ByteText {
    static func character(_ byte: Int) -> String {
        let plain = Array(33...126) + Array(161...172) + Array(174...255)
        if plain.contains(byte) { return String(Character(Unicode.Scalar(UInt8(byte)))) }
        let others = (0..<256).filter { !plain.contains($0) }
        let place = others.firstIndex(of: byte) ?? 0
        return Unicode.Scalar(UInt32(256 + place)).map { String(Character($0)) } ?? ""
    }
}

extension PretrainedModel {
    /// The element types of its matrices.
    fileprivate var weightTypes: Set<ElementType> {
        let tensors: [StoredTensor] =
            switch checkpoint {
            case .gguf(let file): file.tensors
            case .huggingFace(let folder): folder.weights.tensors
            }
        return Set(tensors.filter { $0.shape.count > 1 }.compactMap(\.type))
    }
}
