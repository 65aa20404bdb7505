import Foundation
import Testing

/// `calm score` of models that were trained here.
@Suite("scores of trained models") struct TrainedScoreTests {
    private struct Answer: Decodable {
        struct Candidate: Decodable {
            let id: Int
            let text: String
            let logit: Double
        }
        let ids: [Int]
        let nats: [Double]
        let top: [Candidate]
    }

    private func answers(_ model: String, _ lines: String, _ more: String...) throws -> [Answer] {
        let workspace = try Workspace()
        try workspace.write(lines, to: "in.jsonl")
        let store = try LearningRun.shared.get().file("s").path
        let ending = try workspace.calm(["score", model, "--jsonl", "in.jsonl", "--store", store] + more)
        #expect(ending.exit == 0, "\(ending)")
        return try ending.output.split(separator: "\n").map {
            try JSONDecoder().decode(Answer.self, from: Data($0.utf8))
        }
    }

    @Test(
        "the likeliest next token is the one that it generates, and texts are as likely as their ids",
        arguments: ["anchor", "composed"])
    func likeliest(model: String) throws {
        let learning = try LearningRun.shared.get()
        for prompt in ["1+2=", "12-7="] {
            let answer = try #require(try answers(model, "{\"text\": \"\(prompt)\"}\n", "--top", "3").first)
            #expect(answer.ids.count > 1 && answer.nats.count == answer.ids.count - 1 && answer.top.count == 3)
            #expect(answer.top[0].logit >= answer.top[1].logit && answer.nats.allSatisfy { $0 > 0 })
            let generated = try learning.calm(
                "generate", model, "--prompt", prompt, "--tokens", "1", "--store", "s")
            let next = generated.output.dropFirst(prompt.count).dropLast()
            // A token that ends the text is no part of it.
            #expect(answer.top[0].text == next || next.isEmpty, "\(generated): \(answer.top)")
            let same = try answers(model, "{\"ids\": \(answer.ids)}\n", "--top", "3")
            #expect(same.first?.nats == answer.nats && same.first?.top.map(\.logit) == answer.top.map(\.logit))
        }
    }
}
