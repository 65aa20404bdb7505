import Foundation
import Testing

/// `calm reports show`, `flaky`, `slowest`, `regressions` and `clusters`, and the views that answer the same.
@Suite struct TestQuestionTests {
    let runs: TestRuns

    init() throws { runs = try TestRuns() }

    @Test("show has counts, suites, failures with their texts, and with --all every test")
    func show() throws {
        try runs.ingest("n1", "a:p b:f c:e d:s e:F", day: 1)
        let shown = try runs.ask("show")
        #expect(shown["tests"] as? Int == 5 && shown["run"] as? String == "n1")
        #expect(shown["results"] == nil)
        let suite = try #require(list(shown["suites"]).first)
        #expect(["passed", "failed", "error", "skipped"].map { suite[$0] as? Int } == [2, 1, 1, 1])
        let failing = list(shown["failing"])
        #expect(names(failing) == ["b", "c"])
        #expect(failing[0]["details"] as? String == "at /src/n1.swift")
        let all = list(try runs.ask("show", "n1", "--all")["results"])
        #expect(all.map { $0["status"] as? String } == ["passed", "failed", "error", "skipped", "passed"])
        #expect(all.map { $0["flaky"] as? Bool } == [false, false, false, false, true])
        let text = try runs.calm("reports", "show", "--all").output
        #expect(text.contains("s::C::b  failure  expected 3, found 1") && text.contains("at /src/n1.swift"))
    }

