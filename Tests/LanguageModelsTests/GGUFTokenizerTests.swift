import Checkpoints
import Foundation
import LanguageModels
import Testing
import Tokenization

@Suite("Tokenizers of GGUF files") struct GGUFTokenizerTests {
    @Test("a file with the tokenizer alone gives the same tokenizer, whatever else was in the model's file")
    func alone() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-gguf-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (model, alone) = (folder.appendingPathComponent("model").path, folder.appendingPathComponent("alone").path)

        var file = GGUFExport(architecture: "llama")
        let bytes = (0..<256).map { String(format: "<0x%02X>", $0) }
        let pieces = ["<unk>", "<s>", "</s>", "<extra>"] + bytes + ["\u{2581}", "a", "b", "ab", "\u{2581}ab"]
        file.set("llama.block_count", .uint32(2))
        file.set("general.name", .string("a name"))
        file.set("tokenizer.ggml.model", .string("llama"))
        file.set("tokenizer.ggml.tokens", .strings(pieces.map { Array($0.utf8) }))
        file.set("tokenizer.ggml.scores", .float32s(pieces.indices.map { Float(-$0) }))
        let kinds: [Int32] = [2, 3, 3, 4] + bytes.map { _ in 6 } + [1, 1, 1, 1, 1]
        file.set("tokenizer.ggml.token_type", .int32s(kinds))
        file.set("tokenizer.ggml.bos_token_id", .uint32(1))
        file.set("tokenizer.ggml.eos_token_id", .uint32(2))
        file.set("tokenizer.ggml.add_bos_token", .bool(true))
        file.set("tokenizer.ggml.add_space_prefix", .bool(true))
        file.set("tokenizer.chat_template", .string("{{ messages }}"))
        try file.write(to: model)

        let opened = try GGUFFile(model)
        try opened.writeTokenizer(to: alone)
        let found = try GGUFFile(alone)
        let (tokenizer, expected) = (try found.tokenizer(), try opened.tokenizer())
        #expect(tokenizer.digest == expected.digest)
        #expect(tokenizer.end == 2 && tokenizer.leadingTokens == [1])
        #expect(try tokenizer.encode("ab \u{e9}").map(\.id) == expected.encode("ab \u{e9}").map(\.id))
        #expect(found.tensors.isEmpty && found.value("llama.block_count") == nil)
        #expect(found.value("tokenizer.chat_template") == nil)
    }
}
