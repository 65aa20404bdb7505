import Foundation
import Testing

@Suite struct RebuildingTests {
    private static let pipeline = """
        name: rebuilt
        params: { word: one }
        stages:
          made:
            uses: command
            with: { argv: [sh, -c, "echo $WORD > {out.x}; echo '{\\"n\\": 3}' > {out.metrics}"], out: { x: x, metrics: metrics.json },
                    set: { WORD: "${params.word}" } }
          read: { uses: command, in: { i: made.x }, with: { argv: [cp, "{in.i}", "{out.y}"], out: { y: y } } }
          bad: { uses: command, in: { i: read.y }, with: { argv: [sh, -c, "echo why; exit 3"], out: { z: z } } }
        """

    /// What a person sees of the history.
    private func history(_ workspace: Workspace) throws -> [String] {
        let runs = try #require(try workspace.query("runs") as? [[String: Any]]).compactMap { $0["run"] as? String }
        let words = runs.flatMap { run in
            [["show", run]] + ["made", "read", "bad"].map { ["why", $0, "--run", run] }
        }
        return try ([["runs"], ["show", "made"], ["show", "read.y"]] + words).map { words in
            let ending = try workspace.calm(words + ["--store", "s", "--json"])
            #expect(ending.exit == 0, "\(words): \(ending.errors)")
            return ending.output
        }
    }

    @Test("a changed history of runs is found by verify, and mended by a rebuild")
    func changedHistory() throws {
        let workshop = try Workspace(Self.pipeline)
        try workshop.run()
        #expect(try workshop.calm("store", "verify", "--store", "s").exit == 0)
        let sqlite = try #require(installed("sqlite3") ?? installed("python3"))
        let change = "UPDATE run_stages SET why = 'nothing' WHERE name = 'made'"
        let file = workshop.store.appendingPathComponent("catalogue.sqlite").path
        let arguments =
            sqlite.lastPathComponent == "sqlite3"
            ? [file, change]
            : [
                "-c", "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()", file,
                change,
            ]
        #expect(try workshop.program(sqlite, arguments).exit == 0)
        let found = try workshop.calm("store", "verify", "--store", "s")
        #expect(found.exit == 1 && found.output.contains("aren't what its run.json says"), "\(found)")
        #expect(try workshop.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
        #expect(try workshop.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test(
        "the catalogue is made anew from files: executions, runs, failures and why, whatever became of the old one",
        arguments: ["kept", "damaged", "removed"])
    func rebuild(_ fate: String) throws {
        let workspace = try Workspace(Self.pipeline)
        #expect(try workspace.run().exit == 4)
        #expect(try workspace.run("--set", "params.word=two").exit == 4)
        let before = try history(workspace)
        let catalogue = workspace.store.appendingPathComponent("catalogue.sqlite")
        switch fate {
        case "damaged": try Data("no database at all, but long enough to be taken for one".utf8).write(to: catalogue)
        case "removed":
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: catalogue.path + suffix) }
        default: break
        }
        let rebuilt = try workspace.calm("store", "rebuild-catalogue", "--store", "s")
        #expect(rebuilt.exit == 0 && rebuilt.output.hasPrefix("4 executions and 2 runs"), "\(rebuilt)")
        #expect(rebuilt.output.contains("quarantine/") == (fate != "removed"))
        #expect(try history(workspace) == before)
        #expect(try workspace.run().names("cached") == ["made", "read"])
    }
}
