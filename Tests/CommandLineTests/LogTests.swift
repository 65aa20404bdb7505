import Foundation
import Testing

/// `calm log` while a run is under way, and after it.
@Suite struct LogTests {
    /// A stage that writes a line, waits for a file `go` in `folder` and writes another; one before it and one after it.
    private static func pipeline(_ folder: URL, tail: String = "true") -> String {
        """
        name: logged
        stages:
          first: { uses: command, with: { argv: [sh, -c, "echo first >&2; echo 1 > {out.x}"], out: { x: x } } }
          slow:
            uses: command
            in: { i: first.x }
            with:
              argv: [sh, -c, "echo begun; while [ ! -e \(folder.path)/go ]; do sleep 0.05; done; echo done; echo 1 > {out.x}; \(tail)"]
              out: { x: x }
          after: { uses: command, in: { i: slow.x }, with: { argv: [sh, -c, "echo last; cp {in.i} {out.x}"], out: { x: x } } }
        """
    }

    private func slowRun(tail: String = "true") throws -> (Workspace, CalmProcess) {
        let workspace = try Workspace()
        try workspace.write(Self.pipeline(workspace.folder, tail: tail))
        return (workspace, try workspace.start())
    }

    private func log(_ workspace: Workspace, _ words: String...) throws -> CalmProcess.Ending {
        try workspace.calm(["log"] + words + ["--store", "s"])
    }

    private func waitUntilBegun(_ workspace: Workspace) -> Bool {
        eventually { (try? log(workspace, "slow"))?.output == "begun\n" }
    }

    @Test("a stage at work prints what it has written so far; one not started yet says so")
    func atWork() throws {
        let (workspace, run) = try slowRun()
        #expect(waitUntilBegun(workspace))
        let soFar = try log(workspace, "slow")
        #expect(soFar.exit == 0 && soFar.errors.contains("stage slow is running in run "), "\(soFar)")
        #expect(try log(workspace, "first").output.contains("first"))
        let ahead = try log(workspace, "after")
        #expect(ahead.exit == 2 && ahead.errors.contains("has not started yet in run "), "\(ahead)")
        try workspace.write("", to: "go")
        #expect(try run.wait().exit == 0)
        let whole = try log(workspace, "slow")
        #expect(whole.output == "begun\ndone\n" && whole.errors.isEmpty, "\(whole)")
    }

    @Test("--follow prints on until the stage ends, also of a stage that has not started yet")
    func follow() throws {
        let (workspace, run) = try slowRun()
        #expect(waitUntilBegun(workspace))
        let followers = try ["slow", "after"].map { stage in
            try CalmProcess(CalmProcess.binary(), ["log", stage, "-f", "--store", "s"], in: workspace.folder)
        }
        usleep(500_000)
        try workspace.write("", to: "go")
        let ends = try followers.map { try $0.wait() }
        #expect(ends.map(\.output) == ["begun\ndone\n", "last\n"] && ends.allSatisfy { $0.exit == 0 }, "\(ends)")
        #expect(try run.wait().exit == 0)
    }

    @Test("--follow ends with the stage's failure, though the run goes on")
    func failure() throws {
        let workspace = try Workspace()
        let other = """
              other: { uses: command, with: { argv: [sh, -c, "while [ ! -e \(workspace.folder.path)/end ]; do sleep 0.05; done; echo 1 > {out.x}"], out: { x: x } } }
            """
        try workspace.write(Self.pipeline(workspace.folder, tail: "exit 3") + "\n" + other)
        let run = try workspace.start("--keep-going", "--jobs", "2")
        #expect(waitUntilBegun(workspace))
        let follower = try CalmProcess(
            CalmProcess.binary(), ["log", "slow", "--follow", "--store", "s"], in: workspace.folder)
        usleep(300_000)
        try workspace.write("", to: "go")
        let end = try follower.wait(seconds: 30)
        #expect(end.exit == 0 && end.output.hasPrefix("begun\ndone\n"), "\(end)")
        try workspace.write("", to: "end")
        #expect(try run.wait().exit == 4)
    }

    @Test("--follow ends when the run is killed, which isn't taken for one under way")
    func killed() throws {
        let (workspace, run) = try slowRun()
        #expect(waitUntilBegun(workspace))
        let follower = try CalmProcess(
            CalmProcess.binary(), ["log", "slow", "-f", "--store", "s"], in: workspace.folder)
        usleep(300_000)
        run.send(SIGKILL)
        _ = try? run.wait()
        let end = try follower.wait(seconds: 30)
        #expect(end.exit == 0 && end.output == "begun\n" && end.errors.contains("was killed"), "\(end)")
        let later = try log(workspace, "slow")
        #expect(later.output == "begun\n" && later.errors.contains("was running when run "), "\(later)")
        let never = try log(workspace, "after", "-f")
        #expect(never.exit == 2 && never.errors.contains("had not started when run "), "\(never)")
        try workspace.write("", to: "go")
    }

    @Test("words of an older run are printed only with a line that says so, and why")
    func older() throws {
        let (workspace, run) = try slowRun()
        try workspace.write("", to: "go")
        let first = try #require(try RunDocument(of: run.wait()).run)
        let second = try #require(try workspace.run().run)
        let old = try log(workspace, "slow")
        #expect(old.exit == 0 && old.output == "begun\ndone\n")
        #expect(
            old.errors.hasPrefix(
                "calm: stage slow was taken from the store in run \(second); this is what it wrote in run \(first)"),
            "\(old)")
        let named = try log(workspace, "slow", "--run", second)
        #expect(
            named.exit == 2 && named.output.isEmpty && named.errors.contains("run \(first) executed it"), "\(named)")
        #expect(try log(workspace, "slow", "--run", first).errors.isEmpty)
        #expect(try log(workspace, "slwo").exit == 2)
        // The run whose result was taken, and not the latest that executed the stage.
        try workspace.write(Self.pipeline(workspace.folder).replacing("echo begun", with: "echo other"))
        #expect(try workspace.run().exit == 0)
        #expect(try log(workspace, "slow").output == "other\ndone\n")
        try workspace.write(Self.pipeline(workspace.folder))
        #expect(try workspace.run().names("executed").isEmpty)
        #expect(try log(workspace, "slow").output == "begun\ndone\n")
    }

    @Test("all attempts of a stage are in its log; a matrix stage's name lists its cells")
    func attemptsAndCells() throws {
        let workspace = try Workspace()
        try workspace.write(
            """
            name: attempts
            stages:
              flaky:
                uses: command
                retries: { count: 1, backoff: 0.1 }
                with: { argv: [sh, -c, "echo again; test -e \(workspace.folder.path)/x || { touch \(workspace.folder.path)/x; exit 1; }; echo 1 > {out.x}"], out: { x: x } }
              cell: { uses: command, matrix: { n: [1, 2] }, with: { argv: [sh, -c, "echo ${matrix.n}; echo ${matrix.n} > {out.x}"], out: { x: x } } }
            """)
        #expect(try workspace.run().exit == 0)
        let text = try log(workspace, "flaky").output
        #expect(text.split(separator: "\n").filter { $0 == "again" }.count == 2, "\(text)")
        let cells = try log(workspace, "cell")
        #expect(cells.exit == 0 && cells.output.contains("cell[n=1]  ended  2 B\n"), "\(cells)")
        #expect(cells.output.contains("cell[n=2]"))
    }
}
