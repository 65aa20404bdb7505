import Foundation
import Testing

/// A key that is executed again and gives something else: the runs before keep what they had.
@Suite struct SupersededTests {
    /// A workspace whose stage `scores` gives what stands in its file `value`, and `reader` reads.
    private static func workspace(_ gate: String = ">= baseline - 0.01", value: String = "0.9") throws -> Workspace {
        let workspace = try Workspace()
        try workspace.write(
            """
            name: nightly
            stages:
              scores:
                uses: command
                with:
                  shell: true
                  argv: ["cat \(workspace.file("value").path) > {out.x}; echo '{\\"accuracy\\": '$(cat {out.x})'}' > m.json"]
                  out: { x: x }
                  metrics: m.json
                expect: { accuracy: "\(gate)" }
              reader: { uses: command, in: { i: scores.x }, with: { argv: [cp, "{in.i}", "{out.y}"], out: { y: y } } }
            """)
        try workspace.write(value, to: "value")
        return workspace
    }

    /// Runs with another value, by force, and says which run had the first.
    private static func superseded(
        _ workspace: Workspace, by value: String = "0.5"
    ) throws -> (old: RunDocument, new: RunDocument) {
        let old = try workspace.run()
        try workspace.write(value, to: "value")
        return (old, try workspace.run("--force-stage", "scores"))
    }

