import Foundation
import LanguageModels
import Pipelines
import Tasks
import Testing

/// `model.score`, with a tiny random chat model, against what transformers makes of the same continuations.
@Suite("Scores of texts and continuations in pipelines") struct ModelScoreTests {
    private struct Record: Decodable {
        let prompt: String
        let delimiter: String
        let continuations: [String]
        let answer: Int?
        let ids: [[Int]]
        let nats: [[Double]]
        let likeliest: Int
        let likeliestPerByte: Int

        enum CodingKeys: String, CodingKey {
            case prompt, delimiter, continuations, answer, ids, nats, likeliest
            case likeliestPerByte = "likeliest_per_byte"
        }

        var line: String {
            get throws {
                var object: [String: Any] = ["prompt": prompt, "continuations": continuations, "kept": [1, 2]]
                object["answer"] = answer
                return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self) + "\n"
            }
        }
    }

    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("CommandLineTests/Fixtures")
    private static let imported = "  tiny: { uses: model.import, in: { source: { folder: tiny } } }\n"

    private let workshop: SourceWorkshop

    init() throws {
        workshop = try SourceWorkshop()
        try FileManager.default.copyItem(
            at: Self.fixtures.appendingPathComponent("tiny-chat"), to: workshop.folder.appendingPathComponent("tiny"))
    }

    private func records() throws -> [Record] {
        try JSONDecoder().decode(
            [Record].self, from: Data(contentsOf: Self.fixtures.appendingPathComponent("continuations.json")))
    }

    private func run(_ text: String, with: String = "") async throws -> RunResult {
        try workshop.write(text, to: "t.jsonl")
        return try await workshop.run(
            Self.imported
                + "  out: { uses: model.score, in: { model: tiny, texts: { file: t.jsonl } }, with: { \(with) } }\n")
    }

    private func scores(_ text: String, with: String = "") async throws -> (
        lines: [[String: Any]], metrics: [String: Double]
    ) {
        let result = try await run(text, with: with)
        for stage in result.stages { #expect(stage.failure == nil, "\(stage.failure?.message ?? "")") }
        let scores = try workshop.workshop.artifact("out", "scores", of: result)
        let lines = try String(decoding: scores.data("scores.jsonl"), as: UTF8.self).split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        return (lines, result.metrics("out"))
    }

    private func isClose(_ found: [Double], _ expected: [Double]) -> Bool {
        found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 }
    }

    @Test("continuations are scored and chosen as lm-evaluation-harness does it", arguments: ["", " "])
    func continuations(delimiter: String) async throws {
        let records = try records().filter { $0.delimiter == delimiter }
        let found = try await scores(try records.map { try $0.line }.joined(), with: "delimiter: '\(delimiter)'")
        #expect(found.lines.count == records.count && !records.isEmpty)
        var (right, rightPerByte, answers, nats, tokens, answerNats) = (0, 0, 0, 0.0, 0, [Double]())
        for (line, record) in zip(found.lines, records) {
            #expect(line["kept"] as? [Int] == [1, 2] && line["answer"] as? Int == record.answer)
            #expect(line["prompt"] == nil && line["continuations"] == nil)
            let scores = try #require(line["scores"] as? [[String: Any]])
            #expect(scores.map { $0["ids"] as? [Int] } == record.ids)
            for (score, expected) in zip(scores, record.nats) {
                #expect(isClose(try #require(score["nats"] as? [Double]), expected))
                #expect(isClose([try #require(score["log_probability"] as? Double)], [-expected.reduce(0, +)]))
            }
            #expect(scores.map { $0["bytes"] as? Int } == record.continuations.map(\.utf8.count))
            #expect(line["likeliest"] as? Int == record.likeliest)
            #expect(line["likeliest_per_byte"] as? Int == record.likeliestPerByte)
            #expect(line["correct"] as? Bool == record.answer.map { $0 == record.likeliest })
            #expect(line["correct_per_byte"] as? Bool == record.answer.map { $0 == record.likeliestPerByte })
            tokens += record.ids.reduce(0) { $0 + $1.count }
            nats += record.nats.joined().reduce(0, +)
            if let answer = record.answer {
                answers += 1
                right += answer == record.likeliest ? 1 : 0
                rightPerByte += answer == record.likeliestPerByte ? 1 : 0
                answerNats += record.nats[answer]
            }
        }
        let metrics = found.metrics
        #expect(metrics["records"] == Double(records.count) && metrics["answers"] == Double(answers))
        #expect(metrics["tokens"] == Double(tokens))
        #expect(isClose([metrics["nats-per-token"] ?? 0], [nats / Double(tokens)]))
        #expect(
            isClose([metrics["answer-nats-per-token"] ?? 0], [answerNats.reduce(0, +) / Double(answerNats.count)]))
        #expect(metrics["accuracy"] == Double(right) / Double(answers))
        #expect(metrics["accuracy-per-byte"] == Double(rightPerByte) / Double(answers))
        #expect(metrics["accuracy-low"] ?? 1 < metrics["accuracy"] ?? 0 || right == 0)
        #expect(metrics["accuracy-per-byte-high"] ?? 0 > metrics["accuracy-per-byte"] ?? 1 || rightPerByte == answers)
    }

    @Test("texts are scored as `calm score` does it; without answers there is no accuracy for a gate to pass on")
    func texts() async throws {
        struct Expected: Decodable {
            struct Score: Decodable {
                struct Candidate: Decodable { let id: Int }
                let text: String
                let ids: [Int]
                let nats: [Double]
                let top: [Candidate]
            }
            let scores: [Score]
        }
        let expected = try JSONDecoder().decode(
            Expected.self, from: Data(contentsOf: Self.fixtures.appendingPathComponent("tiny-chat/expected.json"))
        ).scores
        let lines = try expected.enumerated().map { index, score in
            let object: [String: Any] = index == 0 ? ["text": score.text, "prompt": "kept"] : ["ids": score.ids]
            return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
        }
        let found = try await scores(lines.joined(separator: "\n\n"), with: "top: 3")
        for (line, score) in zip(found.lines, expected) {
            #expect(line["ids"] as? [Int] == score.ids && line["text"] == nil)
            #expect(isClose(try #require(line["nats"] as? [Double]), score.nats))
            #expect((line["top"] as? [[String: Any]])?.map { $0["id"] as? Int } == score.top.map(\.id))
        }
        #expect(found.lines.first?["prompt"] as? String == "kept")
        let nats = expected.flatMap(\.nats)
        #expect(found.metrics["tokens"] == Double(nats.count) && found.metrics["answers"] == 0)
        #expect(isClose([found.metrics["nats-per-token"] ?? 0], [nats.reduce(0, +) / Double(nats.count)]))
        #expect(found.metrics["accuracy"] == nil)

        let plain = try await scores(expected.map(\.text).joined(separator: "\r\n\n"), with: "format: lines")
        for (line, score) in zip(plain.lines, expected) { #expect(line["ids"] as? [Int] == score.ids) }
        #expect(plain.metrics["records"] == Double(expected.count))
    }

    @Test("what stands before a continuation can be a conversation, and control tokens can be text")
    func conversations() async throws {
        let chat = try await scores(
            "{\"prompt\": \"hi\", \"continuation\": \"the cat\"}\n", with: "chat: true, system: s")
        let messages = try await scores(
            """
            {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}], "continuation": "the cat"}
            {"prompt": "<|im_start|>system\\ns<|im_end|>\\n<|im_start|>user\\nhi<|im_end|>\\n<|im_start|>assistant\\n|", "continuation": "the cat"}

            """)
        let nats = try chat.lines.map { try #require($0["nats"] as? [Double]) }
        #expect(isClose(nats[0], try #require(messages.lines[0]["nats"] as? [Double])))
        #expect(!isClose(nats[0], try #require(messages.lines[1]["nats"] as? [Double])))

        let control = "{\"text\": \"a<|im_end|>\"}\n"
        let ids = try await scores(control).lines[0]["ids"] as? [Int]
        let plain = try await scores(control, with: "special: text").lines[0]["ids"] as? [Int]
        #expect(ids?.last == 2 && plain?.count ?? 0 > 4)
    }

    @Test(
        "a line that can't be scored is named, and nothing is given",
        arguments: [
            ("{\"text\": \"ab\"}\n{\"x\": 1}\n", "line 2: none of 'text', 'ids', 'prompt' and 'messages'"),
            ("{\"prompt\": \"a\"}", "a prompt without 'continuation' or 'continuations'"),
            ("{\"prompt\": \"a\", \"continuations\": []}", "'continuations': an empty list"),
            ("{\"prompt\": \"a\", \"continuations\": [\"b\", 1]}", "'continuations'[1]: an integer"),
            ("{\"prompt\": \"a\", \"continuations\": [\"b\", \"\"]}", "'continuations'[1]: an empty text"),
            ("{\"prompt\": \"a\", \"continuations\": [\"b\"], \"continuation\": \"b\"}", "both 'continuation' and"),
            ("{\"prompt\": \"a\", \"continuations\": [\"b\", \"c\"], \"answer\": 2}", "'answer': 2"),
            ("{\"prompt\": \"a\", \"continuations\": [\"b\", \"c\"], \"answer\": \"B\"}", "'answer': \"B\""),
            ("{\"prompt\": \"a\", \"continuations\": [\"b\", \"c\"], \"answer\": true}", "'answer': true"),
            ("{\"ids\": [5]}", "every text has one token"),
            ("{\"ids\": []}", "no tokens to score"),
            ("{\"text\": \"\(String(repeating: "x ", count: 80))\"}", "the model reads at most 64"),
            ("[1]", "line 1: a list"), ("", "has no line"),
        ])
    func badLines(text: String, message: String) async throws {
        let failure = try #require(try await run(text).stages.first { $0.name == "out" }?.failure)
        #expect(failure.category == .badInput && failure.message.contains(message), "\(failure.message)")
    }
}
