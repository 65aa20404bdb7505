import Foundation
import Testing

@Suite struct CollectionTests {
    /// `made` depends on a parameter, `read` on `made`, `fixed` on nothing.
    private static let pipeline = """
        name: collected
        params: { word: one }
        stages:
          fixed: { uses: command, with: { argv: [sh, -c, "echo fixed > {out.x}"], out: { x: x } } }
          made:
            uses: command
            with: { argv: [sh, -c, "seq 999 > {out.x}; echo $WORD >> {out.x}"], out: { x: x }, set: { WORD: "${params.word}" } }
          read: { uses: command, in: { i: made.x }, with: { argv: [cp, "{in.i}", "{out.y}"], out: { y: y } } }
        """

    /// A workspace in which the pipeline has run with these words, one after the other.
    private func ran(_ words: String...) throws -> Workspace {
        let workspace = try Workspace(Self.pipeline)
        for word in words { #expect(try workspace.run("--set", "params.word=\(word)").exit == 0) }
        return workspace
    }

    private struct Collection: Decodable {
        struct Item: Decodable { let subject, why: String }
        struct Kept: Decodable { let executions, objects, bytes: Int }
        let removed: [Item]
        let kept: Kept
        let dryRun: Bool

        var objects: [Item] { removed.filter { $0.subject.hasPrefix("object ") } }
    }

    private func collect(_ workspace: Workspace, _ arguments: String...) throws -> Collection {
        let ending = try workspace.calm(["store", "gc", "--store", "s", "--json"] + arguments)
        #expect(ending.exit == 0, "\(ending)")
        return try JSONDecoder().decode(Collection.self, from: Data(ending.output.utf8))
    }

    @Test("what only an earlier run needs goes, each with the stage and the run that used it; the rest stays whole")
    func unneeded() throws {
        let workspace = try ran("one", "two")
        let first = try #require((try workspace.query("runs") as? [[String: Any]])?.last?["run"] as? String)
        let dry = try collect(workspace, "--dry-run")
        // made: a blob and its manifest; read: only a manifest, since its bytes are made's.
        #expect(dry.dryRun && dry.objects.count == 3 && dry.kept.executions == 3)
        #expect(
            dry.objects.contains { $0.why.contains("(stage made)") && $0.why.contains("last used by run \(first)") })
        #expect(try collect(workspace, "--dry-run").removed.count == dry.removed.count, "a dry run removes nothing")
        let real = try collect(workspace)
        #expect(real.removed.map(\.subject) == dry.removed.map(\.subject))
        #expect(try collect(workspace).removed.isEmpty)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        #expect(try workspace.run("--set", "params.word=two").names("executed").isEmpty)
        #expect(try workspace.run("--set", "params.word=one").names("executed") == ["made", "read"])
    }

    @Test("a pin keeps what it names, the last runs what they need, until neither does")
    func pins() throws {
        let workspace = try ran("one")
        #expect(try workspace.calm("pin", "first", "latest", "--note", "to keep", "--store", "s").exit == 0)
        #expect(try workspace.run("--set", "params.word=two").exit == 0)
        #expect(try workspace.run("--set", "params.word=three").exit == 0)
        #expect(try collect(workspace, "--keep-runs", "2").objects.isEmpty)
        #expect(try collect(workspace).objects.count == 3)
        #expect(try workspace.run("--set", "params.word=one").names("executed").isEmpty)
        #expect(try workspace.calm("pins", "--store", "s").output.contains("to keep"))
        #expect(try workspace.run("--set", "params.word=two").names("executed") == ["made", "read"])
        #expect(try workspace.calm("unpin", "first", "--store", "s").exit == 0)
        let twice = try workspace.calm("unpin", "first", "--store", "s")
        #expect(twice.exit == 2 && twice.errors.contains("no pin is called 'first'"))
        #expect(try collect(workspace).objects.count == 6)
    }

    @Test("a run of a few stages doesn't make what the others gave unneeded, and keeps its own")
    func partialRuns() throws {
        let workspace = try ran("one")
        #expect(try workspace.run("--set", "params.word=two", "made").exit == 0)
        #expect(try collect(workspace, "--keep-runs", "0").objects.isEmpty)
        #expect(try workspace.run("--set", "params.word=one").names("executed").isEmpty)
        #expect(try collect(workspace).objects.count == 2)
    }

