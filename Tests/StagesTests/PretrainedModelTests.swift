import Artifacts
import Foundation
import LanguageModels
import Pipelines
import Tasks
import Testing

/// `model.import`, `model.perplexity` and `model.generate`, with a tiny random chat model in a Hugging Face folder.
@Suite("Models from outside in pipelines") struct PretrainedModelTests {
    private static let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("CommandLineTests/Fixtures/tiny-chat")
    private static let imported = "  tiny: { uses: model.import, in: { source: { folder: tiny } } }\n"

    private let workshop: SourceWorkshop

    init() throws {
        workshop = try SourceWorkshop()
        try FileManager.default.copyItem(at: Self.fixture, to: workshop.folder.appendingPathComponent("tiny"))
    }

    private func copies() throws -> [String] {
        let folder = workshop.store.root.appendingPathComponent("materialized").path
        return try FileManager.default.contentsOfDirectory(atPath: folder)
    }

    private func success(_ stages: String) async throws -> RunResult {
        let result = try await workshop.run(stages)
        for stage in result.stages { #expect(stage.failure == nil, "\(stage.failure?.message ?? "")") }
        return result
    }

    @Test("an imported model has the files' own blobs, and a plain copy that can be mapped")
    func imports() async throws {
        let result = try await success(Self.imported)
        let model = try workshop.workshop.artifact("tiny", "model", of: result)
        #expect(model.manifest.type == .pretrainedModel)
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.fixture.path)
        #expect(Set(model.manifest.members.keys) == Set(names))
        for name in names {
            let file = Self.fixture.appendingPathComponent(name)
            #expect(model.manifest.members[name]?.digest == (try Digest(ofFile: file)))
        }
        #expect(try copies() == [model.digest.hex])
        #expect(result.metrics("tiny")["vocabulary"] ?? 0 > 100)
        #expect(try workshop.store.verify().isSound && workshop.store.foreignFiles().isEmpty)
    }

    @Test("what is wrong with a model is told at once, by the names of its files")
    func broken() async throws {
        let config = workshop.folder.appendingPathComponent("tiny/config.json")
        let text = try String(contentsOf: config, encoding: .utf8)
        try text.replacingOccurrences(of: "\"num_hidden_layers\": 2", with: "\"num_hidden_layers\": 3")
            .write(to: config, atomically: true, encoding: .utf8)
        var failure = try #require(try await workshop.run(Self.imported).stages[0].failure)
        #expect(failure.category == .badInput)
        #expect(failure.message.contains("model.layers.2.self_attn.q_proj.weight"), "\(failure.message)")
        #expect(failure.message.contains("model.layers.2.mlp.up_proj.weight"), "\(failure.message)")
        #expect(!failure.message.contains("materialized"), "\(failure.message)")

        try workshop.write("no model", to: "a.gguf")
        let file = "  a: { uses: model.import, in: { source: { file: a.gguf } } }\n"
        failure = try #require(try await workshop.run(file).stages[0].failure)
        #expect(failure.category == .badInput && failure.message.contains("a.gguf"), "\(failure.message)")
        try workshop.write("no model", to: "b/a.txt")
        try workshop.write("no model", to: "b/b.txt")
        let folder = "  a: { uses: model.import, in: { source: { folder: b } } }\n"
        failure = try #require(try await workshop.run(folder).stages[0].failure)
        #expect(failure.category == .badInput && failure.message.contains("neither config.json nor a .gguf file"))
    }

    @Test("perplexity of several texts: sums, and each file's own")
    func perplexity() async throws {
        try workshop.write("The quick brown fox jumps over the lazy dog, again and again.", to: "a.txt")
        try workshop.write("def f(n): return n", to: "b.txt")
        let stages =
            Self.imported + """
                  both:
                    uses: model.perplexity
                    in: { model: tiny, text: [{ file: a.txt }, { file: b.txt }] }
                    with: { context: 16, stride: 4 }
                    expect: { tokens: "> 10", bytes: "== 79" }
                  one: { uses: model.perplexity, in: { model: tiny, text: { file: a.txt } }, with: { context: 16, stride: 4 } }

                """
        let result = try await success(stages)
        let (both, one) = (result.metrics("both"), result.metrics("one"))
        let opened = try TextModel(path: Self.fixture.path)
        var sum = TextPerplexity()
        for (name, text) in [
            ("a.txt", "The quick brown fox jumps over the lazy dog, again and again."), ("b.txt", "def f(n): return n"),
        ] {
            let ids = try TextReading().tokens(text, opened.text.tokenizer).map(\.id)
            let value = try TextPerplexity(ids, bytes: text.utf8.count, opened, window: 16, stride: 4)
            #expect(both["\(name).perplexity"] == value.perplexity)
            if name == "a.txt" { #expect(one["perplexity"] == value.perplexity) }
            sum = sum + value
        }
        #expect(both["perplexity"] == sum.perplexity && both["bits-per-byte"] == sum.bitsPerByte)
        #expect(
            both["nats-per-token"] == log(sum.perplexity)
                || abs((both["nats-per-token"] ?? 0) - log(sum.perplexity)) < 1e-12)
        #expect(both["tokens"] == Double(sum.tokens))
        let table = try workshop.workshop.artifact("both", "texts", of: result)
        #expect(try workshop.workshop.rows("texts.tsv", of: table).map { $0[0] } == ["a.txt", "b.txt"])
    }

