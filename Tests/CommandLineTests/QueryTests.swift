import Foundation
import Testing

@Suite struct QueryTests {
    @Test("show tells of runs, stages and artifacts")
    func show() throws {
        let workspace = try LearningRun.shared.get()
        let run = try #require(try workspace.query("show", "latest") as? [String: Any])
        #expect((run["stages"] as? [Any])?.count == 12 && (run["gates"] as? [Any])?.count == 2)
        let stage = try #require(try workspace.query("show", "anchor") as? [String: Any])
        #expect(Set((stage["outputs"] as? [String: String] ?? [:]).keys).isSuperset(of: ["model"]))
        let model = try #require(try workspace.query("show", "anchor.model") as? [String: Any])
        #expect(model["type"] as? String == "model")
        let tensors = (model["tensors"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        #expect(tensors.contains("embedding.weight"))
        let consumers = (model["consumers"] as? [[String: Any]] ?? []).compactMap { $0["stage"] as? String }
        #expect(Set(consumers) == ["composed", "scores[model=anchor]"])
        let digest = try #require(model["digest"] as? String)
        let prefixed = try workspace.query("show", String(digest.prefix(10))) as? [String: Any]
        #expect(prefixed?["digest"] as? String == digest)
        for reference in ["latest", "anchor", "anchor.model", "composed.composition", "scores[model=composed]", digest]
        {
            let text = try workspace.calm("show", reference, "--store", "s")
            #expect(text.exit == 0 && !text.output.isEmpty && text.errors.isEmpty)
        }
    }

    @Test("the log of a stage is found after its store was moved, and that of its own store before any other")
    func movedLog() throws {
        let workspace = try Workspace(
            "name: said\nstages: { a: { uses: command, with: { argv: [sh, -c, 'echo said; echo 1 > {out.x}'], out: { x: x } } } }\n"
        )
        let run = try #require(try workspace.run().run)
        let files = FileManager.default
        try files.copyItem(at: workspace.store, to: workspace.file("copy"))
        try workspace.write("changed\n", to: "copy/runs/\(run)/01-a.log")
        #expect(try workspace.calm("log", "a", "--store", "copy").output == "changed\n")
        try files.moveItem(at: workspace.store, to: workspace.file("moved"))
        #expect(try workspace.calm("log", "a", "--store", "moved").output == "said\n")
        try files.removeItem(at: workspace.file("moved/runs/\(run)/01-a.log"))
        let gone = try workspace.calm("log", "a", "--store", "moved")
        #expect(gone.exit == 2 && gone.errors.contains("in run \(run) is gone"), "\(gone)")
    }

    @Test("metrics, runs and log tell of what ran")
    func history() throws {
        let workspace = try LearningRun.shared.get()
        let metrics = try #require(try workspace.query("metrics") as? [[String: Any]])
        #expect(
            metrics.contains {
                $0["stage"] as? String == "scores[model=composed]" && $0["metric"] as? String == "accuracy"
            })
        let one = try #require(try workspace.query("metrics", "--stage", "composed") as? [[String: Any]])
        #expect(!one.isEmpty && one.allSatisfy { $0["stage"] as? String == "composed" })
        let runs = try #require(try workspace.query("runs", "--limit", "1") as? [[String: Any]])
        #expect(runs.count == 1 && runs[0]["pipeline"] as? String == "learning" && runs[0]["exit"] as? Int == 0)
        #expect(try workspace.calm("metrics", "--store", "s").output.contains("accuracy"))
        #expect(try workspace.calm("runs", "--store", "s").output.contains("learning"))
        let log = try workspace.calm("log", "shout", "--store", "s")
        #expect(log.exit == 0 && log.output.contains("what a noise"))
    }

    @Test("inspect counts a composition's parameters; generate lets it answer, always the same")
    func composition() throws {
        let workspace = try LearningRun.shared.get()
        let summary = try #require(try workspace.query("inspect", "composed") as? [String: Any])
        #expect(summary["connections"] as? [[[Int]]] == [[[0, 0], [0, 1]]])
        let overhead = summary["overhead"] as? [String: [String: Any]]
        // Two connections of m_A's width 8 to m_B's 16: projection 8·16, then Q, K, V, O of 16·16 each.
        #expect(overhead?["true"]?["added"] as? Int == 2 * (8 * 16 + 4 * 16 * 16))
        #expect(try workspace.calm("inspect", "composed", "--store", "s").output.contains("counted truly"))
        let answers = try #require(
            try workspace.query("generate", "composed", "--prompt", "1+2=", "--prompt", "3-1=", "--tokens", "4")
                as? [[String: String]])
        #expect(answers.compactMap { $0["prompt"] } == ["1+2=", "3-1="] && answers[0]["answer"] != nil)
        let text = try workspace.calm("generate", "composed", "--prompt", "1+2=", "--tokens", "4", "--store", "s")
        #expect(text.output == "1+2=\(answers[0]["answer"] ?? "")\n")
    }

