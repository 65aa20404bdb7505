import Foundation
import Testing

/// `calm kinds`, held against what the kinds give when they run.
@Suite struct KindsTests {
    private func kinds() throws -> [String: [String: Any]] {
        let ending = try Workspace().calm("kinds", "--json")
        #expect(ending.exit == 0, "\(ending)")
        let list = try #require(try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [[String: Any]])
        return try Dictionary(uniqueKeysWithValues: list.map { (try #require($0["name"] as? String), $0) })
    }

    @Test("every metric that a stage gives is declared by its kind")
    func declared() throws {
        let kinds = try kinds()
        let workspace = try LearningRun.shared.get()
        let run = try #require(try workspace.query("show", "latest") as? [String: Any])
        let stages = try #require(run["stages"] as? [[String: Any]])
        let metrics = try #require(try workspace.query("metrics") as? [[String: Any]])
        var seen: [String: Int] = [:]
        for stage in stages {
            let (name, kind) = (try #require(stage["name"] as? String), try #require(stage["kind"] as? String))
            guard let declared = try #require(kinds[kind])["metrics"] as? [[String: String]] else { continue }
            for metric in metrics where metric["stage"] as? String == name {
                let given = try #require(metric["metric"] as? String)
                // `<group>` stands for any text.
                let patterns = declared.compactMap { $0["name"] }.map { pattern in
                    "^" + pattern.replacing(/<[a-z]+>/, with: ".+").replacing(".accuracy", with: "\\.accuracy") + "$"
                }
                let isDeclared = try patterns.contains { try Regex($0).firstMatch(in: given) != nil }
                #expect(isDeclared, "\(kind) gives \(given), and declares \(declared.compactMap { $0["name"] })")
                seen[kind, default: 0] += 1
            }
        }
        #expect(seen["model.train", default: 0] >= 10 && seen["model.compose", default: 0] >= 8, "\(seen)")
        #expect(seen["evaluate.exact-match"] != nil && seen["results.table"] != nil, "\(seen)")
        #expect(declaredNothing(kinds["kv.pairs"]) && kinds["command"]?["metrics"] is NSNull)
    }

    private func declaredNothing(_ kind: [String: Any]?) -> Bool { (kind?["metrics"] as? [Any])?.isEmpty == true }

    @Test("a kind is told with inputs, parameters, outputs and metrics; an unknown one with its nearest")
    func text() throws {
        let workspace = try Workspace()
        let list = try workspace.calm("kinds")
        #expect(list.exit == 0 && list.output.split(separator: "\n").contains { $0.hasPrefix("  model.train  ") })
        let train = try workspace.calm("kinds", "model.train").output
        for line in [
            "  corpus      one          token-corpus", "  steps                default 1000",
            "an integer from 0 to 10000000",
            "  curve  figure", "  loss                  nats per token",
        ] {
            #expect(train.contains(line), "\(line) in \(train)")
        }
        #expect(try workspace.calm("kinds", "command").output.contains(/\n  argv +required/))
        let unknown = try workspace.calm("kinds", "model.trian")
        #expect(unknown.exit == 2 && unknown.errors.contains("did you mean 'model.train'?"), "\(unknown)")
    }

    @Test("a gate on a metric that the kind never gives is found before anything runs, with the nearest")
    func gates() throws {
        let workspace = try Workspace(
            """
            name: gated
            stages:
              pairs: { uses: kv.pairs, with: { count: 16 }, expect: { size: ">= 1" } }
              tokens: { uses: tokenizer.symbols, in: { pairs: pairs } }
              open:
                uses: command
                with: { shell: true, argv: ["echo '{}' > {out.m}"], out: { m: m }, metrics: m }
                expect: { whatever: ">= 1" }
            """)
        let none = try workspace.calm("validate", "p.yaml")
        #expect(none.exit == 3 && none.errors.contains("unknown metric 'size' of kv.pairs; there are none"), "\(none)")
        #expect(!none.errors.contains("whatever"))
        try workspace.write(
            """
            name: gated
            stages:
              pairs: { uses: kv.pairs, with: { count: 16 } }
              examples: { uses: kv.task, in: { expressions: expressions.training }, with: { task: num-math } }
              expressions: { uses: kv.expressions, in: { pairs: pairs }, with: { training: 8 } }
              tokens: { uses: tokenizer.symbols, in: { pairs: pairs } }
              corpus: { uses: corpus.tokenize, in: { datasets: examples, tokenizer: tokens } }
              model: { uses: model.train, in: { corpus: corpus }, expect: { los: "<= 1", loss: "<= 9" } }
              scores:
                uses: evaluate.exact-match
                in: { model: model, dataset: examples }
                expect: { accuracy: ">= 0", operands-3.accuracy: ">= 0", acuracy: ">= 0" }
            """)
        let nearest = try workspace.calm("validate", "p.yaml").errors
        #expect(nearest.contains("unknown metric 'los' of model.train; did you mean 'loss'?"), "\(nearest)")
        #expect(nearest.contains("unknown metric 'acuracy' of evaluate.exact-match; did you mean 'accuracy'?"))
        #expect(nearest.components(separatedBy: "unknown metric").count == 3, "\(nearest)")
    }

    @Test("the schema offers editors the metrics that a kind declares, with what they mean")
    func schema() throws {
        let text = try Workspace().calm("schema").output
        let schema = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let stage = (schema["$defs"] as? [String: Any])?["stage"] as? [String: Any]
        let branches = try #require(stage?["allOf"] as? [[String: Any]])
        let branch = try #require(
            branches.first { branch in
                let uses = ((branch["if"] as? [String: Any])?["properties"] as? [String: Any])?["uses"]
                return (uses as? [String: String])?["const"] == "evaluate.exact-match"
            })
        let sections = (branch["then"] as? [String: Any])?["properties"] as? [String: Any]
        let forms = try #require((sections?["expect"] as? [String: Any])?["anyOf"] as? [[String: Any]])
        let metrics = try #require(forms.first?["properties"] as? [String: [String: String]])
        #expect(metrics.keys.sorted() == ["accuracy", "accuracy-high", "accuracy-low", "count"])
        #expect(metrics["accuracy"]?["description"] == "Share of prompts that were answered correctly (share)")
    }
}
