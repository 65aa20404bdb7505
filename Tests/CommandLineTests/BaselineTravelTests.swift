import Foundation
import Testing

/// Baselines that reach another store: with their results as an archive, and as a small file.
@Suite struct BaselineTravelTests {
    /// A workspace whose store has a pinned run.
    private func pinned() throws -> (workspace: Workspace, run: String) {
        let workspace = try Workspace(BaselineTests.pipeline)
        let run = try #require(try workspace.run().run)
        #expect(try workspace.calm("pin", "baseline", "latest", "--store", "s", "--note", "of old").exit == 0)
        return (workspace, run)
    }

    private func run(_ workspace: Workspace, _ store: String, accuracy: String, _ more: String...) throws -> (
        exit: Int32, origins: Set<String>
    ) {
        let words = [
            "run", "p.yaml", "--store", store, "--json", "--require-baseline", "--set", "params.accuracy=\(accuracy)",
        ]
        let ending = try workspace.calm(words + more)
        let document = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
        let gates = document?["gates"] as? [[String: Any]] ?? []
        return (ending.exit, Set(gates.compactMap { $0["origin"] as? String }))
    }

    @Test("an exported pin makes gates work in a fresh store; its run is no run of that store, and a rebuild keeps it")
    func archive() throws {
        let (workspace, run) = try pinned()
        #expect(try workspace.calm("export", "baseline", "--store", "s", "--out", "b.tar").exit == 0)
        let imported = try workspace.calm("import", "b.tar", "--store", "fresh")
        #expect(imported.exit == 0 && imported.output.contains("pinned as baseline"), "\(imported)")
        #expect(try workspace.calm("runs", "--store", "fresh").output == "no runs yet\n")
        #expect(try workspace.calm("pins", "--store", "fresh").output.contains("run \(run) (imported)  of old"))
        let good = try self.run(workspace, "fresh", accuracy: "0.94")
        #expect(good.exit == 0 && good.origins == ["run \(run) (the imported pin baseline)"], "\(good)")
        #expect(try self.run(workspace, "fresh", accuracy: "0.93").exit == 1)
        #expect(try workspace.calm("store", "gc", "--keep-runs", "0", "--store", "fresh").exit == 0)
        #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "fresh").exit == 0)
        #expect(try workspace.calm("store", "verify", "--store", "fresh").exit == 0)
        #expect(try self.run(workspace, "fresh", accuracy: "0.93").exit == 1)
        let cached = try workspace.calm("run", "p.yaml", "--store", "fresh")
        #expect(cached.exit == 0 && cached.output.contains("Nothing to do: 2 stages"), "\(cached)")
        // And on to a third store.
        #expect(try workspace.calm("export", "baseline", "--store", "fresh", "--out", "c.tar").exit == 0)
        #expect(try workspace.calm("import", "c.tar", "--store", "third").exit == 0)
        #expect(try self.run(workspace, "third", accuracy: "0.93").exit == 1)
    }

    @Test("a file of metrics alone is a baseline as it is, and a pin once it is imported")
    func file() throws {
        let (workspace, run) = try pinned()
        let written = try workspace.calm("export", "baseline", "--metrics-only", "--store", "s")
        #expect(written.output == "wrote baseline.json: 2 metrics of 2 stages, run \(run)\n", "\(written)")
        let good = try self.run(workspace, "fresh", accuracy: "0.94", "--baseline", "baseline.json")
        #expect(good.exit == 0 && good.origins == ["run \(run) (baseline.json)"], "\(good)")
        #expect(try self.run(workspace, "fresh", accuracy: "0.93", "--baseline", "./baseline.json").exit == 1)
        let imported = try workspace.calm("import", "baseline.json", "--store", "fresh")
        #expect(imported.exit == 0 && imported.output.contains("as baseline: 2 metrics, no results"), "\(imported)")
        #expect(try self.run(workspace, "fresh", accuracy: "0.93").exit == 1)
        #expect(try self.run(workspace, "fresh", accuracy: "0.94").exit == 0)
        #expect(try workspace.calm("store", "gc", "--store", "fresh").exit == 0)
        let again = try workspace.calm(
            "export", "baseline", "--metrics-only", "--store", "fresh", "--out", "again.json")
        #expect(
            again.exit == 0 && workspace.lines(of: "again.json") == workspace.lines(of: "baseline.json"), "\(again)")
        // Other spaces and line feeds are no change.
        let text = workspace.lines(of: "baseline.json").joined()
        try workspace.write(text, to: "baseline.json")
        #expect(try self.run(workspace, "other", accuracy: "0.94", "--baseline", "baseline.json").exit == 0)
    }

    @Test(
        "a file that was changed, cut or isn't one is refused, by run and by import, and nothing is made of it",
        arguments: ["0.95>0.5", "\"format\": 1>\"format\": 9", "}\n>", "baseline>baselime", "small>smell"])
    func damaged(_ change: String) throws {
        let (workspace, _) = try pinned()
        #expect(try workspace.calm("export", "baseline", "--metrics-only", "--store", "s").exit == 0)
        let parts = change.split(separator: ">", omittingEmptySubsequences: false).map(String.init)
        let whole = try String(contentsOf: workspace.file("baseline.json"), encoding: .utf8)
        let changed = whole.replacing(parts[0], with: parts[1])
        #expect(changed != whole)
        try workspace.write(changed, to: "baseline.json")
        for words in [
            ["run", "p.yaml", "--store", "fresh", "--baseline", "baseline.json"],
            ["import", "baseline.json", "--store", "fresh2"],
        ] {
            let ending = try workspace.calm(words)
            #expect(ending.exit == 2 && ending.errors.contains("can't be used"), "\(words): \(ending)")
        }
        #expect(!FileManager.default.fileExists(atPath: workspace.file("fresh2").path))
    }

    @Test("another run's pin of the name isn't replaced unless it is named")
    func otherPin() throws {
        let (workspace, _) = try pinned()
        #expect(try workspace.calm("export", "baseline", "--store", "s", "--out", "b.tar").exit == 0)
        #expect(try workspace.calm("export", "baseline", "--metrics-only", "--store", "s").exit == 0)
        #expect(try workspace.calm("run", "p.yaml", "--store", "t", "--set", "params.accuracy=0.5").exit == 0)
        #expect(try workspace.calm("pin", "baseline", "latest", "--store", "t").exit == 0)
        for file in ["b.tar", "baseline.json"] {
            let refused = try workspace.calm("import", file, "--store", "t")
            #expect(refused.exit == 2 && refused.errors.contains("has a pin baseline already"), "\(refused)")
            #expect(try run(workspace, "t", accuracy: "0.5").exit == 0)
        }
        #expect(try workspace.calm("import", "b.tar", "--store", "t", "--pin", "baseline").exit == 0)
        #expect(try run(workspace, "t", accuracy: "0.5").exit == 1)
        #expect(try workspace.calm("import", "b.tar", "--store", "t").exit == 0, "the same again is no conflict")
    }

    @Test("what has no metrics is refused with what would have some")
    func withoutMetrics() throws {
        let workspace = try Workspace(
            "name: p\nstages: { a: { uses: command, with: { argv: [sh, -c, \"echo > {out.x}\"], out: { x: x } } } }")
        #expect(try workspace.run().exit == 0)
        for name in ["latest", "a", "a.x"] {
            let ending = try workspace.calm("export", name, "--metrics-only", "--store", "s")
            #expect(ending.exit == 2 && ending.errors.contains("has no metrics"), "\(ending)")
        }
    }
}
