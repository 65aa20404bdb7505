import Artifacts
import Evaluation
import Foundation
import Pipelines
import Stages
import Tasks
import Testing

/// `text.few-shot`, `evaluate.answers` and `results.compare`.
@Suite("Answers scored as translations") struct AnswersStageTests {
    private let workshop: SourceWorkshop

    init() throws { workshop = try SourceWorkshop() }

    private func objects(_ member: String, _ stage: String, _ role: String, _ result: RunResult) throws -> [[String:
        Any]]
    {
        let artifact = try workshop.workshop.artifact(stage, role, of: result)
        return try String(decoding: artifact.data(member), as: UTF8.self).split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test("a prompt has examples of its own groups in front, never itself, and augmenting models read it alone")
    func fewShot() async throws {
        var lines = ""
        for number in 0..<60 {
            lines += "{\"prompt\": \"p\(number):\", \"answer\": \" a\(number)\\n\", \"kind\": \"k\(number % 2)\"}\n"
        }
        try workshop.write(lines, to: "e.jsonl")
        let data =
            "  e: { uses: text.examples, in: { examples: { file: e.jsonl } }, with: { groups: [kind], validation: 0, test: 0.3 } }\n"
        func few(_ examples: String, _ with: String) -> String {
            data + "  few: { uses: text.few-shot, in: { dataset: e.test, examples: \(examples) }, with: { \(with) } }\n"
        }
        var seen: Set<String> = []
        for (examples, seed) in [("e.train", 0), ("e.test", 0), ("e.train", 1)] {
            let result = try await workshop.run(few(examples, "count: 3, separator: '|', seed: \(seed)"))
            #expect(result.stages.allSatisfy { $0.failure == nil }, "\(result.stages.compactMap(\.failure?.message))")
            let before = try objects("examples.jsonl", "e", "test", result)
            let after = try objects("examples.jsonl", "few", "dataset", result)
            #expect(after.count == before.count && after.count > 10)
            for (old, new) in zip(before, after) {
                let prompt = try #require(old["prompt"] as? String)
                #expect(
                    new["augmenting-prompt"] as? String == prompt
                        && new["answer"] as? String == old["answer"] as? String)
                let parts = try #require(new["prompt"] as? String).split(separator: "|").map(String.init)
                #expect(parts.count == 4 && parts[3] == prompt)
                let numbers = parts.map { Int($0.dropFirst().prefix { $0 != ":" }) ?? -1 }
                for (part, number) in zip(parts, numbers).prefix(3) {
                    #expect(part == "p\(number): a\(number)\n" && number % 2 == numbers[3] % 2 && number != numbers[3])
                }
                #expect(Set(numbers).count == 4)
            }
            seen.insert(try #require(after.first?["prompt"] as? String))
        }
        #expect(seen.count == 3)

        let result = try await workshop.run(few("e.test", "count: 50"))
        let failure = try #require(result.stages.last?.failure)
        #expect(failure.message.contains("examples of k") && failure.message.contains("expected 50"), "\(failure)")
    }

    @Test("augmenting models read another prompt of the same groups, never the same")
    func otherPrompts() async throws {
        var lines = ""
        for number in 0..<40 {
            lines += "{\"prompt\": \"p\(number / 3)\", \"answer\": \"a\(number)\", \"kind\": \"k\(number / 3 % 2)\"}\n"
        }
        try workshop.write(lines, to: "e.jsonl")
        let data =
            "  e: { uses: text.examples, in: { examples: { file: e.jsonl } }, with: { groups: [kind], validation: 0, test: 0 } }\n"
        var seen: Set<[String]> = []
        for seed in 0..<2 {
            let result = try await workshop.run(
                data + "  o: { uses: text.other-prompts, in: { dataset: e.train }, with: { seed: \(seed) } }\n")
            let (before, after) = (
                try objects("examples.jsonl", "e", "train", result),
                try objects("examples.jsonl", "o", "dataset", result)
            )
            var read: [String: Set<String>] = [:]
            for (old, new) in zip(before, after) {
                let prompt = try #require(new["prompt"] as? String)
                let other = try #require(new["augmenting-prompt"] as? String)
                #expect(prompt == old["prompt"] as? String && new["answer"] as? String == old["answer"] as? String)
                #expect(other != prompt && Int(other.dropFirst())! % 2 == Int(prompt.dropFirst())! % 2)
                read[prompt, default: []].insert(other)
            }
            #expect(after.count == 40 && read.count == 14 && read.values.allSatisfy { $0.count == 1 })
            #expect(Set(read.values.joined()).count == 14)
            seen.insert(after.compactMap { $0["augmenting-prompt"] as? String })
        }
        #expect(seen.count == 2)
        try workshop.write("{\"prompt\": \"a\", \"answer\": \"b\", \"kind\": \"x\"}\n", to: "e.jsonl")
        let single = try await workshop.run(data + "  o: { uses: text.other-prompts, in: { dataset: e.train } }\n")
        #expect(single.stages.last?.failure?.message.contains("only one prompt of x") == true)
    }

    private static let models = """
          words:
            uses: tokenizer.train
            in: { texts: { file: e.jsonl } }
            with: { vocabulary-size: 300, special-tokens: [END], eos: END }
          corpus: { uses: corpus.tokenize, in: { datasets: e.train, tokenizer: words } }
          model: { uses: model.train, in: { corpus: corpus }, with: { layers: 1, width: 32, heads: 2, steps: 80, batch: 8, learning-rate: 0.02 } }
          new: { uses: model.train, in: { corpus: corpus }, with: { layers: 1, width: 32, heads: 2, steps: 0 } }

        """

    @Test("answers have the score that their text has, in all and by group, and are ahead of a worse model's")
    func scored() async throws {
        var lines = ""
        for number in 0..<80 {
            let words = number % 2 == 0 ? "well, no" : "oh yes sir"
            lines +=
                "{\"prompt\": \"say \(number)\\n\", \"answer\": \" \(words)\\nnot this\", \"kind\": \"k\(number % 2)\"}\n"
        }
        try workshop.write(lines, to: "e.jsonl")
        let result = try await workshop.run(
            "  e: { uses: text.examples, in: { examples: { file: e.jsonl } }, with: { groups: [kind], validation: 0, test: 0.4 } }\n"
                + Self.models + """
                      answers:
                        uses: evaluate.answers
                        matrix: { model: [model, new] }
                        in: { model: "${matrix.model}", dataset: e.test }
                        with: { metric: chrf++, resamples: 100, batch: 5 }
                      all: { uses: evaluate.answers, in: { model: model, dataset: e.test }, with: { lines: all, resamples: 40 } }
                      compared:
                        uses: results.compare
                        in: { baseline: "answers[model=new].predictions", systems: ["answers[model=model].predictions", "answers[model=new].predictions"] }
                        with: { metric: chrf++, resamples: 100 }
                      mixed:
                        uses: results.compare
                        in: { baseline: "answers[model=new].predictions", systems: [all.predictions] }

                    """)
        for stage in result.stages where stage.name != "mixed" {
            #expect(stage.failure == nil, "\(stage.name): \(stage.failure?.message ?? "")")
        }
        let predictions = try objects("predictions.jsonl", "answers[model=model]", "predictions", result)
        let found = try predictions.map {
            Prediction(
                try #require($0["hypothesis"] as? String), references: try #require($0["references"] as? [String]))
        }
        #expect(
            found.allSatisfy { ["well, no", "oh yes sir"].contains($0.references[0]) && !$0.hypothesis.contains("\n") })
        let metrics = result.metrics("answers[model=model]")
        let metric = ChrF(wordOrder: 2)
        #expect(metrics["chrf++"] == metric.score(of: metric.statistics(of: found)) && metrics["chrf++"]! > 50)
        #expect(metrics["chrf++-low"]! <= metrics["chrf++"]! && metrics["chrf++"]! <= metrics["chrf++-high"]!)
        #expect(metrics["exact"] == Double(found.count { $0.hypothesis == $0.references[0] }) / Double(found.count))
        #expect(metrics["k0.count"]! + metrics["k1.count"]! == metrics["count"])
        let first = found.indices.filter { (predictions[$0]["groups"] as? [String]) == ["k0"] }.map { found[$0] }
        #expect(metrics["k0.chrf++"] == metric.score(of: metric.statistics(of: first)))

        let whole = try objects("predictions.jsonl", "all", "predictions", result)
        #expect(whole.contains { ($0["references"] as? [String])?[0] == "well, no\nnot this" })

        let compared = result.metrics("compared")
        let difference = metrics["chrf++"]! - result.metrics("answers[model=new]")["chrf++"]!
        #expect(compared["model=model.difference"] == difference && difference > 40)
        #expect(compared["model=model.difference-low"]! > 0 && compared["model=model.p"]! < 0.05)
        #expect(compared["model=model.groups-ahead"] == 2 && compared["model=new.groups-ahead"] == 0)
        #expect(compared["model=new.difference"] == 0 && compared["model=new.p"] == 1)
        #expect(compared["baseline.score"] == result.metrics("answers[model=new]")["chrf++"])

        let failure = try #require(result.stages.first { $0.name == "mixed" }?.failure)
        #expect(failure.message.contains("compare answers to the same dataset"), "\(failure.message)")
    }

    @Test("an expected answer without text is refused by its place")
    func empty() async throws {
        try workshop.write(
            "{\"prompt\": \"a\", \"answer\": \"b\"}\n{\"prompt\": \"c\", \"answer\": \" \\nd\"}\n", to: "e.jsonl")
        let result = try await workshop.run(
            """
              words: { uses: tokenizer.train, in: { texts: { file: e.jsonl } }, with: { vocabulary-size: 260, special-tokens: [END], eos: END } }
              corpus: { uses: corpus.tokenize, in: { datasets: e.train, tokenizer: words } }
              model: { uses: model.train, in: { corpus: corpus }, with: { layers: 1, width: 32, heads: 2, steps: 0 } }
              e: { uses: text.examples, in: { examples: { file: e.jsonl } }, with: { validation: 0, test: 0 } }
              answers: { uses: evaluate.answers, in: { model: model, dataset: e.train } }

            """)
        let failure = try #require(result.stages.first { $0.name == "answers" }?.failure)
        #expect(failure.message.contains("example 2: the expected answer has no text in its first line"), "\(failure)")
    }

    @Test(
        "what counts of an answer",
        arguments: [
            (AnswerLines.first, "  a b \nc", "a b"), (.first, "\na", ""), (.first, "a\r\nb", "a"),
            (.all, "\n a \n b\n", "a \n b"),
            (.first, "", ""), (.all, " ", ""),
        ])
    func counted(_ lines: AnswerLines, _ text: String, _ expected: String) {
        #expect(lines.counted(of: text) == expected)
    }
}
