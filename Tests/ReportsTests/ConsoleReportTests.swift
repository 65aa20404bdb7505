import Foundation
import Pipelines
import Reports
import Testing

@Suite("The console report where lines can't be redrawn") struct ConsoleReportTests {
    /// What a report writes to a pipe.
    private func written(
        _ environment: [String: String] = ["LANG": "en_GB.UTF-8", "TERM": "xterm"], _ use: (ConsoleReport) -> Void
    ) throws -> String {
        let pipe = Pipe()
        use(ConsoleReport(terminal: Terminal(pipe.fileHandleForWriting, environment: environment)))
        try pipe.fileHandleForWriting.close()
        return String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }

    private func result(_ outcomes: [Outcome]) -> RunResult {
        RunResult(
            run: "r1", pipeline: "toys", exit: 0, startedAt: Date(), seconds: 61.2, stages: outcomes.map(\.result),
            gates: outcomes.flatMap(\.gates))
    }

    @Test("a stage is a line when it starts and a line when it ends; progress isn't shown; nothing is coloured")
    func lines() throws {
        let why = String(repeating: "because ", count: 30)
        var made = Outcome("made", .executed, why: why)
        made.result.seconds = 2
        let gate = Gate(metric: "accuracy", comparison: .atLeast, bound: 0.9)
        let text = try written { console in
            console.handle(.planned(run: "r1", stages: ["made", "kept", "a long name"]))
            console.handle(.started(stage: "made", why: "no earlier execution"))
            console.handle(.progress(stage: "made", StageProgress(completed: 1, total: 2, unit: "steps")))
            console.handle(.finished(made.result))
            for judged in Outcome("made", .executed, gates: [gate, gate]).judged(0.95, 0.5).gates {
                console.handle(.gate(judged))
            }
            console.handle(.finished(Outcome("kept", .cached).result))
            console.handle(.finished(Outcome.failed("out of memory").result))
            console.handle(.finished(Outcome("a long name", .skipped, why: "needs broken").result))
            console.tick()
        }
        #expect(
            text == """
                  … made         runs: no earlier execution
                  ✓ made         run     2.0 s  \(why)
                  ✗ made         gate missed: accuracy expected >= 0.9, found 0.5
                  = kept         cached
                  ✗ broken       failed  out of memory
                  - a long name  skipped needs broken

                """)
    }

    @Test("the end shows the tables, counts stages and gates, and says where the report lies")
    func end() throws {
        let gate = Gate(metric: "m", comparison: .above, bound: 0)
        let outcomes = [
            Outcome("a", .executed, gates: [gate, gate]).judged(1, 0), Outcome("b", .cached), .failed("x"),
            Outcome("d", .skipped),
        ]
        let table = ResultTable(title: "t", columns: [], rows: [], values: [:], reference: [:], notes: [])
        let text = try written {
            $0.finish(
                result(outcomes), tables: [table], junit: URL(fileURLWithPath: "/x/junit.xml"),
                page: URL(fileURLWithPath: "/x/report.html"))
        }
        #expect(
            text == """

                t
                ─

                  ✗ a  m 0 (> 0) MISSED
                  ✓ a  m 1 (> 0) passed
                4 stages, 1 executed, 1 cached, 1 failed, 1 skipped, in 1 min 01 s; 1 of 2 gates passed
                run r1, JUnit report /x/junit.xml
                page /x/report.html

                """)
    }

    @Test("gates are shown with their values, the missed ones first; of many the rest is counted")
    func gates() throws {
        func judged(_ stage: String, _ value: Double?, passed: Bool, past: PastValue? = nil, _ expected: String)
            -> GateResult
        {
            GateResult(stage: stage, metric: "accuracy", expected: expected, value: value, passed: passed, past: past)
        }
        let past = PastValue(bound: 0.94, value: 0.95, origin: "run r0")
        var run = result([Outcome("a", .executed)])
        run.gates = [
            judged("good", 0.90412345, passed: true, ">= 0.9"),
            judged("near", 0.8999999, passed: false, ">= 0.9"),
            judged("past", 0.951, passed: true, past: past, ">= baseline - 0.01"),
            judged(
                "first", 0.951, passed: true, past: PastValue(bound: nil, value: nil, origin: "no baseline yet"),
                ">= baseline"),
            judged("none", nil, passed: false, ">= 0.9"),
        ]
        let text = try written { $0.finish(run, tables: [], junit: URL(fileURLWithPath: "/j")) }
        #expect(
            text.hasPrefix(
                """
                  ✗ near   accuracy 0.8999999 (>= 0.9) MISSED
                  ✗ none   accuracy no such metric (>= 0.9) MISSED
                  ✓ good   accuracy 0.9041 (>= 0.9) passed
                  ✓ past   accuracy 0.951 (>= 0.94, baseline - 0.01) passed
                  ✓ first  accuracy 0.951 (>= baseline, no earlier value) passed

                """), "\(text)")
        run.gates = (0..<200).map { judged("s\($0)", 1, passed: $0 != 150, ">= 0.9") }
        let many = try written { $0.finish(run, tables: [], junit: URL(fileURLWithPath: "/j")) }
        let lines = many.split(separator: "\n")
        #expect(lines[0].contains("s150") && lines[12].hasSuffix("188 more passed"), "\(many)")
    }

    @Test("that a stage has no earlier execution is said once in a run")
    func firstRun() throws {
        let text = try written { console in
            for name in ["a", "b", "c"] {
                console.handle(.started(stage: name, why: "no earlier execution"))
                console.handle(.finished(Outcome(name, .executed).result))
            }
            console.handle(.finished(Outcome("d", .executed, why: "with.x: 1 → 2").result))
        }
        #expect(text.components(separatedBy: "no earlier execution").count == 2, "\(text)")
        #expect(text.contains("… b             runs\n") || text.contains("runs\n"), "\(text)")
        #expect(text.contains("with.x: 1 → 2"), "\(text)")
    }

    @Test("a run with everything cached says that there was nothing to do")
    func nothing() throws {
        let text = try written {
            $0.finish(result([Outcome("b", .cached)]), tables: [], junit: URL(fileURLWithPath: "/j"))
        }
        #expect(
            text == "Nothing to do: 1 stage, 0 executed, 1 cached, in 1 min 01 s\nrun r1, JUnit report /j\n")
    }

    @Test("a reader that has gone away is no error")
    func closedPipe() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        ConsoleReport(terminal: Terminal(pipe.fileHandleForWriting)).handle(.finished(Outcome("a", .cached).result))
    }

    @Test(
        "without a UTF-8 locale all is ASCII",
        arguments: [["LC_ALL": "C", "LANG": "en_GB.UTF-8"], ["LANG": "POSIX"], [:], ["LC_CTYPE": "de_DE.ISO-8859-1"]])
    func ascii(environment: [String: String]) throws {
        let table = ResultTable(
            title: "m → é", columns: ["x"], rows: ["a"], values: [:], reference: [:], notes: ["≥ 2 – 日"])
        let text = try written(environment) { console in
            console.handle(.started(stage: "s[x=ü日]", why: "with.x: 1 → 2"))
            console.handle(.finished(Outcome("s", .executed).result))
            console.handle(.finished(Outcome.failed("… \u{1B}[31mred\u{7}\nnext").result))
            console.finish(result([Outcome("b", .cached)]), tables: [table], junit: URL(fileURLWithPath: "/j"))
        }
        #expect(text.utf8.allSatisfy { $0 == 0x0A || (0x20..<0x7F).contains($0) })
        #expect(text.hasPrefix("  > s[x=ue\\u{65e5}]  runs: with.x: 1 -> 2\n  + s "))
        #expect(text.contains("  x broken        failed  ... ^[[31mred^G\n      next\n"))
        #expect(text.contains("m -> e") && text.contains("-----") && text.contains("- >= 2 - \\u{65e5}"))
    }

    @Test("a failure's message that would flood the screen keeps its beginning and its end")
    func longFailure() throws {
        let message = "first\n" + String(repeating: "x", count: 20_000) + "\nlast"
        let text = try written([:]) { $0.handle(.finished(Outcome.failed(message).result)) }
        #expect(text.contains("failed  first\n") && text.contains("characters left out") && text.hasSuffix("last\n"))
        #expect(text.count < 5000)
    }
}
