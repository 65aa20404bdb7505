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

    /// The one run's record, changed.
    private func change(_ workspace: Workspace, _ run: String, _ change: (String) -> String) throws {
        let file = workspace.file("s/runs/\(run)/run.json")
        try change(String(contentsOf: file, encoding: .utf8)).write(to: file, atomically: true, encoding: .utf8)
    }

    @Test(
        "a run's record that is changed or torn is named, and made anew from the catalogue, which stays as it is",
        arguments: [false, true], [false, true])
    func damagedRunRecord(_ isTorn: Bool, isRebuilt: Bool) throws {
        let workspace = try Workspace(Self.pipeline)
        let run = try #require(try workspace.run().run)
        let before = try history(workspace)
        try change(workspace, run) { text in
            isTorn ? String(text.prefix(text.count / 2)) : text.replacing(#""exit":4"#, with: #""exit":0"#)
        }
        if isRebuilt {
            #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
        } else {
            let found = try workspace.calm("store", "verify", "--store", "s")
            #expect(found.exit == 1 && !found.output.contains("catalogue:"), "\(found.output)")
            #expect(found.output.contains("damaged: runs/\(run)/run.json"), "\(found.output)")
            #expect(found.output.contains("was written anew from the catalogue"), "\(found.output)")
        }
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        #expect(try history(workspace) == before)
        #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
        #expect(try history(workspace) == before)
    }

    @Test("without its rows a damaged record isn't believed: what is left of the run is named, once")
    func lostRun() throws {
        let workspace = try Workspace(Self.pipeline)
        let run = try #require(try workspace.run().run)
        try change(workspace, run) { $0.replacing(#""exit":4"#, with: #""exit":0"#) }
        try FileManager.default.removeItem(at: workspace.file("s/catalogue.sqlite"))
        #expect((try workspace.query("runs") as? [Any])?.isEmpty == true)
        let found = try workspace.calm("store", "verify", "--store", "s")
        #expect(found.exit == 1 && found.output.contains("the catalogue doesn't know of the run"), "\(found.output)")
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test("a run's record of an earlier calm, without a checksum, is read")
    func withoutChecksum() throws {
        let workspace = try Workspace(Self.pipeline)
        let run = try #require(try workspace.run().run)
        let before = try history(workspace)
        try change(workspace, run) { $0.replacing(/"checksum":"[0-9a-f]{64}",/, with: "") }
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        try FileManager.default.removeItem(at: workspace.file("s/catalogue.sqlite"))
        #expect(try history(workspace) == before)
    }

    @Test("the metrics of what was collected outlive the catalogue", arguments: [false, true])
    func collected(_ isRemoved: Bool) throws {
        let workspace = try Workspace(
            """
            name: measured
            params: { n: 1 }
            stages:
              made:
                uses: command
                with:
                  shell: true
                  argv: ["echo ${params.n} > {out.x}; echo '{\\"n\\": ${params.n}}' > m.json"]
                  out: { x: x }
                  metrics: m.json
              read: { uses: command, in: { i: made.x }, with: { argv: [cp, "{in.i}", "{out.y}"], out: { y: y } } }
            """)
        let runs = try [1, 2].map { try #require(try workspace.run("--set", "params.n=\($0)").run) }
        #expect(try workspace.calm("store", "gc", "--store", "s").exit == 0)
        func answers() throws -> [String] {
            try [["metrics", "--stage", "made"], ["diff", runs[0], runs[1]], ["show", "made@\(runs[0])"]].map {
                let ending = try workspace.calm($0 + ["--store", "s", "--json"])
                #expect(ending.exit == 0, "\(ending.errors)")
                return ending.output
            }
        }
        let before = try answers()
        #expect(before[0].contains(runs[0]) && before[0].contains(runs[1]), "\(before[0])")
        if isRemoved {
            try FileManager.default.removeItem(at: workspace.file("s/catalogue.sqlite"))
        } else {
            // As an earlier calm collected: only the catalogue tells of it.
            try FileManager.default.removeItem(at: workspace.file("s/collected"))
            #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
        }
        #expect(try answers() == before)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        let plan = try workspace.calm("plan", "p.yaml", "--store", "s", "--set", "params.n=1")
        #expect(plan.output.contains("its result was collected by `calm store gc` on 2"), "\(plan.output)")
    }

    @Test(
        "what an import said beside its records outlives the catalogue: stages' names, and what came without results",
        arguments: [false, true])
    func imported(_ isDamaged: Bool) throws {
        let (from, to) = (try Workspace(Self.pipeline), try Workspace(Self.pipeline))
        try from.run("read")
        let archive = to.file("a.tar").path
        #expect(try from.calm("export", "read", "--without-inputs", "--out", archive, "--store", "s").exit == 0)
        #expect(try to.calm("import", "a.tar", "--store", "s").exit == 0)
        if isDamaged {
            let folder = to.file("s/imports")
            let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
            try DamageTests.Damage.truncate.strike(folder.appendingPathComponent(name))
            let found = try to.calm("store", "verify", "--store", "s")
            #expect(found.exit == 1 && found.output.contains("import the file again"), "\(found.output)")
            #expect(try to.calm("store", "verify", "--store", "s").exit == 0)
            #expect(try to.calm("import", "a.tar", "--store", "s").exit == 0)
        }
        let before = try [["show", "read.y"], ["show", "read"]].map { try to.calm($0 + ["--store", "s"]).output }
        #expect(before.allSatisfy { $0.contains("made by") && $0.contains("read ") })
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(at: to.file("s/catalogue.sqlite" + suffix))
        }
        let after = try [["show", "read.y"], ["show", "read"]].map { try to.calm($0 + ["--store", "s"]).output }
        #expect(after == before)
        let plan = try to.calm("plan", "p.yaml", "--store", "s")
        #expect(plan.output.contains("its record was imported on 2"), "\(plan.output)")
        #expect(try to.calm("store", "verify", "--store", "s").exit == 0)
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

    @Test(
        "what can't be read ends a rebuild, which names it and leaves the catalogue as it was; the next leaves nothing out",
        arguments: ["run.json", "/collected/"])
    func unreadable(_ file: String) async throws {
        try await blocking {
            let workspace = try Workspace(Self.pipeline)
            try workspace.run()
            try workspace.run("--set", "params.word=two")
            #expect(try workspace.calm("store", "gc", "--keep-runs", "0", "--store", "s").exit == 0)
            let whole = try history(workspace)
            let library = try FaultLibrary(
                .unreadableFromThenOn, at: 1, on: file, below: workspace.store, file: workspace.file("faults"))
            let ending = try CalmProcess(
                CalmProcess.binary(), ["store", "rebuild-catalogue", "--store", "s"], in: workspace.folder,
                environment: library.environment
            ).wait()
            #expect(ending.exit == 5 && ending.errors.contains(file), "\(ending)")
            #expect(ending.errors.contains("the catalogue stays as it was"), "\(ending)")
            #expect(try history(workspace) == whole)
            let quarantine = try? FileManager.default.contentsOfDirectory(atPath: workspace.file("s/quarantine").path)
            #expect(quarantine?.contains { $0.hasPrefix("catalogue-") } != true)
            #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
            #expect(try history(workspace) == whole)
        }
    }

    @Test("a command that finds no catalogue makes one without the history that can't be read, and says so")
    func unreadableOnTheWay() async throws {
        try await blocking {
            let workspace = try Workspace(Self.pipeline)
            let first = try #require(try workspace.run().run)
            let second = try #require(try workspace.run("--set", "params.word=two").run)
            let whole = try history(workspace)
            try FileManager.default.removeItem(at: workspace.file("s/catalogue.sqlite"))
            let library = try FaultLibrary(
                .unreadable, at: 1, on: "\(second)/run.json", below: workspace.store, file: workspace.file("faults"))
            let ending = try CalmProcess(
                CalmProcess.binary(), ["runs", "--store", "s"], in: workspace.folder, environment: library.environment
            ).wait()
            #expect(ending.exit == 0 && ending.output.contains(first) && !ending.output.contains(second), "\(ending)")
            #expect(ending.errors.contains("note: can't read ") && ending.errors.contains(second), "\(ending)")
            #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
            #expect(try history(workspace) == whole)
        }
    }

    @Test("what is no run's folder, and no import's index, doesn't keep a catalogue from being rebuilt")
    func strangers() throws {
        let workspace = try Workspace(Self.pipeline)
        let run = try #require(try workspace.run().run)
        try workspace.write("notes", to: "s/runs/notes.txt")
        for folder in ["s/runs/empty", "s/runs/odd/run.json", "s/runs/looped", "s/imports/x.json"] {
            try FileManager.default.createDirectory(at: workspace.file(folder), withIntermediateDirectories: true)
        }
        let loop = workspace.file("s/runs/looped/run.json").path
        try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: loop)
        try FileManager.default.removeItem(at: workspace.file("s/catalogue.sqlite"))
        let rebuilt = try workspace.calm("store", "rebuild-catalogue", "--store", "s")
        #expect(rebuilt.exit == 0, "\(rebuilt)")
        #expect(try history(workspace)[0].contains(run))
        let verified = try workspace.calm("store", "verify", "--store", "s")
        #expect(verified.exit == 1)
        for message in ["runs/odd/run.json is damaged: it is no regular", "runs/looped/run.json is damaged: it links"] {
            #expect(verified.output.contains(message), "\(verified)")
        }
    }
}
