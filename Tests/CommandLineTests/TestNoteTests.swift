import Foundation
import Testing

/// Quarantine, renamed tests, retention and the gate.
@Suite struct TestNoteTests {
    let runs: TestRuns

    init() throws { runs = try TestRuns() }

    @Test(
        "a quarantined test's failures don't count up to that day; then they do, and are named; a rebuild keeps all that"
    )
    func quarantine() throws {
        try runs.ingest("n1", "a:p b:p c:p", day: 1)
        try runs.ingest("n2", "a:f b:f c:p", day: 2)
        #expect(try runs.calm("reports", "quarantine", "a", "--until", "2999-12-31", "--reason", "why").exit == 0)
        #expect(try runs.calm("reports", "quarantine", "b", "--until", "2026-01-01").exit == 0)
        for _ in 1...2 {
            let gate = try runs.ask("gate", exit: 1)
            #expect(names(gate["failures"]) == ["b"] && names(gate["expired"]) == ["b"])
            #expect(names(gate["quarantined"]) == ["a"])
            let text = try runs.calm("reports", "gate").output
            #expect(text.contains("counts again, its quarantine ended 2026-01-01: s::C::b"), "\(text)")
            #expect(text.contains("quarantined until 2999-12-31: s::C::a"))
            #expect(try runs.rows("SELECT until FROM quarantined_tests ORDER BY 1") == ["2026-01-01", "2999-12-31"])
            #expect(try runs.calm("store", "rebuild-catalogue").exit == 0)
        }
        let listed = try #require(try runs.workspace.query("reports", "quarantined") as? [[String: Any]])
        #expect(names(listed) == ["b", "a"] && listed.map { $0["isOver"] as? Bool } == [true, false])
        #expect(try runs.calm("reports", "unquarantine", "a").exit == 0)
        #expect(names(try runs.ask("gate", exit: 1)["failures"]) == ["a", "b"])
        #expect(try runs.calm("reports", "unquarantine", "a").exit == 2)
        for day in ["2026-13-01", "tomorrow", "2026-02-30", ""] {
            #expect(try runs.calm("reports", "quarantine", "a", "--until", day).exit == 2, "\(day)")
        }
    }

    @Test("a renamed test is one test: in comparisons, its history, the flaky rules and by either name")
    func alias() throws {
        try runs.ingest("n1", "old:p x:p", day: 1)
        try runs.ingest("n2", "middle:f x:p", day: 2)
        try runs.ingest("n3", "new:p x:p", day: 3)
        #expect(try runs.calm("reports", "alias", "old", "middle").exit == 0)
        #expect(try runs.calm("reports", "alias", "middle", "new").exit == 0)
        #expect(try runs.calm("reports", "quarantine", "old", "--until", "2999-01-01").exit == 0)
        for _ in 1...2 {
            let changes = list(try runs.ask("diff")["changes"])
            #expect(changes.map { "\($0["name"] ?? "") \($0["change"] ?? "")" } == ["new fixed"])
            for name in ["old", "middle", "new"] {
                let history = try runs.ask("history", name)
                #expect(history["name"] as? String == "new")
                #expect(list(history["results"]).map { $0["run"] as? String } == ["n3", "n2", "n1"])
            }
            #expect(names(try runs.ask("flaky", "--switches", "2")["flaky"]) == ["new"])
            #expect(try runs.rows("SELECT change FROM test_changes WHERE run = 2") == ["new failure"])
            #expect(try runs.calm("store", "rebuild-catalogue").exit == 0)
        }
        // No circles, and no test is its own alias.
        #expect(try runs.calm("reports", "alias", "new", "old").exit == 2)
        #expect(try runs.calm("reports", "alias", "x", "x").exit == 2)
        #expect(try runs.calm("reports", "alias", "x", "s::C::later").exit == 0)
        #expect(try runs.calm("reports", "unalias", "middle").exit == 0)
        #expect(list(try runs.ask("history", "old")["results"]).count == 2)
        // It was quarantined as what it is called now.
        #expect(try runs.calm("reports", "unquarantine", "new").exit == 0)
    }