    @Test("up to a size, what is unneeded stays, the last used longest")
    func budget() throws {
        let workspace = try ran("one", "two", "three")
        #expect(try collect(workspace, "--max-size", "1GB").removed.isEmpty)
        let kept = try collect(workspace, "--max-size", "0B", "--dry-run").kept.bytes
        // One of the two older results fits besides.
        #expect(try collect(workspace, "--max-size", "\(kept * 2)B").objects.count == 3)
        #expect(try workspace.run("--set", "params.word=two").names("executed").isEmpty)
        #expect(try workspace.run("--set", "params.word=one").names("executed") == ["made", "read"])
    }

    private static let setpriv = URL(fileURLWithPath: "/usr/bin/setpriv")

    @Test(
        "what a killed stage left goes though it is read-only; what isn't the user's stays with a warning, and no failure",
        .enabled(if: geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")))
    func readOnlyLeftovers() throws {
        let workspace = try ran("one")
        let tmp = workspace.store.appendingPathComponent("tmp")
        for name in ["1-1-1.calm/own/deep", "1-1-2.calm/foreign"] {
            let folder = tmp.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data("x".utf8).write(to: folder.appendingPathComponent("file"))
        }
        let names = FileManager.default.enumerator(atPath: workspace.folder.path)?.allObjects as? [String] ?? []
        for name in names + ["."] where !name.contains("foreign") { chown(workspace.file(name).path, 65534, 65534) }
        chmod(tmp.path + "/1-1-1.calm/own/deep", 0o500)
        chmod(tmp.path + "/1-1-1.calm/own", 0)
        let words = ["--reuid=65534", "--regid=65534", "--clear-groups", try CalmProcess.binary().path]
        let ending = try workspace.program(Self.setpriv, words + ["store", "gc", "--store", "s", "--json"])
        #expect(ending.exit == 0, "\(ending)")
        #expect(ending.errors.contains("warning: can't remove"), "\(ending.errors)")
        #expect(ending.errors.contains("1-1-2.calm/foreign/file: Permission denied; remove it as its owner"))
        #expect(ending.output.contains(#""left":["can't remove"#) && ending.output.contains("tmp/1-1-1.calm"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: tmp.path) == ["1-1-2.calm"])
        #expect(try workspace.run("--set", "params.word=one").names("executed").isEmpty)
    }

    @Test("a store without any known run is not emptied")
    func unknownHistory() throws {
        let workspace = try ran("one")
        for name in ["catalogue.sqlite", "catalogue.sqlite-wal", "catalogue.sqlite-shm", "runs"] {
            try? FileManager.default.removeItem(at: workspace.store.appendingPathComponent(name))
        }
        let refused = try workspace.calm("store", "gc", "--store", "s")
        #expect(refused.exit == 5 && refused.errors.contains("knows of no run"))
        #expect(try workspace.run("--set", "params.word=one").names("executed").isEmpty)
    }

    @Test("a collection waits for a run under way, and what a killed run had done stays")
    func besideRuns() throws {
        let workspace = try ran("one")
        let text =
            Self.pipeline
            + "\n  slow: { uses: command, in: { i: read.y }, with: { argv: [sleep, \"60\"], out: { z: z } } }\n"
        try workspace.write(text)
        let running = try workspace.start("--set", "params.word=two")
        let started = eventually {
            let locks = (try? FileManager.default.contentsOfDirectory(atPath: workspace.store.path + "/locks")) ?? []
            return locks.contains { $0.count == 64 } && workspace.finished("read", word: "two")
        }
        #expect(started)
        let refused = try workspace.calm("store", "gc", "--store", "s", "--no-wait")
        #expect(refused.exit == 5 && refused.errors.contains("locked"))
        let waiting = try CalmProcess(
            CalmProcess.binary(), ["store", "gc", "--store", "s", "--json"], in: workspace.folder)
        usleep(300_000)
        running.send(SIGKILL)
        #expect(try running.wait().exit == -SIGKILL)
        let ending = try waiting.wait()
        #expect(ending.exit == 0)
        let collected = try JSONDecoder().decode(Collection.self, from: Data(ending.output.utf8))
        // The killed run is its pipeline's latest; the one before it is the latest that was complete.
        #expect(collected.objects.isEmpty, "\(collected.removed)")
        try workspace.write(Self.pipeline)
        #expect(try workspace.run("--set", "params.word=two").names("executed").isEmpty)
    }

    @Test("what dead processes and finished stages left behind goes; unfinished checkpoints when asked for")
    func leftovers() throws {
        let workspace = try ran("one")
        let key = try #require(try workspace.run("--set", "params.word=one")["made"]?.key)
        let other = String(repeating: "ab", count: 32)
        try workspace.write("half", to: "s/tmp/999999999-1-1.calm")
        for name in ["checkpoints/\(key)", "checkpoints/\(other)"] {
            try FileManager.default.createDirectory(
                at: workspace.store.appendingPathComponent(name), withIntermediateDirectories: true)
            try workspace.write("state", to: "s/\(name)/state")
        }
        // Older than the stage's record; a younger one is of a forced run that may go on.
        let state = workspace.store.appendingPathComponent("checkpoints/\(key)/state").path
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -3_600)], ofItemAtPath: state)
        try workspace.write("", to: "s/locks/\(other)")
        let first = try collect(workspace).removed.map(\.subject)
        #expect(Set(first) == ["tmp/999999999-1-1.calm", "checkpoints/\(key)", "locks/\(other)"])
        #expect(try collect(workspace, "--checkpoints").removed.map(\.subject) == ["checkpoints/\(other)"])
    }

    @Test("the checkpoint of a stage that never finished stays while a latest run has the stage, and no longer")
    func abandonedCheckpoint() throws {
        let workspace = try Workspace()
        func pipeline(_ word: String) -> String {
            "name: p\nstages:\n  a: { uses: command, with: { argv: [sh, -c, 'exit 1 # \(word)'], out: { o: o } } }\n"
        }
        try workspace.write(pipeline("one"))
        let key = try #require(try workspace.run()["a"]?.key)
        try FileManager.default.createDirectory(
            at: workspace.store.appendingPathComponent("checkpoints/\(key)"), withIntermediateDirectories: true)
        try workspace.write("state", to: "s/checkpoints/\(key)/state")
        #expect(try collect(workspace).removed.isEmpty)
        try workspace.write(pipeline("two"))
        _ = try workspace.run()
        let removed = try collect(workspace).removed
        #expect(removed.map(\.subject) == ["checkpoints/\(key)"])
        #expect(removed.map(\.why) == ["checkpoint of a stage that never finished, and that no latest run has"])
    }

    @Test("the checkpoint of a stage that no run is known to have stays for 30 days")
    func oldCheckpoint() throws {
        let workspace = try ran("one")
        for (letters, days) in [("ab", 29.0), ("cd", 31.0)] {
            let name = "checkpoints/\(String(repeating: letters, count: 32))"
            let folder = workspace.store.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try workspace.write("state", to: "s/\(name)/state")
            for path in ["\(folder.path)/state", folder.path] {
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSinceNow: -days * 86_400)], ofItemAtPath: path)
            }
        }
        let removed = try collect(workspace).removed
        #expect(removed.map(\.subject) == ["checkpoints/\(String(repeating: "cd", count: 32))"])
        #expect(removed.map(\.why) == ["checkpoint of a stage that never finished, older than 30 days"])
    }

    @Test(
        "while a file may be a damaged pin, a collection removes leftovers, no result, and warns",
        arguments: ["", "{", "{}", "junk", "{\"mine\":1}", "[]", "\0\0\0"])
    func damagedPin(_ content: String) throws {
        let workspace = try ran("one", "two")
        try workspace.write(content, to: "s/pins/mine.json")
        try workspace.write("half", to: "s/tmp/999999999-1-1.calm")
        for more in [["--dry-run"], ["--max-size", "0"], []] {
            let kept = try workspace.calm(["store", "gc", "--store", "s"] + more)
            #expect(kept.exit == 0 && kept.errors.contains("no result is removed"), "\(kept)")
            #expect(kept.errors.contains("pins/mine.json can't be read") && kept.errors.contains("calm unpin mine"))
            #expect(kept.output.contains("0 objects and "), "\(kept.output)")
        }
        #expect(try workspace.run("--set", "params.word=one").names("executed").isEmpty)
        let listed = try workspace.calm("pins", "--store", "s")
        #expect(listed.exit == 0 && listed.errors.contains("pins/mine.json can't be read"), "\(listed)")
    }

    @Test("a folder or a pipe that is called like a pin isn't one, and stops nothing")
    func folderAmongPins() throws {
        let workspace = try ran("one", "two")
        try FileManager.default.createDirectory(
            at: workspace.file("s/pins/mine.json"), withIntermediateDirectories: true)
        #expect(mkfifo(workspace.file("s/pins/pipe.json").path, 0o600) == 0)
        let collected = try workspace.calm("store", "gc", "--store", "s")
        #expect(collected.exit == 0 && collected.errors.isEmpty, "\(collected)")
        #expect(collected.output.contains("not removed: pins/mine.json, pins/pipe.json"), "\(collected.output)")
        #expect(try !workspace.run("--set", "params.word=one").names("executed").isEmpty)
    }

    @Test("unpin moves a file that is no pin to quarantine, from where nothing removes it; other names stop nothing")
    func foreignPin() throws {
        let workspace = try ran("one", "two")
        for place in ["pin-notes.json", "pin-notes-2.json"] {
            try workspace.write("{\"mine\":1}", to: "s/pins/notes.json")
            let unpinned = try workspace.calm("unpin", "notes", "--store", "s")
            #expect(unpinned.exit == 0 && unpinned.output.contains("quarantine/\(place)"), "\(unpinned)")
            #expect(workspace.lines(of: "s/quarantine/\(place)") == ["{\"mine\":1}"])
        }
        try workspace.write("{}", to: "s/pins/my notes.json")
        let collected = try workspace.calm("store", "gc", "--quarantined", "--store", "s")
        #expect(collected.exit == 0, "\(collected)")
        #expect(workspace.lines(of: "s/quarantine/pin-notes.json") == ["{\"mine\":1}"])
        #expect(workspace.lines(of: "s/pins/my notes.json") == ["{}"])
        #expect(try workspace.calm("unpin", "notes", "--store", "s").exit != 0)
    }

    private func pinned() throws -> (Workspace, pin: URL) {
        let workspace = try ran("one")
        #expect(try workspace.calm("pin", "p1", "latest", "--store", "s").exit == 0)
        #expect(try workspace.run("--set", "params.word=two").exit == 0)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        return (workspace, workspace.file("s/pins/p1.json"))
    }

    private func isRefused(_ workspace: Workspace, _ message: String) throws -> Bool {
        let verified = try workspace.calm("store", "verify", "--store", "s")
        let refused = try workspace.calm("store", "gc", "--store", "s")
        return verified.exit == 1 && verified.output.contains("pins/p1.json") && verified.output.contains(message)
            && verified.output.contains("calm unpin p1") && refused.exit == 0 && refused.errors.contains(message)
            && refused.output.contains("removed 0 objects and 0 other files")
    }

    @Test(
        "a pin that is junk, changed, or of what isn't there is named by verify and keeps all results, until unpinned")
    func doubtfulPins() throws {
        let (workspace, pin) = try pinned()
        let whole = try String(contentsOf: pin, encoding: .utf8)
        let key = try #require(whole.firstMatch(of: /"executions":\["([0-9a-f]{64})"/)?.1)
        let other = (key.first == "a" ? "b" : "a") + key.dropFirst()
        let changed = whole.replacing(key, with: other)
        try workspace.write("junk", to: "s/pins/p1.json")
        #expect(try isRefused(workspace, "p1.json can't be read"))
        try changed.write(to: pin, atomically: true, encoding: .utf8)
        #expect(try isRefused(workspace, "not the one it states"))
        // As an earlier calm wrote it, without a checksum.
        try changed.replacing(/"checksum":"[0-9a-f]{64}",/, with: "").write(to: pin, atomically: true, encoding: .utf8)
        #expect(try isRefused(workspace, "names what the store doesn't have: execution \(other.prefix(12))"))
        try whole.replacing(/"checksum":"[0-9a-f]{64}",/, with: "").write(to: pin, atomically: true, encoding: .utf8)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        #expect(try collect(workspace).objects.isEmpty)
        let listed = try workspace.calm("pins", "--store", "s", "--json")
        #expect(listed.exit == 0 && !listed.output.contains("checksum"))
        try workspace.write("junk", to: "s/pins/p1.json")
        #expect(try workspace.calm("unpin", "p1", "--store", "s").exit == 0)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        #expect(try collect(workspace).objects.count == 3)
    }

    @Test("a stage whose result was collected runs for that reason")
    func collectedResult() throws {
        let workspace = try ran("one", "two")
        _ = try collect(workspace)
        let day = Date().formatted(.iso8601.year().month().day())
        let plan = try workspace.calm("plan", "p.yaml", "--store", "s", "--set", "params.word=one")
        #expect(plan.output.contains("its result was collected by `calm store gc` on \(day)"), "\(plan.output)")
        let made = try #require(try workspace.run("--set", "params.word=one")["made"])
        #expect(made.why.hasPrefix("its result was collected by `calm store gc` on \(day)"))
    }
}

extension Workspace {
    /// Whether a stage's execution with this word is on file.
    fileprivate func finished(_ stage: String, word: String) -> Bool {
        guard let plan = try? calm("plan", "p.yaml", "--store", "s", "--json", "--set", "params.word=\(word)"),
            let document = try? JSONSerialization.jsonObject(with: Data(plan.output.utf8)) as? [String: Any],
            let stages = document["stages"] as? [[String: Any]]
        else { return false }
        return stages.contains { $0["name"] as? String == stage && $0["decision"] as? String == "cached" }
    }
}