    @Test("the schema is JSON; validate counts stages, or gives every error as JSON")
    func documents() throws {
        let workspace = try LearningRun.shared.get()
        let schema = try workspace.calm("schema")
        #expect(schema.exit == 0)
        #expect(try JSONSerialization.jsonObject(with: Data(schema.output.utf8)) is [String: Any])
        #expect(try workspace.calm("validate", "p.yaml").output == "p.yaml: valid, 12 stages\n")
        #expect(try workspace.calm("validate", "p.yaml", "--json").output == "[]\n")
        let other = try Workspace("name: bad\nstages:\n  a: { uses: a }\n  b: { uses: b }\n")
        let bad = try other.calm("validate", "p.yaml", "--json")
        #expect(bad.exit == 3)
        #expect((try JSONSerialization.jsonObject(with: Data(bad.output.utf8)) as? [Any])?.count == 2)
    }

    @Test(
        "every command's help has an example",
        arguments: [
            "run", "plan", "validate", "schema", "why", "runs", "show", "log", "metrics", "generate", "inspect",
            "store", "store verify", "store stats", "export", "import", "diff",
        ])
    func help(_ command: String) throws {
        let help = try Workspace().calm(command.split(separator: " ").map(String.init) + ["--help"])
        #expect(help.exit == 0 && help.output.contains("EXAMPLE") && help.output.contains("calm \(command)"))
    }

    @Test(
        "what can't be found exits 2 with one message",
        arguments: ["show", "why", "log", "metrics", "generate", "inspect", "export", "diff"])
    func hostile(_ command: String) throws {
        let workspace = try LearningRun.shared.get()
        let hostile = [
            "nothing", "", "ab", "%", "../../etc/passwd", "anchor.nothing", "@", "anchor@nothing", "' OR 1=1",
        ]
        for reference in hostile {
            let ending = try workspace.calm(command, reference, "--store", "s")
            #expect(ending.exit == 2 && ending.output.isEmpty, "\(command) '\(reference)': \(ending)")
            #expect(ending.errors.hasPrefix("error: ") && ending.errors.filter { $0 == "\n" }.count == 1)
        }
    }

    @Test("a stage that no run has is no stage without metrics, and a run that isn't there none of several")
    func unclear() throws {
        let workspace = try LearningRun.shared.get()
        let stage = try workspace.calm("metrics", "--stage", "nosuch", "--store", "s")
        #expect(stage.exit == 2 && stage.output.isEmpty && stage.errors.contains("no run has a stage 'nosuch'"))
        let silent = try workspace.calm("metrics", "--stage", "shout", "--store", "s")
        #expect(silent.exit == 0 && silent.output == "no metrics\n")
        let unknown = try workspace.calm("report", "1999", "--store", "s")
        #expect(unknown.exit == 2 && unknown.errors == "error: no run is called '1999': `calm runs` lists them\n")
    }

    @Test("an empty word names no run, even if there is only one")
    func emptyRun() throws {
        let workspace = try LearningRun.shared.get()
        for arguments in [["metrics", ""], ["why", "anchor", "--run", ""], ["log", "shout", "--run", ""]] {
            let ending = try workspace.calm(arguments + ["--store", "s"])
            #expect(ending.exit == 2 && ending.output.isEmpty, "\(arguments): \(ending)")
        }
    }

    @Test("a query on a store that isn't there exits 5 and makes none")
    func noStore() throws {
        let workspace = try Workspace()
        let ending = try workspace.calm("runs", "--store", "s")
        #expect(ending.exit == 5 && ending.errors.hasPrefix("error: no store"))
        #expect(!FileManager.default.fileExists(atPath: workspace.store.path))
    }
}