    @Test("a quarantine is ended by any name that means one test, and one that means several is said to")
    func ambiguous() throws {
        try runs.workspace.write(
            "<testsuites><testsuite name='s'><testcase classname='C' name='a'/></testsuite>"
                + "<testsuite name='t'><testcase classname='C' name='a'/></testsuite></testsuites>", to: "r.xml")
        #expect(try runs.calm("reports", "ingest", "r.xml").exit == 0)
        #expect(try runs.calm("reports", "quarantine", "t::C::a", "--until", "2999-01-01").exit == 0)
        let several = try runs.calm("reports", "unquarantine", "C::a")
        #expect(several.exit == 2 && several.errors.contains("  s::C::a\n  t::C::a"), "\(several)")
        #expect(try runs.calm("reports", "alias", "t::C::a", "t::C::b").exit == 0)
        // A name in full means what bears it, though another test holds it as a part.
        try runs.workspace.write(
            "<testsuite name='u'><testcase classname='t' name='C::a'/></testsuite>", to: "other.xml")
        #expect(try runs.calm("reports", "ingest", "other.xml").exit == 0)
        #expect(try runs.calm("reports", "unquarantine", "t::C::a").exit == 0)
        #expect(try runs.calm("reports", "quarantined").output.hasPrefix("no test is quarantined"))
    }

    @Test("prune keeps the latest of each job, by number, age or name; collection then frees the bytes")
    func prune() throws {
        for day in 1...4 { try runs.ingest("n\(day)", "a\(day):p", day: day, "--job", "linux") }
        try runs.ingest("m1", "m:p", day: 1, "--job", "mac")
        let asked = try runs.ask("prune", "--keep-runs", "2", "--dry-run")
        #expect(list(asked["removed"]).map { $0["run"] as? String } == ["n1", "n2"] && asked["kept"] as? Int == 3)
        #expect(try runs.rows("SELECT count(*) FROM test_runs") == ["5"])
        #expect(try runs.calm("reports", "prune", "--keep-runs", "2", "--keep", "n1").exit == 0)
        #expect(try runs.rows("SELECT name FROM test_runs ORDER BY name") == ["m1", "n1", "n3", "n4"])
        #expect(try runs.rows("SELECT count(*) FROM tests") == ["4"])
        let collected = try runs.calm("store", "gc")
        #expect(collected.output.contains("removed 1 object "), "\(collected)")
        #expect(try runs.calm("store", "verify").exit == 0)
        // All are older than a day, and none is older than 1,000 years.
        #expect(list(try runs.ask("prune", "--keep-days", "400000")["removed"]).isEmpty)
        #expect(try runs.calm("reports", "prune").exit == 2)
        #expect(list(try runs.ask("prune", "--keep-days", "1")["removed"]).count == 4)
        #expect(try runs.calm("reports", "list").output.hasPrefix("no reports yet"))
    }

    private static let pipeline = """
        name: p
        params: { n: 1 }
        stages:
          made:
            uses: command
            with: { argv: [sh, -c, "echo '{\\"score\\": '$N'}' > m.json; echo > x"], metrics: m.json, out: { x: x }, set: { N: "${params.n}" } }
        """

    @Test("the gate holds a metric against the median and deviation of earlier executions, each once")
    func metrics() throws {
        let workspace = runs.workspace
        try workspace.write(Self.pipeline)
        func gate(_ words: String...) throws -> Int32 {
            try workspace.calm(["reports", "gate", "--store", "s"] + words).exit
        }
        func run(_ value: String) throws { try workspace.run("--set", "params.n=\(value)") }
        try run("10")
        #expect(try gate("--metric", "made.score") == 0, "the first has nothing to be held against")
        #expect(try gate() == 2, "no run of tests")
        for value in ["11", "12", "10", "10", "10", "10"] { try run(value) }
        // Before the latest, 10 counts once: 11 and 12 are the earlier ones. Median 11.5, deviation 0.5.
        #expect(try gate("--metric", "made.score") == 0)
        #expect(try gate("--metric", "made.score", "--k", "2") == 1)
        #expect(try gate("--metric", "made.score", "--k", "2", "--metric-tolerance", "0.5") == 0)
        #expect(try gate("--loss", "made.score", "--k", "0") == 0)
        try run("14")
        #expect(try gate("--metric", "made.score", "--k", "0") == 0)
        let missed = try runs.ask("gate", "--loss", "made.score", "--k", "2", exit: 1)
        let rule = try #require(list(missed["rules"]).first)
        #expect(rule["value"] as? Double == 14 && rule["limit"] as? Double == 13 && rule["passed"] as? Bool == false)
        #expect(try gate("--metric", "made.scores") == 2 && gate("--metric", "score") == 2)
    }