    private static func files(_ workspace: Workspace) -> [URL] {
        let folder = workspace.store.appendingPathComponent("superseded")
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".json") }.map { folder.appendingPathComponent($0) }
    }

    /// What a person sees of a run.
    private static func past(_ workspace: Workspace, _ run: RunDocument) throws -> [String] {
        let id = try #require(run.run)
        let words = [
            ["show", id], ["show", "scores@\(id)"], ["show", "reader@\(id)"], ["metrics", id],
            ["report", id, "--json"],
            ["runs", "--where", "metric.scores.accuracy = 0.9"], ["show", "scores.x@\(id)"],
        ]
        return try words.map { words in
            let ending = try workspace.calm(words + ["--store", "s"] + (words.contains("--json") ? [] : ["--json"]))
            #expect(ending.exit == 0, "\(words): \(ending.errors)")
            return ending.output
        }
    }

    @Test("the baseline is the pinned run's own value, whatever its keys gave since")
    func baseline() throws {
        let workspace = try Self.workspace()
        #expect(try workspace.run().exit == 0)
        #expect(try workspace.calm("pin", "baseline", "latest", "--store", "s").exit == 0)
        try workspace.write("0.5", to: "value")
        for arguments in [["--force"], [], ["--force"]] {
            let run = try workspace.calm(["run", "p.yaml", "--store", "s"] + arguments)
            #expect(run.exit == 1, "\(run.output)")
            #expect(run.output.contains("accuracy expected >= baseline - 0.01 (0.89), found 0.5"), "\(run.output)")
        }
    }

    @Test("another execution of a key counts for the median as one of its own")
    func median() throws {
        let workspace = try Self.workspace(">= median(5) - 0.05")
        #expect(try workspace.run().exit == 0)
        for (value, bound) in [("0.8", "0.85"), ("0.7", "0.8"), ("0.7", "0.8")] {
            try workspace.write(value, to: "value")
            let run = try workspace.calm("run", "p.yaml", "--store", "s", "--force")
            #expect(run.output.contains("accuracy expected >= median(5) - 0.05 (\(bound)"), "\(run.output)")
        }
        let gate = try workspace.calm(
            "reports", "gate", "--metric", "scores.accuracy", "--store", "s", "--json")
        #expect(gate.exit == 1, "0.7 after 0.8 and 0.9: \(gate)")
    }

    @Test("what a run had stays: metrics, outputs, reports, conditions and differences")
    func past() throws {
        let workspace = try Self.workspace(">= 0")
        let first = try workspace.run()
        let before = try Self.past(workspace, first)
        try workspace.write("0.5", to: "value")
        let second = try workspace.run("--force")
        #expect(
            second["scores"]?.why
                == "--force; gave another x and other metrics (accuracy) than before, so the stage isn't reproducible")
        #expect(try Self.past(workspace, first) == before)
        let (old, new) = (try #require(first.run), try #require(second.run))
        let metrics = try #require(try workspace.query("metrics", "--stage", "scores") as? [[String: Any]])
        #expect(metrics.compactMap { $0["run"] as? String } == [new, old])
        #expect(metrics.compactMap { $0["value"] as? Double } == [0.5, 0.9])
        let changes = try workspace.calm("diff", old, new, "--store", "s")
        #expect(changes.output.contains("scores.accuracy  0.9 → 0.5  -0.4"), "\(changes.output)")
        #expect(!changes.output.contains("no difference"))
        let compared = try workspace.calm("report", old, new, "--store", "s", "--markdown").output
        #expect(compared.contains("0.9") && compared.contains("0.5"), "\(compared)")
        let artifact = try #require(first["scores"]?.outputs["x"])
        let shown = try #require(try workspace.query("show", String(artifact.prefix(12))) as? [String: Any])
        #expect((shown["producers"] as? [[String: Any]])?.compactMap { $0["stage"] as? String } == ["scores"])
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    enum Loss: CaseIterable { case none, catalogue, results }

    @Test(
        "the catalogue is made anew with it, also of runs from before results were recorded", arguments: Loss.allCases)
    func rebuilt(_ loss: Loss) throws {
        let workspace = try Self.workspace(">= 0")
        let (old, new) = try Self.superseded(workspace)
        let before = try Self.past(workspace, old) + Self.past(workspace, new)
        if loss == .catalogue {
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: workspace.store.path + "/catalogue.sqlite" + suffix)
            }
        }
        if loss == .results {
            let file = workspace.store.appendingPathComponent("runs/\(try #require(old.run))/run.json")
            let text = try String(contentsOf: file, encoding: .utf8)
            let early = text.replacing(/"result":"[0-9a-f]{12}",/, with: "").replacing(
                /"checksum":"[0-9a-f]{64}",/, with: "")
            #expect(text != early)
            try early.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
        #expect(try Self.past(workspace, old) + Self.past(workspace, new) == before)
        let verified = try workspace.calm("store", "verify", "--store", "s")
        #expect(verified.exit == 0, "\(verified.output)")
        #expect(try workspace.run().names("executed").isEmpty)
    }

    @Test(
        "a pinned run's artifacts stay through a collection; without the pin they go, and gc says of which run they were"
    )
    func collection() throws {
        let workspace = try Self.workspace(">= 0")
        let old = try workspace.run()
        #expect(try workspace.calm("pin", "base", "latest", "--store", "s").exit == 0)
        try workspace.write("0.5", to: "value")
        let new = try workspace.run("--force")
        let before = try Self.past(workspace, old)
        #expect(try workspace.calm("store", "gc", "--store", "s").exit == 0)
        #expect(try Self.past(workspace, old) == before)
        for stage in old.stages {
            for output in stage.outputs.values {
                #expect(FileManager.default.fileExists(atPath: workspace.object(output).path), "\(stage.name)")
            }
        }
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        #expect(try workspace.run().names("executed").isEmpty)

        #expect(try workspace.calm("unpin", "base", "--store", "s").exit == 0)
        let (run, key) = (try #require(old.run), try #require(old["scores"]?.key))
        let dry = try workspace.calm("store", "gc", "--dry-run", "--store", "s").output
        #expect(
            dry.contains(
                /superseded execution record ([0-9a-f]{64}) .*\(stage scores\); last used by run (.*)\n/),
            "\(dry)")
        #expect(dry.contains("superseded execution record \(key)") && dry.contains("last used by run \(run)"))
        #expect(try workspace.calm("store", "gc", "--store", "s").exit == 0)
        let artifact = try #require(old["scores"]?.outputs["x"])
        #expect(Self.files(workspace).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: workspace.object(artifact).path))
        let verified = try workspace.calm("store", "verify", "--store", "s")
        #expect(verified.exit == 0, "\(verified.output)")
        // Its numbers stay, as those of every collected execution, and aren't the new run's.
        #expect(try workspace.calm("metrics", run, "--store", "s").output.contains("accuracy  0.9"))
        let refused = try workspace.calm("pin", "late", run, "--store", "s")
        #expect(refused.exit == 2 && refused.errors.contains("were collected"), "\(refused)")
        #expect(try workspace.calm("pin", "now", try #require(new.run), "--store", "s").exit == 0)
        #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
        #expect(try workspace.calm("metrics", run, "--store", "s").output == "no metrics\n")
    }

    @Test("the same result again supersedes nothing, and says so")
    func same() throws {
        let workspace = try Self.workspace(">= 0")
        try workspace.run()
        let again = try workspace.run("--force")
        #expect(again["scores"]?.why == "--force; gave the same outputs as before")
        #expect(Self.files(workspace).isEmpty)
    }

    @Test("a result that comes back is the key's own again, and each is kept once")
    func alternating() throws {
        let workspace = try Self.workspace(">= 0")
        let first = try workspace.run()
        let before = try Self.past(workspace, first).dropLast()
        for value in ["0.5", "0.9", "0.5", "0.9"] {
            try workspace.write(value, to: "value")
            try workspace.run("--force")
            let verified = try workspace.calm("store", "verify", "--store", "s")
            #expect(verified.exit == 0, "\(value): \(verified.output)")
        }
        #expect(Self.files(workspace).count == 2)
        let metrics = try #require(try workspace.query("metrics", "--stage", "scores") as? [[String: Any]])
        #expect(metrics.compactMap { $0["value"] as? Double } == [0.9, 0.5, 0.9, 0.5, 0.9])
        #expect(before.count == 6)
    }

    @Test("verify and the run name a metric that comes out otherwise, though all outputs are the same")
    func otherMetrics() throws {
        let workspace = try Workspace()
        try workspace.write(
            """
            name: counted
            stages:
              count:
                uses: command
                with:
                  shell: true
                  argv: ["echo > {out.x}; echo '{\\"n\\": '$(cat \(workspace.file("value").path))'}' > m.json"]
                  out: { x: x }
                  metrics: m.json
            """)
        try workspace.write("3", to: "value")
        let first = try workspace.run()
        #expect(try workspace.calm("verify", "p.yaml", "--all", "--store", "s").exit == 0)
        try workspace.write("4", to: "value")
        let verified = try workspace.calm("verify", "p.yaml", "--all", "--store", "s")
        #expect(verified.exit == 1)
        #expect(verified.output.contains("count: different: metric n is recorded as 3.0, came out as 4.0\n"))
        let second = try workspace.run("--force")
        #expect(second["count"]?.outputs == first["count"]?.outputs)
        #expect(
            second["count"]?.why
                == "--force; gave other metrics (n) than before, so the stage isn't reproducible")
        let old = try #require(first.run)
        #expect(try workspace.calm("metrics", old, "--store", "s").output.contains("n  3.0"))
    }

    enum Damage: CaseIterable { case record, lostRecord, blob, lostBlob }

    @Test(
        "store verify names a superseded record, or what it needs, that is damaged or gone", arguments: Damage.allCases)
    func damaged(_ damage: Damage) throws {
        let workspace = try Self.workspace(">= 0")
        let (old, _) = try Self.superseded(workspace)
        let record = try #require(Self.files(workspace).first)
        let digest = try #require(old["scores"]?.outputs["x"])
        switch damage {
        case .record: try Data("{".utf8).write(to: record)
        case .lostRecord: try FileManager.default.removeItem(at: record)
        case .blob: try DamageTests.Damage.flip.strike(workspace.object(digest))
        case .lostBlob: try FileManager.default.removeItem(at: workspace.object(digest))
        }
        let verified = try workspace.calm("store", "verify", "--store", "s")
        // What is gone can't be made again, so that it is told and no failure for ever.
        #expect(verified.exit == (damage == .lostBlob ? 0 : 1), "\(verified)")
        let name = "superseded/\(record.deletingLastPathComponent().lastPathComponent)/\(record.lastPathComponent)"
        switch damage {
        case .record: #expect(verified.output.contains("damaged: \(name)"), "\(verified.output)")
        case .lostRecord: #expect(verified.output.contains("missing: \(name)"), "\(verified.output)")
        case .blob:
            #expect(verified.output.contains("damaged: object \(digest)"), "\(verified.output)")
            #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        case .lostBlob:
            let line = "note: object \(digest), which only a superseded result had, is gone or no artifact: output x"
            #expect(verified.output.contains(line), "\(verified.output)")
        }
        // The last complete run doesn't need it any more.
        #expect(try workspace.calm("store", "gc", "--store", "s").exit == 0)
        #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
        let mended = try workspace.calm("store", "verify", "--store", "s")
        #expect(mended.exit == 0, "\(mended.output)")
    }

    @Test(
        "killed before the old record is kept, or before the new one takes its place: neither is lost",
        arguments: ["/superseded/", "/executions/"])
    func killed(_ folder: String) throws {
        let workspace = try Self.workspace(">= 0")
        let first = try workspace.run()
        let before = try Self.past(workspace, first)
        try workspace.write("0.5", to: "value")
        let library = try FaultLibrary(
            .killAll, at: 1, on: "\(folder)\(try #require(first["scores"]?.key).prefix(2))/", below: workspace.store,
            file: workspace.file("faults"))
        let run = try workspace.start("--force-stage", "scores", environment: library.environment)
        #expect(try run.wait().exit == -SIGKILL)
        #expect(try library.account().place.contains(folder))
        #expect(Self.files(workspace).count == (folder == "/executions/" ? 1 : 0))

        let next = try workspace.run()
        #expect(next["scores"]?.state == "cached" && next["scores"]?.metrics == ["accuracy": 0.9])
        let verified = try workspace.calm("store", "verify", "--store", "s")
        #expect(verified.exit == 0, "\(verified.output)")
        #expect(try workspace.run("--force-stage", "scores")["scores"]?.metrics == ["accuracy": 0.5])
        #expect(try Array(Self.past(workspace, first)[..<5]) == Array(before[..<5]))
        #expect(Self.files(workspace).count == 1)
    }

    @Test("a run that is slow to note what it executed has that, though another run executed the key meanwhile")
    func concurrent() throws {
        let workspace = try Self.workspace(">= 0")
        let key = try #require(try workspace.run()["scores"]?.key)
        let record = workspace.store.appendingPathComponent("executions/\(key.prefix(2))/\(key.dropFirst(2)).json")
        func inode() -> Int? {
            (try? FileManager.default.attributesOfItem(atPath: record.path))?[.systemFileNumber] as? Int
        }
        let first = inode()
        // Its worker waits for the value until the coordinator is stopped.
        let value = workspace.file("value").path
        try FileManager.default.removeItem(atPath: value)
        #expect(mkfifo(value, 0o600) == 0)
        let slow = try workspace.start("--force-stage", "scores")
        let writer = open(value, O_WRONLY)
        slow.send(SIGSTOP)
        #expect(writer >= 0 && write(writer, "0.7", 3) == 3 && close(writer) == 0)
        #expect(eventually { inode() != first })
        #expect(eventually { !FileManager.default.fileExists(atPath: workspace.store.path + "/locks/\(key)") })
        try FileManager.default.removeItem(atPath: value)
        try workspace.write("0.5", to: "value")
        #expect(try workspace.run("--force-stage", "scores")["scores"]?.metrics == ["accuracy": 0.5])
        slow.send(SIGCONT)
        let document = try RunDocument(of: try slow.wait())
        #expect(document["scores"]?.metrics == ["accuracy": 0.7])
        let shown = try workspace.calm("metrics", try #require(document.run), "--store", "s").output
        #expect(shown.contains("accuracy  0.7"), "\(shown)")
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }
}
