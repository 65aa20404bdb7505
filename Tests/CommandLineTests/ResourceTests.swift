import Foundation
import FoundationXML
import Testing

@Suite struct ResourceTests {
    private func document(_ stages: String) -> String { "name: resources\nstages:\n" + stages }

    @Test("a stage over its memory is stopped and said to be, and the rest goes on under --keep-going")
    func memory() throws {
        let workspace = try Workspace(
            document(
                """
                  greedy:
                    uses: command
                    resources: { memory: 60MiB }
                    with: { shell: true, argv: ["head -c 400000000 /dev/zero | tail > {out.x}"], out: { x: x } }
                  modest: { uses: command, with: { argv: [sh, -c, "echo 1 > {out.x}"], out: { x: x } } }
                """))
        let run = try workspace.run("--keep-going", "--jobs", "1")
        #expect(run.exit == 4 && run.states == ["greedy": "failed", "modest": "executed"])
        #expect(run["greedy"]?.why.contains(/killed: it held [0-9]+ MiB of memory, its limit is 60 MiB/) == true)
        let report = try String(
            contentsOf: workspace.store.appendingPathComponent("runs/\(run.run ?? "")/junit.xml"), encoding: .utf8)
        #expect(report.contains("type=\"memory\""))
    }

    @Test("a program's name, of which the kernel keeps fifteen bytes, doesn't hide what it holds")
    func foreignName() throws {
        let workspace = try Workspace(
            document(
                """
                  greedy:
                    uses: command
                    resources: { memory: 60MiB }
                    with:
                      shell: true
                      argv: ["cp $(command -v tail) ./процессор-данных; head -c 400000000 /dev/zero | ./процессор-данных > {out.x}"]
                      out: { x: x }
                """))
        let run = try workspace.run()
        #expect(run["greedy"]?.why.hasPrefix("killed: it held ") == true, "\(run)")
    }

    private func recorded(_ stage: String, _ workspace: Workspace) throws -> (cpu: Double, peak: Double, text: String) {
        let shown = try #require(try workspace.query("show", stage) as? [String: Any])
        let row = try #require(shown["stage"] as? [String: Any])
        let text = try workspace.calm("show", stage, "--store", "s").output
        return (row["cpuSeconds"] as? Double ?? 0, row["peakMemoryBytes"] as? Double ?? 0, text)
    }

    @Test("what a stage started in another session counts in its memory")
    func memoryOfSessions() throws {
        let workspace = try Workspace(
            """
            name: limits
            stages:
              greedy: { uses: command, resources: { memory: 60MiB }, with: { shell: true, argv: ["setsid -w sh -c 'head -c 400000000 /dev/zero | tail > o'; echo > {out.x}"], out: { x: x } } }
            """)
        let run = try workspace.run()
        #expect(run["greedy"]?.why.contains("its limit is 60 MiB") == true, "\(run)")
    }

    @Test("peak memory is that of all processes of a stage together, processor time the sum of theirs")
    func measured() throws {
        // Three processes that hold 40 MB each at once.
        let hold = "python3 -c 'import time; b = bytes(range(256)) * 160000; time.sleep(0.6)'"
        let burn = "python3 -c 'import time\nwhile time.process_time() < 0.4: pass'"
        let workspace = try Workspace()
        try workspace.write("\(hold) & \(hold) & \(hold) & wait\n", to: "hold.sh")
        try workspace.write("\(burn) & \(burn) & wait\n", to: "burn.sh")
        try workspace.write(
            document(
                """
                  held: { uses: command, in: { s: { file: hold.sh } }, with: { shell: true, argv: [". {in.s}; echo 1 > {out.x}"], out: { x: x } } }
                  burnt: { uses: command, in: { s: { file: burn.sh } }, with: { shell: true, argv: [". {in.s}; echo 1 > {out.x}"], out: { x: x } } }
                """))
        #expect(try workspace.run().exit == 0)
        let held = try recorded("held", workspace)
        #expect(held.peak > 120e6 && held.peak < 300e6, "\(held)")
        let burnt = try recorded("burnt", workspace)
        #expect(burnt.cpu > 0.8 && burnt.cpu < 3 && burnt.peak < 120e6, "\(burnt)")
    }

