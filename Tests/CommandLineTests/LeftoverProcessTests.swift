import Foundation
import Testing

/// What a stage leaves running when its program ends.
@Suite struct LeftoverProcessTests {
    private func run(_ script: String, outputs: String = "{ o: o }") throws -> (Workspace, RunDocument, Double) {
        let workspace = try Workspace(
            """
            name: bg
            stages:
              a:
                uses: command
                with: { shell: true, argv: ["\(script)"], out: \(outputs) }
            """)
        let clock = ContinuousClock.now
        let run = try workspace.run()
        return (workspace, run, (ContinuousClock.now - clock) / .seconds(1))
    }

    @Test("outputs are whole when what writes them ends soon after the program, in each of five executions")
    func waits() throws {
        for script in [
            "(sleep 0.5; echo 1; sleep 0.2; echo 2) > {out.o} & sleep 0.05",
            "setsid sh -c 'sleep 0.5; echo 1; sleep 0.2; echo 2' > {out.o} & sleep 0.05",
        ] {
            var outputs: Set<[String: String]> = []
            for _ in 0..<5 {
                let (_, run, _) = try run(script)
                #expect(run.exit == 0 && run["a"]?.why.contains("left running") == false, "\(run)")
                outputs.insert(run["a"]?.outputs ?? [:])
            }
            #expect(outputs.count == 1)
        }
    }

    @Test(
        "a stage fails, and names what still wrote, instead of taking a part of an output",
        arguments: [
            "(while sleep 0.1; do echo 1; done) > {out.o} & sleep 0.1",
            "setsid sh -c 'exec sleep 60' > {out.o} & sleep 0.1",
            "echo 1 > {out.o}; (while sleep 0.1; do echo 1 >> {out.o}; done) & sleep 0.1",
            "(setsid sh -c 'trap : TERM; while true; do sleep 1; done' > {out.o} &) ; sleep 0.1",
        ])
    func fails(_ script: String) throws {
        let (workspace, run, _) = try run(script)
        #expect(run.exit == 4)
        let why = try #require(run["a"]?.why)
        #expect(why.contains("left running: ") && why.contains("(pid "), "\(why)")
        #expect(why.contains("the outputs may be incomplete"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: workspace.file("s/tmp").path) == [])
    }

    @Test("a process that writes no output is ended and named, and the stage goes well")
    func ended() throws {
        let (workspace, run, seconds) = try run(
            "sleep 61 & setsid sh -c 'trap : TERM; echo $$; while true; do sleep 1; done' > \(NSTemporaryDirectory())/\(getpid()).pid & sleep 0.1; echo 1 > {out.o}"
        )
        #expect(run.exit == 0, "\(run)")
        let why = try #require(run["a"]?.why)
        #expect(why.contains("ended what the program left running: ") && why.contains("sleep (pid "))
        #expect(
            try workspace.calm("log", "a", "--store", "s").output.contains("calm: ended what the program left running"))
        #expect(seconds < 20)
        let file = "\(NSTemporaryDirectory())/\(getpid()).pid"
        let pid = try #require(
            pid_t(try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .newlines)))
        try FileManager.default.removeItem(atPath: file)
        #expect(kill(pid, 0) != 0)
    }

    @Test("a stage that fails or is stopped leaves nothing running, not even in another session", arguments: [0, 1])
    func afterFailure(_ kind: Int) throws {
        let workspace = try Workspace()
        let file = workspace.file("pid").path
        let end = kind == 0 ? "exit 3" : "sleep 60"
        try workspace.write(
            """
            name: bg
            stages:
              a:
                uses: command
                \(kind == 0 ? "" : "timeout: 1")
                with: { shell: true, argv: ["setsid sh -c 'echo $$ > \(file); exec sleep 62' & sleep 0.2; \(end)"], out: { o: o } }
            """)
        let run = try workspace.run()
        #expect(run.exit == 4 && run["a"]?.why.contains(kind == 0 ? "status 3" : "timeout") == true, "\(run)")
        let pid = try #require(workspace.lines(of: "pid").first.flatMap { pid_t($0) })
        #expect(eventually(within: 10) { kill(pid, 0) != 0 })
    }

    @Test("a worker that is killed takes along what its stage started in another session")
    func ofKilledWorker() throws {
        let workspace = try Workspace()
        let file = workspace.file("pid").path
        try workspace.write(
            """
            name: bg
            stages:
              a:
                uses: command
                with: { shell: true, argv: ["setsid sh -c 'echo $$ > \(file); exec sleep 64' & sleep 0.2; kill -9 $PPID; sleep 64"], out: { o: o } }
              b: { uses: command, with: { shell: true, argv: ["sleep 1; echo 1 > {out.o}"], out: { o: o } } }
            """)
        let run = try workspace.run("--keep-going")
        #expect(run.exit == 4 && run["a"]?.why.contains("signal 9") == true, "\(run)")
        #expect(run["b"]?.state == "executed")
        let pid = try #require(workspace.lines(of: "pid").first.flatMap { pid_t($0) })
        #expect(eventually(within: 5) { !isRunning(pid) })
    }

    /// Whether it hasn't ended; process 1 may take its time to take note of the end.
    private func isRunning(_ process: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return false }
        return !status.contains("State:\tZ")
    }
}