    @Test("values of runs that missed their own gates don't move a metric's bound")
    func missedGates() throws {
        let workspace = runs.workspace
        try workspace.write(Self.pipeline + "\n    expect: { score: \">= 5\" }\n")
        for value in ["10", "10.1", "9.9", "1", "2", "1.5", "0.5"] { try workspace.run("--set", "params.n=\(value)") }
        try workspace.run("--set", "params.n=9")
        let missed = try runs.ask("gate", "--metric", "made.score", exit: 1)
        let rule = try #require(list(missed["rules"]).first)
        #expect((rule["evidence"] as? [String])?.count == 3, "\(rule)")
    }

    @Test("each rule of the gate says what it found; slower tests only if asked")
    func rules() throws {
        for day in 1...5 { try runs.ingest("n\(day)", "a:p b:p", day: day) }
        try runs.ingest("n6", "a:p:2 b:F", day: 6)
        #expect(try runs.ask("gate")["passed"] as? Bool == true)
        let text = try runs.calm("reports", "gate", "--max-slower", "0", "--max-flaky-share", "0.4")
        #expect(text.exit == 1)
        #expect(text.output.contains("missed: slower tests: 1, at most 0\n  s::C::a: 2.0 s, at most 150 ms"), "\(text)")
        #expect(
            text.output.contains(
                "missed: flaky share: 1 of 2 tests, 0.5, at most 0.4\n  s::C::b: failed first, then passed in n6"))
        #expect(text.output.contains("passed: new failures: 0, at most 0; not in n5"))
    }

    @Test("stage and metric may both hold points; a metric that the latest run failed to make is missed")
    func dottedMetrics() throws {
        let workspace = runs.workspace
        let pipeline = """
            name: p
            stages:
              made:
                uses: command
                matrix: { rate: [0.5] }
                with: { argv: [sh, -c, "echo '{\\"row.column.accuracy\\": 1}' > m.json; echo > x"], metrics: m.json, out: { x: x } }
            """
        try workspace.write(pipeline)
        try workspace.run()
        let metric = "made[rate=0.5].row.column.accuracy"
        #expect(try runs.calm("reports", "gate", "--metric", metric).exit == 0)
        #expect(try runs.calm("reports", "gate", "--metric", "made[rate=0.5].column.accuracy").exit == 2)
        try workspace.write(pipeline.replacing("echo > x", with: "false"))
        let failed = try workspace.run()
        #expect(failed.exit == 4)
        let missed = try runs.calm("reports", "gate", "--metric", metric)
        #expect(missed.exit == 1)
        #expect(missed.output.contains("run \(try #require(failed.run)) failed to make it"), "\(missed)")
        try workspace.write(pipeline)
        try workspace.run()
        #expect(try runs.calm("reports", "gate", "--metric", metric).exit == 0)
    }

    @Test("the flaky share is over what the run's job and branch show")
    func flakyElsewhere() throws {
        try runs.ingest("n1", "a:F b:p", day: 1, "--job", "mac", "--branch", "x")
        try runs.ingest("n2", "a:p b:p", day: 2, "--job", "linux", "--branch", "x")
        #expect(try runs.calm("reports", "gate", "n2", "--max-flaky-share", "0").exit == 0)
        try runs.ingest("n3", "a:p b:F", day: 3, "--job", "linux", "--branch", "y")
        #expect(try runs.calm("reports", "gate", "n3", "--max-flaky-share", "0").exit == 1)
    }

    @Test("a test is named as it is printed; where two are printed alike, with their empty parts")
    func printedNames() throws {
        try runs.workspace.write(
            "<testsuites><testcase name='x'/><testsuite name='T'><testcase name='q'/></testsuite>"
                + "<testsuite><testcase classname='T' name='q'/><testcase classname='C' name='x'/></testsuite></testsuites>",
            to: "r.xml")
        #expect(try runs.calm("reports", "ingest", "r.xml").exit == 0)
        #expect(try runs.ask("history", "x")["class"] as? String == "")
        #expect(try runs.ask("history", "C::x")["class"] as? String == "C")
        let alike = try runs.calm("reports", "history", "T::q")
        #expect(alike.exit == 2 && alike.errors.contains("  ::T::q\n  T::::q"), "\(alike)")
        #expect(try runs.ask("history", "T::::q")["suite"] as? String == "T")
        #expect(try runs.ask("history", "::T::q")["class"] as? String == "T")
    }
}
