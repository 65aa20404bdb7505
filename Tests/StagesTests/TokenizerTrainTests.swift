import Foundation
import Pipelines
import Tasks
import Testing
import Tokenization

/// `tokenizer.train`, against what Hugging Face's trainer makes of the same file.
@Suite("Tokenizers trained in pipelines") struct TokenizerTrainTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("TokenizationTests/Fixtures")

    private let workshop: SourceWorkshop

    init() throws {
        workshop = try SourceWorkshop()
        try FileManager.default.copyItem(
            at: Self.fixtures.appendingPathComponent("lines.txt"),
            to: workshop.folder.appendingPathComponent("lines.txt"))
    }

    private func stage(_ with: String, texts: String = "{ file: lines.txt }") -> String {
        "  t: { uses: tokenizer.train, in: { texts: \(texts) }, with: { \(with) } }\n"
    }

    private func train(_ with: String, texts: String = "{ file: lines.txt }") async throws -> (
        files: [String: String], metrics: [String: Double]
    ) {
        let result = try await workshop.run(stage(with, texts: texts))
        return (try workshop.members("t", of: result), result.metrics("t"))
    }

    @Test("vocabulary, merges and encoding are those of Hugging Face's trainer")
    func equal() async throws {
        let options = "special-tokens: ['<|endoftext|>', '<pad>'], minimum-frequency: 2, pattern: llama3"
        let found = try await train("vocabulary-size: 310, \(options)")
        let json = Array(try #require(found.files["tokenizer.json"]).utf8)
        let expected = Array(try Data(contentsOf: Self.fixtures.appendingPathComponent("trained-lines.json")))
        #expect(
            try SubwordTokenizer(tokenizerJSON: json).digest == SubwordTokenizer(tokenizerJSON: expected).digest)
        let text = try #require(found.files["tokenizer_config.json"])
        let configuration = try #require(
            JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(configuration["eos_token"] as? String == "<|endoftext|>")
        #expect(configuration["tokenizer_class"] as? String == "PreTrainedTokenizerFast")
        #expect(found.metrics["vocabulary"] == 310)
        let size = try Data(contentsOf: workshop.folder.appendingPathComponent("lines.txt")).count
        #expect(found.metrics["bytes"] == Double(size))
    }

    @Test("of prompts and answers it learns from each prompt with its answer behind it")
    func examples() async throws {
        try workshop.write(
            "{\"prompt\": \"ab ab\", \"answer\": \" ab\\n\"}\n{\"prompt\": \"ab\", \"answer\": \"ab ab ab\"}\n",
            to: "e.jsonl")
        try workshop.write("ab ab ab\nabab ab ab\n", to: "e.txt")
        let with = "vocabulary-size: 260, texts: files"
        let result = try await workshop.run(
            "  e: { uses: text.examples, in: { examples: { file: e.jsonl } }, with: { validation: 0, test: 0 } }\n"
                + stage(with, texts: "e.train"))
        let plain = try await train(with, texts: "{ file: e.txt }")
        #expect(try workshop.members("t", of: result)["tokenizer.json"] == plain.files["tokenizer.json"])
        #expect(result.metrics("t")["bytes"] == 19)
    }

    @Test("files as wholes, other patterns, forms and expressions give other tokenizers; several files are one corpus")
    func settings() async throws {
        try workshop.write("e\u{301}e\u{301} e\u{301}e\u{301} 1212 1212\n\n\n\n", to: "more.txt")
        let both = "[{ file: lines.txt }, { file: more.txt }]"
        var seen: Set<String> = []
        for with in [
            "pattern: gpt2", "pattern: qwen2", "pattern: llama3", "pattern: smollm", "regex: '[a-z]+|.'",
            "texts: files", "normalization: nfc", "minimum-frequency: 4", "special-tokens: []", "bos: '<|endoftext|>'",
        ] {
            let files = try await train("vocabulary-size: 300, \(with)", texts: both).files
            seen.insert((files["tokenizer.json"] ?? "") + (files["tokenizer_config.json"] ?? ""))
        }
        #expect(seen.count == 10)
        let swapped = try await train("vocabulary-size: 300", texts: "[{ file: more.txt }, { file: lines.txt }]").files
        #expect(try await swapped == train("vocabulary-size: 300", texts: both).files)
    }

    @Test("text that isn't UTF-8, or isn't there, is named")
    func badTexts() async throws {
        try Data([0x61, 0xFF, 0x62]).write(to: workshop.folder.appendingPathComponent("bad.txt"))
        try workshop.write("", to: "empty.txt")
        for (name, message) in [("bad.txt", "bad.txt of 'bad.txt' is not UTF-8"), ("empty.txt", "has no text")] {
            let result = try await workshop.run(stage("", texts: "[{ file: \(name) }]"))
            let failure = try #require(result.stages.first?.failure)
            #expect(failure.category == .badInput && failure.message.contains(message), "\(failure.message)")
        }
    }

    @Test(
        "settings that can't be are found before anything runs",
        arguments: [
            ("special-tokens: [a, b, a]", "found 'a' twice"), ("special-tokens: ['']", "found an empty token"),
            ("eos: '</s>'", "found '</s>', expected one of special-tokens: <|endoftext|>"),
            ("bos: a, special-tokens: []", "found 'a', expected one of special-tokens, which has none"),
            ("vocabulary-size: 256", "found 256, expected at least 257"), ("regex: '(a'", "regex"),
            ("regex: a, pattern: qwen2", "found a pattern, too"), ("pattern: gpt5", "gpt2"),
        ])
    func mistakes(with: String, message: String) {
        let error = #expect(throws: PipelineDiagnostics.self) {
            try PipelineLoader().load(
                text: "name: p\nstages:\n" + stage(with), name: workshop.folder.appendingPathComponent("p.yaml").path,
                registry: .builtIn)
        }
        #expect("\(error as Any)".contains(message), "\(error as Any)")
    }
}