    @Test("what a stage used that was stopped or failed is recorded and shown as well")
    func stopped() throws {
        let burn = "python3 -c 'import time\nwhile time.process_time() < LIMIT: pass'"
        let workspace = try Workspace()
        try workspace.write(burn.replacing("LIMIT", with: "60"), to: "long.sh")
        try workspace.write(burn.replacing("LIMIT", with: "0.3") + "\nexit 3\n", to: "short.sh")
        try workspace.write(
            document(
                """
                  late: { uses: command, timeout: 1, in: { s: { file: long.sh } }, with: { shell: true, argv: [". {in.s}"], out: { x: x } } }
                  wrong: { uses: command, in: { s: { file: short.sh } }, with: { shell: true, argv: [". {in.s}"], out: { x: x } } }
                  greedy: { uses: command, resources: { memory: 60MiB }, with: { shell: true, argv: ["head -c 400000000 /dev/zero | tail > {out.x}"], out: { x: x } } }
                """))
        let run = try workspace.run("--keep-going")
        #expect(run.names("failed") == ["late", "wrong", "greedy"])
        let late = try recorded("late", workspace)
        // Of one second, as much as a busy machine gives it.
        #expect(late.cpu > 0.02 && late.cpu < 1.6 && late.peak > 5e6, "\(late)")
        let wrong = try recorded("wrong", workspace)
        #expect(wrong.cpu >= 0.3 && wrong.cpu < 1.5 && wrong.peak > 5e6, "\(wrong)")
        let greedy = try recorded("greedy", workspace)
        #expect(greedy.peak > 60 * 1_048_576, "\(greedy)")
        for stage in [late, wrong, greedy] {
            #expect(stage.text.contains(/used [0-9.]+ m?s of processor time, peak memory [0-9.]+ MB/), "\(stage.text)")
        }
    }

    @Test("a failed stage is started again, as often as it says, with a longer pause each time")
    func retries() throws {
        let workspace = try Workspace()
        let flaky =
            "echo x >> \(workspace.file("tries").path); test $(wc -l < \(workspace.file("tries").path)) -ge 3 && echo done > {out.x}"
        try workspace.write(
            document(
                """
                  flaky:
                    uses: command
                    retries: { count: 2, backoff: 0.1 }
                    with: { shell: true, argv: ["\(flaky)"], out: { x: x } }
                """))
        let clock = ContinuousClock()
        var run: RunDocument?
        let elapsed = try clock.measure { run = try workspace.run() }
        #expect(run?.exit == 0 && workspace.lines(of: "tries").count == 3)
        #expect(elapsed > .milliseconds(300), "pauses of 0.1 and 0.2 s")
        #expect(run?["flaky"]?.why == "no earlier execution; done at attempt 3 of 3")
        let page = try workspace.calm("report", "--store", "s", "--html", "-").output
        #expect(page.contains("no earlier execution; done at attempt 3 of 3"))
        let shown = try #require(try workspace.query("show", "flaky") as? [String: Any])
        #expect((shown["stage"] as? [String: Any])?["attempts"] as? Int == 3)
    }

    @Test("each attempt has its own part of the log, up to the line that says it is tried again")
    func attempts() throws {
        let workspace = try Workspace()
        let tries = workspace.file("tries").path
        try workspace.write(
            document(
                """
                  flaky:
                    uses: command
                    retries: { count: 2, backoff: 0.05 }
                    with:
                      shell: true
                      argv: ["echo x >> \(tries); n=$(wc -l < \(tries)); echo start $n; test $n -ge 3 && echo 1 > {out.x}"]
                      out: { x: x }
                """))
        let run = try workspace.run("--junit", "report.xml")
        let root = try #require(XMLDocument(data: Data(contentsOf: workspace.file("report.xml"))).rootElement())
        let parts = try root.nodes(forXPath: "//flakyError/system-out").compactMap(\.stringValue)
        #expect(parts.count == 2)
        for (index, part) in parts.enumerated() {
            let lines = part.split(separator: "\n")
            #expect(lines.first == "start \(index + 1)" && lines.count == 2, "\(part)")
            #expect(lines.last?.hasPrefix("calm: attempt \(index + 1) of 3 failed: ") == true, "\(part)")
            #expect(lines.last?.hasSuffix("; tried again in \(index == 0 ? "0.05" : "0.1") s") == true, "\(part)")
        }
        let log = try workspace.calm("log", "flaky", "--store", "s").output
        #expect(log == parts.joined() + "start 3\n", "\(run["flaky"]?.why ?? "")")
    }

