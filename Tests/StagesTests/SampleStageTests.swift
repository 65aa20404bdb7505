import Artifacts
import Foundation
import Pipelines
import Stages
import Tasks
import Testing

@Suite("Samples of datasets") struct SampleStageTests {
    private let workshop: SourceWorkshop

    init() throws {
        workshop = try SourceWorkshop()
        // 100 answers, each in up to three groups: 100 of g0, 50 of g1, 34 of g2.
        let lines = (0..<300).filter { $0 / 100 == 0 || $0 % 100 % ($0 / 100 + 1) == 0 }.map {
            "{\"prompt\": \"p\($0)\", \"answer\": \"a\($0 % 100)\", \"groups\": [\"g\($0 / 100)\"]}\n"
        }
        try workshop.write(lines.joined(), to: "e.jsonl")
    }

    /// The prompts and answers of a stage's sample and rest.
    private func sample(_ with: String) async throws -> (
        sample: [[String]], rest: [[String]], metrics: [String: Double]
    ) {
        let result = try await workshop.run(
            """
              e: { uses: text.examples, in: { examples: { file: e.jsonl } }, with: { validation: 0, test: 0, judge: beginning } }
              s: { uses: text.sample, in: { dataset: e.train }, with: { \(with) } }

            """)
        func examples(_ role: String) throws -> [[String]] {
            let artifact = try workshop.workshop.artifact("s", role, of: result)
            let examples = try String(decoding: artifact.data("examples.jsonl"), as: UTF8.self).split(separator: "\n")
                .map {
                    let object = try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
                    let group = try #require((object["groups"] as? [String])?.first)
                    return [
                        try #require(object["prompt"] as? String), try #require(object["answer"] as? String), group,
                    ]
                }
            #expect(artifact.manifest.metadata == ["judge": .string("beginning"), "examples": .int(examples.count)])
            #expect(result.metrics("s")["\(role).examples"] == Double(examples.count))
            return examples
        }
        return (try examples("sample"), try examples("rest"), result.metrics("s"))
    }

    @Test("a larger share has all of a smaller one, and all have the rest", arguments: ["prompt", "answer"])
    func nested(by: String) async throws {
        var smaller: Set<[String]> = []
        for share in [0, 0.2, 0.4, 1] {
            let (sample, rest, metrics) = try await sample("share: \(share), by: \(by), seed: 3")
            #expect(Set(sample).isSuperset(of: smaller) && abs(Double(sample.count) - 184 * share) < 40)
            #expect(Set(sample).isDisjoint(with: rest) && sample.count + rest.count == 184)
            if by == "answer" { #expect(Set(sample.map { $0[1] }).isDisjoint(with: rest.map { $0[1] })) }
            #expect(metrics["over-limit"] == 0)
            smaller = Set(sample)
        }
        #expect(smaller.count == 184)
        let (one, other) = (
            try await sample("share: 0.4, seed: 3").sample, try await sample("share: 0.4, seed: 4").sample
        )
        #expect(one != other)
    }

    @Test("a count takes whole answers, and a larger one takes more")
    func count() async throws {
        var smaller: Set<[String]> = []
        for count in [10, 60, 1000] {
            let (sample, rest, _) = try await sample("count: \(count), by: answer")
            #expect(sample.count <= count && sample.count > min(count, 184) - 3)
            #expect(
                Set(sample).isSuperset(of: smaller) && Set(sample.map { $0[1] }).isDisjoint(with: rest.map { $0[1] }))
            smaller = Set(sample)
        }
    }

    @Test("a limit evens out groups; what goes beyond is nowhere")
    func limit() async throws {
        let (sample, rest, metrics) = try await sample("limit-per-group: 40, by: answer")
        #expect(Dictionary(grouping: sample) { $0[2] }.mapValues(\.count) == ["g0": 40, "g1": 40, "g2": 34])
        #expect(rest.isEmpty && metrics["over-limit"] == 70)
        let half = try await self.sample("limit-per-group: 20, share: 0.5, by: answer")
        #expect(half.sample.count == 56 + 4 || half.sample.count <= 60)
        #expect(Set(half.sample.map { $0[1] }).isDisjoint(with: half.rest.map { $0[1] }))
        let small = try await self.sample("limit-per-group: 40, count: 50")
        #expect(small.sample.count == 50)
    }

    @Test("a table of examples stays a table, with all that its stage says of it")
    func table() async throws {
        let result = try await workshop.run(
            """
              pairs: { uses: kv.pairs, with: { count: 40 } }
              x: { uses: kv.expressions, in: { pairs: pairs }, with: { training: 90, composition: 9, evaluation: 9 } }
              t: { uses: kv.task, in: { expressions: x.training }, with: { task: kv-math } }
              s: { uses: text.sample, in: { dataset: t }, with: { share: 0.5 } }
              k: { uses: tokenizer.symbols, in: { pairs: pairs, expressions: x.training } }
              c: { uses: corpus.tokenize, in: { datasets: [s.sample, s.rest], tokenizer: k } }

            """)
        for stage in result.stages { #expect(stage.failure == nil, "\(stage.name): \(stage.failure?.message ?? "")") }
        let (all, sample) = (
            try workshop.workshop.artifact("t", "examples", of: result),
            try workshop.workshop.artifact("s", "sample", of: result)
        )
        var expected = all.manifest.metadata
        let count = try #require(result.metrics("s")["sample.examples"])
        expected["count"] = .int(Int(count))
        #expect(sample.manifest.metadata == expected && sample.manifest.members["examples.tsv"] != nil)
        #expect(try workshop.workshop.rows("examples.tsv", of: sample).count == Int(count))
    }

    @Test("a dataset without prompts is refused")
    func refused() async throws {
        let result = try await workshop.run(
            """
              pairs: { uses: kv.pairs, with: { count: 4 } }
              s: { uses: text.sample, in: { dataset: pairs } }

            """)
        #expect(result.stages.last?.failure?.message.contains("has no prompts and answers") == true)
    }
}
