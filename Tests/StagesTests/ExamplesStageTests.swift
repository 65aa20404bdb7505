import Artifacts
import Evaluation
import Foundation
import Pipelines
import Stages
import Tasks
import Testing

/// `text.examples`, and what learns from and measures with its datasets.
@Suite("Examples from JSONL") struct ExamplesStageTests {
    private let workshop: SourceWorkshop

    init() throws { workshop = try SourceWorkshop() }

    private func stage(_ with: String) -> String {
        "  e: { uses: text.examples, in: { examples: { file: e.jsonl } }, with: { \(with) } }\n"
    }

    private func failure(_ lines: String, _ with: String = "validation: 0, test: 0") async throws -> String {
        try workshop.write(lines, to: "e.jsonl")
        return try #require(try await workshop.run(stage(with)).stages.first?.failure).message
    }

    @Test("each prompt is in one split, each example once, and texts keep their line ends")
    func splits() async throws {
        var lines = ""
        for number in 0..<300 {
            lines +=
                "{\"q\": \"what\\tis \(number / 2)?\\n\", \"a\": \"\(number % 2)\\n\", \"kind\": \"k\(number % 3)\"}\n"
        }
        try workshop.write(lines + lines.split(separator: "\n").prefix(9).joined(separator: "\n"), to: "e.jsonl")
        let result = try await workshop.run(
            stage("prompt: q, answer: a, groups: [kind], validation: 0.2, test: 0.3, judge: first-line"))
        #expect(result.stages[0].failure == nil, "\(result.stages[0].failure?.message ?? "")")
        let metrics = result.metrics("e")
        #expect(metrics["examples"] == 300 && metrics["duplicates"] == 9)
        var prompts: [String: Set<String>] = [:]
        var count = 0
        for split in ["train", "validation", "test"] {
            let artifact = try workshop.workshop.artifact("e", split, of: result)
            #expect(artifact.manifest.metadata["judge"] == .string("first-line"))
            let objects = try String(decoding: artifact.data("examples.jsonl"), as: UTF8.self).split(separator: "\n")
                .map { try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
            count += objects.count
            for object in objects {
                let prompt = try #require(object["prompt"] as? String)
                #expect(prompt.hasPrefix("what\tis ") && prompt.hasSuffix("?\n"))
                #expect((object["groups"] as? [String])?.first?.hasPrefix("k") == true)
                prompts[prompt, default: []].insert(split)
            }
            #expect(objects.count > 30)
        }
        #expect(count == 300 && prompts.count == 150 && prompts.values.allSatisfy { $0.count == 1 })
    }

    @Test("what is no example is named by file and line")
    func refused() async throws {
        #expect(
            try await failure("{\"prompt\": \"a\", \"answer\": \"b\"}\n{\"prompt\": \"a\"}\n").contains(
                "e.jsonl of 'e.jsonl', line 2: no field 'answer'; it has: prompt"))
        #expect(try await failure("{\"prompt\": 1, \"answer\": \"b\"}\n").contains("line 1"))
        #expect(try await failure("\n[1]\n").contains("line 2"))
        #expect(try await failure("{\"prompt\": \"a\", \"answer\"\n").contains("line 1"))
        #expect(try await failure("\n \n").contains("no line"))
        #expect(
            try await failure("{\"prompt\": \"a\", \"answer\": \"b\", \"g\": \"x y\"}", "groups: [g]").contains("'x y'")
        )
        for (with, parameter) in [("judge: other", "judge"), ("validation: 0.5, test: 0.5", "validation")] {
            let errors = await #expect(throws: PipelineDiagnostics.self) { try await workshop.run(stage(with)) }
            #expect(errors?.diagnostics.contains { $0.description.contains("'\(parameter)'") } == true)
        }
    }

    @Test("answers are asked for, and scored, of models that learned from examples")
    func measured() async throws {
        var lines = ""
        for number in 0..<40 { lines += "{\"prompt\": \"say \(number)\\n\", \"answer\": \"well\\tno\"}\n" }
        try workshop.write(lines, to: "e.jsonl")
        let result = try await workshop.run(
            """
              e: { uses: text.examples, in: { examples: { file: e.jsonl } }, with: { validation: 0, test: 0.25 } }
              words:
                uses: tokenizer.train
                in: { texts: { file: e.jsonl } }
                with: { vocabulary-size: 300, special-tokens: [END], eos: END }
              corpus: { uses: corpus.tokenize, in: { datasets: e.train, tokenizer: words } }
              model: { uses: model.train, in: { corpus: corpus }, with: { layers: 1, width: 32, heads: 2, steps: 60, batch: 8, learning-rate: 0.02 } }
              answers: { uses: evaluate.exact-match, in: { model: model, dataset: e.test } }
              bits: { uses: evaluate.perplexity, in: { model: model, dataset: e.test } }

            """)
        for stage in result.stages { #expect(stage.failure == nil, "\(stage.name): \(stage.failure?.message ?? "")") }
        #expect(result.metrics("answers")["accuracy"] == 1)
        let bits = result.metrics("bits")
        #expect(bits["bits-per-byte"]! < 0.1)
        #expect(bits["bytes"] == 7 * result.metrics("e")["test.examples"]!)
        let rows = try workshop.workshop.rows(
            "predictions.tsv", of: workshop.workshop.artifact("answers", "predictions", of: result))
        #expect(rows.first.map { Array($0.dropFirst()) } == ["well\\tno", "well\\tno", "1"])
    }

    @Test("a first line is right without the spaces around it and what comes behind it")
    func firstLine() {
        let judge = FirstLine()
        #expect(judge.accepts(" 12 \n13+4=17", expected: "12\n") && judge.accepts("12", expected: "12"))
        #expect(!judge.accepts("\n12", expected: "12") && !judge.accepts("123", expected: "12"))
        #expect(Beginning().accepts("1+2=3", expected: "1+2=") && !Beginning().accepts("1+2", expected: "1+2="))
        #expect(!Beginning().accepts("1", expected: ""))
    }
}
