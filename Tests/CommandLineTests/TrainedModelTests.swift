import Foundation
import Testing

/// Models and compositions that were trained here take the options that models from outside take.
@Suite("trained models by the commands for models")
struct TrainedModelTests {
    /// Answers a line each, by their models' names.
    private func ask(
        _ command: String, _ model: String, _ lines: [String], _ arguments: [String] = [], exit: Int32 = 0
    ) throws -> [[String: Any]] {
        let learning = try LearningRun.shared.get()
        let workspace = try Workspace()
        try workspace.write(lines.joined(separator: "\n") + "\n", to: "in.jsonl")
        let ending = try workspace.calm(
            [command, model, "--jsonl", "in.jsonl", "--store", learning.store.path] + arguments)
        #expect(ending.exit == exit, "\(ending.errors)")
        return try ending.output.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    private let prompts = ["1+2=", "3-1=", "12+4="].map { "{\"prompt\": \"\($0)\", \"kept\": true}" }

    @Test("JSON lines, log-probabilities and stop texts", arguments: ["anchor", "composed"])
    func lines(model: String) throws {
        let learning = try LearningRun.shared.get()
        let found = try ask("generate", model, prompts, ["--tokens", "8", "--ignore-eos", "--logprobs", "2"])
        #expect(found.count == 3)
        for answer in found {
            #expect(answer["kept"] as? Bool == true && answer["finish"] as? String == "length")
            #expect((answer["ids"] as? [Int])?.count == 8)
            let rows = answer["logprobs"] as? [[String: Any]] ?? []
            #expect(rows.count == 8)
            for row in rows {
                let top = row["top"] as? [[String: Any]] ?? []
                #expect(top.count == 2 && top.first?["logprob"] as? Double == row["logprob"] as? Double)
            }
        }
        // The same prompt as text, where it is alone in its batch.
        let text = try #require(found[0]["text"] as? String)
        let words = ["generate", model, "--prompt", "1+2=", "--tokens", "8", "--ignore-eos"]
        #expect(try learning.calm(words + ["--store", "s"]).output == "1+2=\(text)\n")
        let stop = String(text.suffix(2))
        let stopped = try #require(
            try ask("generate", model, [prompts[0]], ["--tokens", "8", "--ignore-eos", "--stop", stop]).first)
        let end = try #require(text.range(of: stop)).lowerBound
        #expect(stopped["text"] as? String == String(text[..<end]) && stopped["finish"] as? String == "stop")
    }

    @Test("draws depend on the seed and the prompt's number, not on batches", arguments: ["anchor", "composed"])
    func sampling(model: String) throws {
        func ids(_ arguments: String...) throws -> [[Int]] {
            let options = ["--tokens", "20", "--temperature", "2", "--top-p", "0.99", "--ignore-eos"]
            return try ask("generate", model, prompts, options + arguments).compactMap { $0["ids"] as? [Int] }
        }
        let first = try ids("--seed", "1")
        #expect(first.count == 3)
        #expect(try ids("--seed", "1", "--batch", "3") == first)
        #expect(try ids("--seed", "2") != first)
        let greedy = try ask("generate", model, prompts, ["--tokens", "20", "--ignore-eos"])
        #expect(try ids("--top-k", "1") == greedy.compactMap { $0["ids"] as? [Int] })
        #expect(try ids("--top-k", "1", "--repetition-penalty", "100") != greedy.compactMap { $0["ids"] as? [Int] })
    }

    @Test("prompts in one batch are answered in their order, as one by one")
    func batches() throws {
        let learning = try LearningRun.shared.get()
        let words = ["generate", "composed", "--tokens", "6", "--prompt", "1+2=", "--prompt", "3-1=", "--store", "s"]
        let together = try learning.calm(words)
        #expect(together.exit == 0 && together.output.split(separator: "\n").map { $0.prefix(4) } == ["1+2=", "3-1="])
        #expect(try learning.calm(words + ["--batch", "1"]).output == together.output)
    }

    @Test("what a model without a chat template can't be asked is refused with the reason")
    func chats() throws {
        let learning = try LearningRun.shared.get()
        for model in ["anchor", "composed"] {
            let ending = try learning.calm("generate", model, "--chat", "--prompt", "1+2=", "--store", "s")
            #expect(
                ending.exit == 2 && ending.output.isEmpty && ending.errors.contains("no chat template"), "\(ending)")
            let messages = "{\"messages\": [{\"role\": \"user\", \"content\": \"1+2=\"}]}"
            let answers = try ask("generate", model, [messages, prompts[0]], exit: 4)
            #expect((answers.first?["error"] as? String)?.contains("no chat template") == true)
            #expect(answers.last?["text"] != nil)
        }
    }

    @Test("scores, perplexity and tokens; tokens that are read alone have no likelihood")
    func scores() throws {
        let text = "{\"text\": \"1+2=3\"}"
        let tokens = try #require(try ask("tokenize", "composed", [text]).first?["ids"] as? [Int])
        let score = try #require(try ask("score", "composed", [text], ["--top", "2"]).first)
        let nats = try #require(score["nats"] as? [Double])
        #expect(score["ids"] as? [Int] == tokens && nats.count == tokens.count - 1)
        #expect((score["top"] as? [[String: Any]])?.count == 2)
        let perplexity = try #require(try ask("perplexity", "composed", [text]).first)
        #expect(abs((perplexity["nats"] as? Double ?? 0) - nats.reduce(0, +)) < 1e-4)
        // 16 symbols, which are written, and 16 keys, which are only read.
        let key = "{\"ids\": [\(tokens[0]), 31, \(tokens[0])]}"
        let refused = try #require(try ask("score", "anchor", [key], exit: 4).first)
        #expect((refused["error"] as? String)?.contains("never writes it") == true, "\(refused)")
    }
}
