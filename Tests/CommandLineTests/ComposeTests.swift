import Foundation
import Testing

/// `calm compose`.
@Suite struct ComposeTests {
    /// A folder with two models of different tokenizers, and prompts with answers.
    private static func workspace() throws -> Workspace {
        let workspace = try Workspace()
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Fixtures/tiny-chat")
        try FileManager.default.copyItem(at: fixture, to: workspace.file("tiny"))
        var lines = ""
        for number in 0..<60 {
            lines += "{\"prompt\": \"say \(number) \", \"answer\": \"no, don't \(number % 7)\\n\"}\n"
        }
        try workspace.write(lines, to: "pairs.jsonl")
        try workspace.write(
            """
            name: words
            stages:
              words: { uses: tokenizer.train, in: { texts: { file: pairs.jsonl } }, with: { vocabulary-size: 290 } }
              corpus: { uses: corpus.tokenize, in: { datasets: { file: pairs.txt }, tokenizer: words }, with: { longest: 16 } }
              memory: { uses: model.train, in: { corpus: corpus }, with: { layers: 4, width: 16, heads: 2, steps: 2, batch: 2 } }

            """, to: "words.yaml")
        try workspace.write("say no, don't 1 2 3 4 5 6 7\n", to: "pairs.txt")
        #expect(try workspace.calm("run", "words.yaml", "--store", "s").exit == 0)
        let export = try workspace.calm(
            "export", "memory", "--format", "huggingface", "--out", "memory", "--store", "s")
        #expect(export.exit == 0, "\(export)")
        return workspace
    }

    private static let words = ["compose", "--anchor", "tiny", "--augmenting", "./memory", "--store", "s"]

    @Test("joins two models, measures them and the composition, and is cached the next time")
    func joins() throws {
        let workspace = try Self.workspace()
        let arguments =
            Self.words + ["--data", "pairs.jsonl", "--out", "joined", "--steps", "0", "--connections", "3:0", "--json"]
        let ending = try workspace.calm(arguments)
        #expect(ending.exit == 0, "\(ending)")
        let run = try #require(try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any])
        let stages = try #require(run["stages"] as? [[String: Any]])
        func metrics(_ stage: String) throws -> [String: Double] {
            try #require(stages.first { $0["name"] as? String == stage }?["metrics"] as? [String: Double], "\(stage)")
        }
        let (own, joined) = (try metrics("likelihood[model=anchor]"), try metrics("likelihood[model=joined]"))
        #expect(
            own["bits-per-byte"] != nil && own["bits-per-byte"] == joined["bits-per-byte"], "untrained it is the anchor"
        )
        #expect(try metrics("likelihood[model=augmenting]")["bits-per-byte"] != own["bits-per-byte"])
        #expect(try metrics("answers[model=joined]")["count"] == own["documents"])
        let again = try workspace.calm(arguments)
        #expect(again.exit == 0 && !again.output.contains("\"state\":\"executed\""), "\(again)")

        let verified = try workspace.calm("store", "verify", "--store", "s")
        #expect(verified.exit == 0 && !verified.output.contains("not written by calm"), "\(verified)")
        #expect(try !workspace.calm("store", "gc", "--store", "s").output.contains("compositions"))
        let inspected = try workspace.calm("inspect", "joined", "--store", "s")
        #expect(inspected.exit == 0 && !inspected.output.contains(" 0 parameters"), "\(inspected)")

