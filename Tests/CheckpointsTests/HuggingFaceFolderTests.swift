import CZlib
import Checkpoints
import Foundation
import JSONReading
import Testing

@Suite struct HuggingFaceFolderTests {
    @Test("a sharded folder has every tensor as transformers wrote it")
    func shardedFolderHasEveryTensor() throws {
        let path = try fixture("tiny-llama")
        let folder = try HuggingFaceFolder(path)
        let expected = try #require(try readJSON(path + "/expected.json").members)
        #expect(expected.count == 21)
        #expect(folder.weights.tensors.count == expected.count)
        for (name, entry) in expected.members {
            let tensor = try #require(folder.weights[name])
            #expect(tensor.shape == entry["shape"]?.elements?.compactMap(\.integer))
            #expect(tensor.typeName == "BF16")
            #expect(try checksum(tensor) == entry["crc32"]?.integer)
        }
        #expect(folder.configuration["model_type"]?.string == "llama")
        #expect(folder.endTokens == [2, 7])
    }

    @Test("the tokenizer's files are found, and the template file wins over the key")
    func tokenizerFilesFoundTemplateFile() throws {
        let folder = try HuggingFaceFolder(try fixture("tiny-llama"))
        #expect(folder.tokenizer.tokenizerJSON == nil)
        #expect(folder.tokenizer.chatTemplates.map(\.name) == ["default"])
        #expect(folder.tokenizer.chatTemplates.first?.template == "{{ messages[0].content }}")
        #expect(folder.tokenizer.specialToken("bos_token") == "<s>")
        #expect(folder.tokenizer.specialToken("eos_token") == "</s>")
        #expect(folder.tokenizer.specialToken("pad_token") == nil)
    }

    @Test("templates with names come from tokenizer_config, the default first")
    func templatesNamesComeFromTokenizer() throws {
        let copy = try TemporaryFile(copyOf: try fixture("tiny-llama"))
        try copy.remove("chat_template.jinja")
        try copy.write(
            #"{"chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]}"#,
            to: "tokenizer_config.json")
        let templates = try HuggingFaceFolder(copy.path).tokenizer.chatTemplates
        #expect(templates.map(\.name) == ["default", "tool_use"])
        #expect(templates.map(\.template) == ["D", "T"])
    }

    @Test("everything that is wrong in all files is said at once")
    func everythingWrongAllFilesSaid() throws {
        let copy = try TemporaryFile(copyOf: try fixture("tiny-llama"))
        try copy.remove("model-00001-of-00003.safetensors")
        try copy.write("{", to: "config.json")
        try copy.write("[]", to: "generation_config.json")
        try copy.write(#"{"chat_template": 1}"#, to: "tokenizer_config.json")
        try copy.remove("chat_template.jinja")
        let error = #expect(throws: CheckpointError.self) { try HuggingFaceFolder(copy.path) }
        #expect(
            error?.problems == [
                "config.json: 1:2: expected a name in quotes", "generation_config.json: a list, expected an object",
                "model.safetensors.index.json: model-00001-of-00003.safetensors: the file can't be opened: No such file or directory",
                "tokenizer_config.json: chat_template: an integer, expected a string or a list",
            ])
    }

    @Test("an index that doesn't fit its files says each tensor, with the nearest name")
    func indexDoesntFitFilesSays() throws {
        let copy = try TemporaryFile(copyOf: try fixture("tiny-llama"))
        try copy.write(
            #"""
            {"weight_map": {"model.embed_tokens.weights": "model-00001-of-00003.safetensors",
             "lm_head.weight": "../secret.safetensors", "b": 1, "c": "/etc/passwd"}}
            """#, to: "model.safetensors.index.json")
        let error = #expect(throws: CheckpointError.self) { try HuggingFaceFolder(copy.path) }
        #expect(
            error?.problems == [
                "model.safetensors.index.json: tensor 'lm_head.weight': '../secret.safetensors' is not the name of a file in the same folder",
                "model.safetensors.index.json: tensor 'b': an integer, expected a file name",
                "model.safetensors.index.json: tensor 'c': '/etc/passwd' is not the name of a file in the same folder",
            ])
        try copy.write(
            #"{"weight_map": {"model.embed_tokens.weights": "model-00001-of-00003.safetensors"}}"#,
            to: "model.safetensors.index.json")
        let second = #expect(throws: CheckpointError.self) { try HuggingFaceFolder(copy.path) }
        let problems = try #require(second?.problems)
        #expect(
            problems.first?.hasSuffix("where the index places it; the nearest there is 'model.embed_tokens.weight'")
                == true)
        #expect(
            problems.dropFirst().allSatisfy { $0.hasSuffix("in model-00001-of-00003.safetensors is not in the index") })
        #expect(problems.count > 1)
    }

    @Test("a folder without weights in safetensors says what there is")
    func folderWithoutWeightsSafetensorsSays() throws {
        let copy = try TemporaryFile(copyOf: try fixture("tiny-llama"))
        for name in ["model.safetensors.index.json", "config.json"] { try copy.remove(name) }
        for shard in 1...3 { try copy.remove("model-0000\(shard)-of-00003.safetensors") }
        try copy.write("", to: "pytorch_model.bin")
        let error = #expect(throws: CheckpointError.self) { try HuggingFaceFolder(copy.path) }
        #expect(
            error?.problems == [
                "no config.json, which describes the model",
                "no model.safetensors and no model.safetensors.index.json; found pytorch_model.bin; "
                    + "pickled weights are not read: save the model again with safetensors",
            ])
        #expect(throws: CheckpointError.self) { try HuggingFaceFolder(copy.path + "/nowhere") }
    }
}

/// The CRC-32 of a tensor's elements as Float32.
func checksum(_ tensor: StoredTensor) throws -> Int {
    try tensor.floats().withUnsafeBytes {
        Int(crc32(0, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32($0.count)))
    }
}