    @Test("continuations are those of transformers; other fields are kept, and a second model copy isn't needed")
    func generates() async throws {
        struct Expected: Decodable {
            struct Generation: Decodable {
                let prompt: String
                let ids: [Int]
            }
            let generations: [Generation]
        }
        let expected = try JSONDecoder().decode(
            Expected.self, from: Data(contentsOf: Self.fixture.appendingPathComponent("expected.json")))
        let lines = try expected.generations.enumerated().map { index, item in
            let object: [String: Any] = ["prompt": item.prompt, "n": index]
            return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
        }
        try workshop.write(lines.joined(separator: "\n\n") + "\n", to: "p.jsonl")
        let stage =
            "  out: { uses: model.generate, in: { model: tiny, prompts: { file: p.jsonl } }, "
            + "with: { tokens: 12, ignore-eos: true } }\n"
        let result = try await success(Self.imported + stage)
        let text = try #require(try workshop.members("out", of: result)["answers.jsonl"])
        let answers = try text.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(answers.map { $0["ids"] as? [Int] } == expected.generations.map(\.ids))
        #expect(answers.map { $0["n"] as? Int } == Array(answers.indices))
        #expect(answers.allSatisfy { Set($0.keys) == ["n", "text", "ids", "finish"] })
        #expect(result.metrics("out") == ["prompts": Double(lines.count), "tokens": Double(lines.count * 12)])

        // The plain copy can go, and a changed one isn't believed: the answer is the same, cached or not.
        let digest = try workshop.workshop.artifact("tiny", "model", of: result).digest.hex
        let copy = workshop.store.root.appendingPathComponent("materialized/\(digest)")
        let weights = copy.appendingPathComponent("model.safetensors")
        var bytes = try Data(contentsOf: weights)
        bytes[bytes.count - 1] ^= 0x40
        try FileManager.default.removeItem(at: weights)
        try bytes.write(to: weights)
        for attempt in 0..<2 {
            let again = try await workshop.run(Self.imported + stage, forcing: .all)
            #expect(again.outputs["out.answers"] == result.outputs["out.answers"], "\(attempt)")
            try FileManager.default.removeItem(at: copy)
        }
    }

    @Test(
        "a line that can't be answered is named, and nothing is given",
        arguments: [
            ("{\"prompt\": \"a\"}\n{\"x\": 1}\n", "line 2: none of 'prompt', 'ids' and 'messages'"),
            ("{\"prompt\": \"a\"}\n\n[1]\n", "line 3: "), ("\n", "has no line"),
            ("{\"ids\": [100000]}\n", "'ids': 100000"), ("{\"prompt\": \"\"}\n", "the prompt has no tokens"),
        ])
    func badLines(text: String, message: String) async throws {
        try workshop.write(text, to: "p.jsonl")
        let result = try await workshop.run(
            Self.imported + "  out: { uses: model.generate, in: { model: tiny, prompts: { file: p.jsonl } } }\n")
        let failure = try #require(result.stages.first { $0.name == "out" }?.failure)
        #expect(failure.category == .badInput && failure.message.contains(message), "\(failure.message)")
    }

    @Test("parameters that can't go together are found before anything runs")
    func mistakes() {
        for (with, message) in [("system: x", "expected chat: true"), ("tokens: 0", "tokens")] {
            let text =
                "name: p\nstages:\n" + Self.imported
                + "  p: { uses: source.file, with: { path: p, sha256: unknown } }\n"
                + "  out: { uses: model.generate, in: { model: tiny, prompts: p }, with: { \(with) } }\n"
            let error = #expect(throws: PipelineDiagnostics.self) {
                try PipelineLoader().load(text: text, registry: .builtIn)
            }
            #expect("\(error as Any)".contains(message), "\(error as Any)")
        }
    }
}