    @Test("failures of one shape are one cluster, the widest first")
    func clusters() throws {
        try runs.ingest("n1", "a:f b:f c:e d:p", day: 1)
        let clusters = list(try runs.ask("clusters")["clusters"])
        #expect(clusters.map { $0["shape"] as? String } == ["expected N found N", "boom"])
        #expect(clusters.map { names($0["tests"]) } == [["a", "b"], ["c"]])
        #expect(
            try runs.rows("SELECT shape || tests FROM failure_clusters ORDER BY tests DESC") == [
                "expected N found N2", "boom1",
            ])
    }

    private func flaky(_ words: String...) throws -> [String] {
        let ending = try runs.workspace.calm(["reports", "flaky", "--store", "s", "--json"] + words)
        let document = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
        return list(document?["flaky"]).map {
            "\($0["name"] ?? ""): \($0["rule"] ?? "") \($0["switches"] as? Int ?? 0)"
        }
    }

    @Test(
        "different results on one commit are flaky: attempts, reruns, several cases of a run; other jobs and commits aren't"
    )
    func flakyCommits() throws {
        let same = "different results on one commit 0"
        try runs.ingest("n1", "a:f b:f c:p c:f d:F e:p", day: 1, "--commit", "c1", "--job", "linux")
        try runs.ingest("n2", "a:p b:f e:p", day: 2, "--commit", "c1", "--job", "linux", "--attempt", "2")
        try runs.ingest("n3", "b:p e:p", day: 3, "--commit", "c2", "--job", "linux")
        try runs.ingest("m1", "e:f", day: 4, "--commit", "c1", "--job", "mac")
        let expected = ["a: " + same, "c: " + same, "d: " + same]
        #expect(try flaky() == expected)
        #expect(try runs.rows("SELECT name || ': ' || rule || ' 0' FROM flaky_tests ORDER BY name") == expected)
        let text = try runs.calm("reports", "flaky").output
        #expect(text.contains("on commit c1: failed in n1, passed in n2"), "\(text)")
        // Only the last run of each job is looked at.
        #expect(try flaky("--runs", "1") == [])
    }

    @Test("what comes close to flaky is said, with the rule")
    func nearMisses() throws {
        for (day, tests) in ["a:p b:p c:p", "a:f b:f c:p", "a:p b:f c:p"].enumerated() {
            try runs.ingest("n\(day)", tests, day: day + 1)
        }
        let text = try runs.calm("reports", "flaky").output
        #expect(text.hasPrefix("no test is flaky\n"), "\(text)")
        #expect(text.contains("1 test comes close: 2 switches, 3 are needed (--switches); no commit is known"))
        #expect(text.contains("s::C::a  switches  –  2 switches in its last 3 runs, the oldest first: PFP"))
        #expect(names(try runs.ask("flaky")["nearMisses"]) == ["a"])
    }

    @Test("enough switches in the last runs are flaky; skipped results and other branches don't count")
    func flakySwitches() throws {
        for (day, tests) in ["a:p b:p c:p", "a:f b:f c:s", "a:p b:p c:f", "a:f b:p c:p", "a:p b:p c:p"].enumerated() {
            try runs.ingest("n\(day)", tests, day: day + 1, "--commit", "c\(day)", "--branch", "main")
            try runs.ingest(
                "o\(day)", "b:\(day == 1 ? "p" : "f")", day: day + 11, "--commit", "o\(day)", "--branch", "o")
        }
        #expect(try flaky() == ["a: switches 4"])
        #expect(try flaky("--switches", "2") == ["a: switches 4", "b: switches 2", "b: switches 2", "c: switches 2"])
        #expect(try flaky("--switches", "5") == [])
        #expect(
            try runs.calm("reports", "flaky").output.contains("4 switches in its last 5 runs, the oldest first: PFPFP"))
        #expect(try runs.rows("SELECT name || switches FROM flaky_tests") == ["a4"])
    }

    @Test("slower is more than median + k·MAD of the last passing durations, and by more than some seconds")
    func slower() throws {
        // a: median 0.2, deviation 0.1 of 0.1 0.2 0.3 0.1 0.3; b always 1 s; c too few; d's failures don't count.
        for (day, time) in ["0.1", "0.2", "0.3", "0.1", "0.3"].enumerated() {
            let few = day < 4 ? " c:p:1" : ""
            try runs.ingest("n\(day)", "a:p:\(time) b:p:1 d:\(day == 0 ? "f" : "p"):0.1\(few)", day: day + 1)
        }
        try runs.ingest("n9", "a:p:0.51 b:p:1.04 c:p:9 d:p:9", day: 9)
        let document = try runs.ask("slowest")
        let tests = list(document["tests"])
        #expect(
            names(tests) == ["c", "d", "b", "a"] && tests.map { $0["slower"] as? Bool } == [false, false, false, true])
        let a = try #require(tests.last)
        func isNear(_ key: String, _ value: Double) -> Bool { abs((a[key] as? Double ?? .nan) - value) < 1e-9 }
        #expect(
            isNear("median", 0.2) && isNear("deviation", 0.1) && isNear("limit", 0.5) && a["durations"] as? Int == 5)
        #expect(names(try runs.ask("slowest", "--k", "4", "--slower")["tests"]) == [])
        #expect(names(try runs.ask("slowest", "--min-durations", "4", "--slower")["tests"]) == ["c", "d", "a"])
        #expect(names(try runs.ask("slowest", "--min-seconds", "0.01", "--slower")["tests"]) == ["b", "a"])
        #expect(names(try runs.ask("slowest", "--limit", "1")["tests"]) == ["c"])
        let regressions = try runs.ask("regressions")
        #expect(names(regressions["slower"]) == ["a"] && names(regressions["newFailures"]) == [])
        let view = "FROM test_durations WHERE run = (SELECT id FROM test_runs WHERE name = 'n9')"
        #expect(
            try runs.rows(
                "SELECT name || earlier || ' ' || round(median, 3) || ' ' || round(deviation, 3) \(view) ORDER BY name")
                == ["a5 0.2 0.1", "b5 1.0 0.0", "c4 1.0 0.0", "d4 0.1 0.0"])
        #expect(try runs.rows("SELECT name || regression FROM test_regressions WHERE run = 6") == ["aslower"])
    }

    @Test("regressions are new failures and slower tests, of the runs that were asked for")
    func regressions() throws {
        try runs.ingest("n1", "a:p b:f", day: 1)
        try runs.ingest("n2", "a:f b:f", day: 2)
        try runs.ingest("n3", "a:f b:f", day: 3)
        #expect(names(try runs.ask("regressions")["newFailures"]) == [])
        #expect(names(try runs.ask("regressions", "n1", "n3")["newFailures"]) == ["a"])
        #expect(try runs.rows("SELECT name FROM test_regressions") == ["a"])
    }

    @Test("what shows that a test is flaky are the runs that the rule counts, not others with the test")
    func evidence() throws {
        for day in 1...9 { try runs.ingest("n\(day)", day % 2 == 0 ? "a:p b:p" : "a:f b:p", day: day) }
        for day in 10...25 { try runs.ingest("n\(day)", "b:p", day: day) }
        // Of the latest 20 runs, 6 to 25, four have it: passed, failed, passed, failed.
        #expect(try flaky() == ["a: switches 3"])
        let text = try runs.calm("reports", "flaky").output
        #expect(text.contains("3 switches in its last 4 runs, the oldest first: PFPF"), "\(text)")
    }

    @Test("of a long message the notes stand in front, and what is left out is marked; names are shown whole")
    func longTexts() throws {
        let name = String(repeating: "n", count: 300)
        for day in 1...2 {
            try runs.workspace.write(
                "<testsuite name='s'><testcase name='\(name)'><failure message='first&#10;second'/></testcase></testsuite>",
                to: "r.xml")
            let time = "2026-01-0\(day)T09:00:00Z"
            #expect(try runs.calm("reports", "ingest", "r.xml", "--run", "n\(day)", "--time", time).exit == 0)
        }
        let text = try runs.calm("reports", "diff").output
        #expect(text.contains("s::\(name)  failed  since n1: first …\n"), "\(text)")
        #expect(try runs.calm("reports", "quarantine", name, "--until", "2999-01-01").exit == 0)
        #expect(try runs.calm("reports", "diff").output.contains("since n1: quarantined until 2999-01-01: first …"))
    }

    @Test("the view of histories has what history lists, of a renamed test under its new name")
    func histories() throws {
        try runs.ingest("n1", "old:p b:f", day: 1, "--commit", "c1")
        try runs.ingest("n2", "a:F b:p", day: 2, "--branch", "x")
        try runs.ingest("n3", "a:f", day: 3)
        #expect(try runs.calm("reports", "alias", "old", "s::C::a").exit == 0)
        let listed = list(try runs.ask("history", "a")["results"]).map {
            "\($0["run"] ?? "") \($0["status"] ?? "") \($0["flaky"] as? Bool == true ? 1 : 0)"
        }
        #expect(listed == ["n3 failed 0", "n2 passed 1", "n1 passed 0"])
        let sql =
            "SELECT run_name || ' ' || status || ' ' || flaky FROM test_histories WHERE name = 'a' ORDER BY started_at DESC"
        #expect(try runs.rows(sql) == listed)
        #expect(try runs.rows("SELECT commit_id FROM test_histories WHERE name = 'a' AND commit_id NOT NULL") == ["c1"])
    }
}
