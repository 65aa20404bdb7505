import Foundation
import Testing

@Suite struct SignalTests {
    /// A command that tells its process, its worker's and its own child's, then sleeps; once `free` exists it doesn't.
    private func pipeline(_ workspace: Workspace) -> String {
        let path = workspace.folder.path
        let script = "test -e \(path)/free || { sleep 60 & echo $$ $PPID $! > \(path)/new; mv \(path)/new \(path)/pids;"
        return """
            name: signals
            stages:
              quick: { uses: command, with: { shell: true, argv: ["echo 1 > {out.x}"], out: { x: x } } }
              slow:
                uses: command
                in: { i: quick.x }
                with: { shell: true, argv: ["\(script) wait; }; cp {in.i} {out.x}"], out: { x: x } }
              after: { uses: command, in: { i: slow.x }, with: { argv: [cp, "{in.i}", "{out.x}"], out: { x: x } } }
            """
    }

    /// A run that is in its slow stage, and that stage's processes.
    private func started() throws -> (Workspace, CalmProcess, [Int32]) {
        let workspace = try Workspace()
        try workspace.write(pipeline(workspace))
        let process = try workspace.start("--junit", "report.xml")
        let isSleeping = eventually { workspace.lines(of: "pids").count == 1 }
        let processes = workspace.lines(of: "pids").joined().split(separator: " ").compactMap { Int32($0) }
        try #require(isSleeping && processes.count == 3)
        #expect(processes.allSatisfy(isAlive))
        return (workspace, process, processes)
    }

    /// Whether a process exists and is no zombie.
    private func isAlive(_ process: Int32) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return status.split(separator: ")").last?.contains("Z") == false
    }

    private func areGone(_ processes: [Int32]) -> Bool {
        eventually { !processes.contains(where: isAlive) }
    }

    @Test(
        "an interrupted run ends with 128 + the signal, complete reports and no process left",
        arguments: [SIGINT, SIGTERM, SIGHUP])
    func interrupt(_ signal: Int32) throws {
        let (workspace, process, processes) = try started()
        process.send(signal)
        let ending = try process.wait()
        #expect(ending.exit == 128 + signal)
        let document = try RunDocument(of: ending)
        #expect(document.states == ["quick": "executed", "slow": "skipped", "after": "skipped"])
        #expect(document["slow"]?.why == "interrupted while it ran")
        let report = try JUnitDocument(workspace.file("report.xml"), in: workspace)
        #expect(report.skipped == 2 && report.errors == 0)
        #expect(areGone(processes))
        try finishes(workspace)
    }

    @Test("when the coordinator is killed its workers end, and the next run needs no manual step")
    func killed() throws {
        let (workspace, process, processes) = try started()
        process.send(SIGKILL)
        #expect(try process.wait().exit == -SIGKILL)
        #expect(areGone(processes))
        try finishes(workspace)
    }

    @Test("when a worker is killed its stage fails, and what it started ends")
    func workerKilled() throws {
        let (workspace, process, processes) = try started()
        kill(processes[1], SIGKILL)
        let document = try RunDocument(of: try process.wait())
        #expect(document.exit == 4 && document["slow"]?.why.contains("signal 9 (SIGKILL)") == true)
        #expect(areGone(processes))
        try finishes(workspace)
    }

    @Test("when coordinator and worker are killed at once, what the worker started ends")
    func bothKilled() throws {
        let (workspace, process, processes) = try started()
        // Stopped, it can't end what the worker leaves behind before it is killed itself.
        process.send(SIGSTOP)
        kill(processes[1], SIGKILL)
        process.send(SIGKILL)
        #expect(try process.wait().exit == -SIGKILL)
        // Long before the program would end by itself.
        #expect(eventually(within: 10) { !processes.contains(where: isAlive) })
        try finishes(workspace)
    }

    /// The next run takes what is done and does the rest; the store is sound.
    private func finishes(_ workspace: Workspace) throws {
        try workspace.write("", to: "free")
        let next = try workspace.run()
        #expect(next.exit == 0)
        #expect(next.states == ["quick": "cached", "slow": "executed", "after": "executed"])
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test("two runs at once on one store execute each stage once in all")
    func together() throws {
        let workspace = try Workspace()
        let count = workspace.file("executions").path
        let stages = (1...3).map { number in
            """
              s\(number):
                uses: command
                with:
                  shell: true
                  argv: ["echo s\(number) >> \(count); sleep 0.2; echo \(number) > {out.x}"]
                  out: { x: x }

            """
        }
        try workspace.write("name: together\nstages:\n" + stages.joined())
        let runs = [try workspace.start(), try workspace.start()]
        let documents = try runs.map { try RunDocument(of: try $0.wait()) }
        #expect(documents.allSatisfy { $0.exit == 0 } && documents[0].run != documents[1].run)
        #expect(workspace.lines(of: "executions").sorted() == ["s1", "s2", "s3"])
        #expect(documents.flatMap { $0.names("executed") }.sorted() == ["s1", "s2", "s3"])
        #expect(documents[0].stages.map(\.outputs) == documents[1].stages.map(\.outputs))
        #expect((try workspace.query("runs") as? [Any])?.count == 2)
    }
}
