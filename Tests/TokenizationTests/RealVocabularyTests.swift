import Crypto
import Foundation
import Testing
import Tokenization

/// Vocabularies of real models, found by their digests in the folder that `CALM_TEST_MODELS` names; `Fixtures/real.json`
/// says what Hugging Face `tokenizers` makes of texts with them (`Oracle/make_tokenizers.py`).
@Suite struct RealVocabularyTests {
    struct Known: Decodable, Sendable, CustomTestStringConvertible {
        struct Case: Decodable, Sendable {
            var text: String
            var ids: [Int32]
            var ends: [Int]
        }

        var name: String
        var bytes: Int
        var sha256: String
        var cases: [Case]

        var testDescription: String { name }
    }

    private static let folder = ProcessInfo.processInfo.environment["CALM_TEST_MODELS"]

    private static let known: [Known] = {
        guard let data = try? Data(contentsOf: Fixture.folder.appending(path: "real.json")) else { return [] }
        return (try? JSONDecoder().decode([Known].self, from: data)) ?? []
    }()

    @Test func theCasesAreThere() {
        #expect(Self.known.map(\.name) == ["gpt2", "llama3", "qwen2", "mistral"])
    }

    @Test(
        .enabled(if: folder != nil, "set CALM_TEST_MODELS to a folder with vocabularies of real models"),
        arguments: known) func encodesAsHuggingFace(known: Known) throws
    {
        guard let bytes = try Self.find(known) else {
            withKnownIssue("\(known.name): no file of SHA-256 \(known.sha256) in \(Self.folder ?? "")") {
                Issue.record("the vocabulary is missing")
            }
            return
        }
        let tokenizer = try Self.open(known.name, bytes)
        for sample in known.cases {
            let tokens = try tokenizer.encode(sample.text, control: .parsed)
            #expect(tokens.map(\.id) == sample.ids, "\(sample.text.debugDescription)")
            #expect(sample.text.roundedUp(tokens.map(\.end)) == sample.ends, "\(sample.text.debugDescription)")
        }
    }

    private static func open(_ name: String, _ bytes: [UInt8]) throws -> SubwordTokenizer {
        switch name {
        case "gpt2":
            return try SubwordTokenizer(tiktoken: bytes, preTokenizer: "gpt-2", controlTokens: ["<|endoftext|>"])
        case "llama3":
            return try SubwordTokenizer(
                tiktoken: bytes, preTokenizer: "llama-bpe",
                controlTokens: [
                    "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
                ])
        case "qwen2":
            return try SubwordTokenizer(
                tiktoken: bytes, preTokenizer: "qwen2",
                controlTokens: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
        default: return try SubwordTokenizer(sentencePiece: bytes)
        }
    }

    private static func find(_ known: Known) throws -> [UInt8]? {
        let files = FileManager.default.enumerator(
            at: URL(filePath: folder ?? "/nowhere"), includingPropertiesForKeys: [.fileSizeKey])
        while let file = files?.nextObject() as? URL {
            guard try file.resourceValues(forKeys: [.fileSizeKey]).fileSize == known.bytes else { continue }
            let data = try Data(contentsOf: file)
            let digest = SHA256.hash(data: data).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
                .joined()
            if digest == known.sha256 { return Array(data) }
        }
        return nil
    }
}