    @Test("once its retries are used up a stage has failed; bad input isn't retried")
    func exhausted() throws {
        let workspace = try Workspace()
        let tries = workspace.file("tries").path
        try workspace.write(
            document(
                """
                  never:
                    uses: command
                    retries: { count: 1, backoff: 0.05 }
                    with: { shell: true, argv: ["echo x >> \(tries); exit 1"], out: { x: x } }
                """))
        #expect(try workspace.run().exit == 4)
        #expect(workspace.lines(of: "tries").count == 2)
    }

    @Test("runs on one store share the machine's memory: what doesn't fit together runs one after the other")
    func sharing() throws {
        let workspace = try Workspace()
        let log = workspace.file("log").path
        func pipeline(_ name: String) -> String {
            """
            name: \(name)
            stages:
              a:
                uses: command
                resources: { memory: 900GiB }
                with: { shell: true, argv: ["echo in-\(name) >> \(log); sleep 0.4; echo out-\(name) >> \(log); echo \(name) > {out.x}"], out: { x: x } }
            """
        }
        for name in ["one", "two"] { try workspace.write(pipeline(name), to: "\(name).yaml") }
        let running = try ["one", "two"].map {
            try CalmProcess(
                CalmProcess.binary(), ["run", "\($0).yaml", "--store", "s", "--json"], in: workspace.folder)
        }
        for process in running { #expect(try process.wait().exit == 0) }
        let lines = workspace.lines(of: "log")
        #expect(lines.count == 4 && lines[0].dropFirst(3) == lines[1].dropFirst(4), "\(lines)")
    }

    @Test("limits are not in the key")
    func unkeyed() throws {
        let stage = "  a: { uses: command, LIMITS with: { argv: [sh, -c, \"echo 1 > {out.x}\"], out: { x: x } } }\n"
        let workspace = try Workspace(document(stage.replacing("LIMITS", with: "")))
        try workspace.run()
        try workspace.write(
            document(stage.replacing("LIMITS", with: "retries: 3, timeout: 9, resources: { cores: 1, memory: 1GiB },")))
        #expect(try workspace.run().names("executed").isEmpty)
    }

    @Test("mistakes in them are found before anything runs, with their places")
    func mistakes() throws {
        let workspace = try Workspace(
            document(
                """
                  a: { uses: command, retries: -1, with: { argv: [x], out: { x: x } } }
                  b: { uses: command, retries: { backoff: 1 }, with: { argv: [x], out: { x: x } } }
                  c: { uses: command, resources: { memory: lots, core: 2 }, with: { argv: [x], out: { x: x } } }
                  d: { uses: command, resources: { cores: 0 }, with: { argv: [x], out: { x: x } } }
                """))
        let ending = try workspace.calm("validate", "p.yaml")
        #expect(ending.exit == 3)
        for message in [
            "p.yaml:3:32: error: stage 'a': retries: expected a whole number from 0 to 100, found '-1'",
            "p.yaml:4:32: error: stage 'b': retries: expected 'count:' with a number from 0 to 100",
            "p.yaml:5:44: error: stage 'c': resources.memory: expected a size of at least 1MiB, such as 500MB or 4GiB, found 'lots'",
            "p.yaml:5:50: error: stage 'c': 'resources': unknown key 'core'",
            "p.yaml:6:43: error: stage 'd': resources.cores: expected a whole number from 1 to 1024, found '0'",
        ] { #expect(ending.errors.contains(message), "\(ending.errors)") }
    }
}