        // It is used like any model.
        let store = ["--store", "s"]
        let generated = try workspace.calm(["generate", "joined", "--prompt", "say 12 ", "--tokens", "5"] + store)
        let alone = try workspace.calm(["generate", "tiny", "--prompt", "say 12 ", "--tokens", "5"])
        #expect(generated.exit == 0 && generated.output == alone.output, "\(generated)")
        let answer = try workspace.calm(["generate", "joined", "--prompt", "say", "--tokens", "2", "--json"] + store)
        #expect(answer.output.contains("\"ids\"") && answer.output.contains("\"seconds\""), "\(answer)")
        let ids = try workspace.calm(["tokenize", "joined", "--text", "don't"] + store)
        #expect(try ids.exit == 0 && ids.output == workspace.calm("tokenize", "tiny", "--text", "don't").output)
        try workspace.write("don't say 12", to: "text.txt")
        let (one, other) = (
            try workspace.calm(["perplexity", "joined", "--file", "text.txt", "--json"] + store),
            try workspace.calm("perplexity", "tiny", "--file", "text.txt", "--json")
        )
        #expect(one.exit == 0, "\(one)")
        func nats(_ ending: CalmProcess.Ending) throws -> Double {
            let object = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
            return try #require(object?["bits_per_byte"] as? Double, "\(ending)")
        }
        #expect(try nats(one) == nats(other))
    }

    @Test("prints a pipeline that can be kept, for texts too")
    func prints() throws {
        let workspace = try Self.workspace()
        try workspace.write(
            "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", \"content\": \"b\"}]}\n",
            to: "chats.jsonl")
        for (data, kind, acts) in [
            ("pairs.jsonl", "text.examples", "after-prompt"), ("chats.jsonl", "text.examples", "after-prompt"),
            ("pairs.txt", "text.corpus", "everywhere"),
        ] {
            let ending = try workspace.calm(
                Self.words + ["--data", data, "--connections", "uniform:1", "--steps", "3", "--print"])
            #expect(
                ending.exit == 0 && ending.output.contains(kind) && ending.output.contains("{ uniform: 1 }")
                    && ending.output.contains("acts: \(acts)\n"),
                "\(ending)")
            try workspace.write(ending.output, to: "kept.yaml")
            let valid = try workspace.calm("validate", "kept.yaml")
            #expect(valid.exit == 0, "\(valid)")
        }
        #expect(!FileManager.default.fileExists(atPath: workspace.file("s/compositions").path))
        let prefixed = try workspace.calm(
            Self.words + [
                "--data", "pairs.jsonl", "--anchor-prefix", "say 1 \"no\"\n", "--steps", "0", "--connections", "3:0",
                "--json",
            ])
        #expect(prefixed.exit == 0, "\(prefixed)")
        let run = try #require(try JSONSerialization.jsonObject(with: Data(prefixed.output.utf8)) as? [String: Any])
        let metrics = try #require(run["stages"] as? [[String: Any]]).reduce(into: [String: Double]()) {
            $0[$1["name"] as? String ?? ""] = ($1["metrics"] as? [String: Double])?["bits-per-byte"]
        }
        let (own, composed) = (metrics["anchor-likelihood"] ?? 0, metrics["likelihood[model=composed]"] ?? 1)
        #expect(abs(own - composed) < 1e-5, "untrained it is its anchor behind the prefix: \(metrics)")
    }

    @Test("what is missing or makes no sense is said before anything runs")
    func refused() throws {
        let workspace = try Self.workspace()
        try workspace.write("{\"question\": 1}\n", to: "other.jsonl")
        try workspace.write("{\"messages\": []}\n", to: "chats.jsonl")
        for (arguments, message) in [
            (["--data", "none.jsonl"], "none.jsonl: no such file"), (["--data", "other.jsonl"], "question; expected"),
            (["--data", "pairs.jsonl", "--data", "pairs.txt"], "of different kinds"),
            (["--data", "pairs.txt", "--acts", "after-prompt"], "the data are texts"),
            (["--data", "chats.jsonl", "--acts", "everywhere"], "words of its own"),
            (["--data", "pairs.jsonl", "--out", "anchor"], "another stage"),
            (["--data", "pairs.jsonl", "--out", "a b"], "is no name"),
            (["--data", "pairs.jsonl", "--connections", "3-0"], "--connections"),
            (["--data", "pairs.jsonl", "--held-out", "1"], "--held-out"),
            (["--data", "pairs.jsonl", "--augmenting", "none"], "none: no such file or folder"), ([], "--data"),
        ] {
            let ending = try workspace.calm(Self.words + arguments)
            #expect(ending.exit == 2 && ending.errors.contains(message), "\(arguments): \(ending)")
        }
    }
}
