import Foundation
import Testing

/// Tests with names that hold the separator, and tests that only their files tell apart: printed apart, and named as printed.
@Suite struct TestIdentityTests {
    let runs: TestRuns

    init() throws { runs = try TestRuns() }

    private func ingest(_ cases: String, _ words: String...) throws {
        try runs.workspace.write("<testsuites>\(cases)</testsuites>", to: "r.xml")
        let ending = try runs.workspace.calm(["reports", "ingest", "r.xml", "--store", "s"] + words)
        #expect(ending.exit == 0, "\(ending)")
    }

    /// The tests of the latest run as they are printed.
    private func printed() throws -> [String] {
        let lines = try runs.calm("reports", "show", "--all").output.components(separatedBy: "\n")
        let start = try #require(lines.firstIndex { $0 == "Tests" })
        return try lines[(start + 2)...].filter { !$0.isEmpty }.map { line in
            let end = try #require(line.firstRange(of: "  passed") ?? line.firstRange(of: "  failed"))
            return String(line[..<end.lowerBound].dropFirst(2)).replacing(#/ +$/#, with: "")
        }
    }

    @Test("what is printed of any test is taken back by history, quarantine, unquarantine and alias")
    func roundTrip() throws {
        let names = [
            ("ns::Cls", "a::b"), ("", "ns::Cls::a::b"), ("ns", "Cls::a::b"), ("C", "with space "), ("C", " lead"),
            ("C", "adds [fast]"), ("C", "x[1]"), ("C", "&quot;quoted&quot;"), ("C", "a&quot;b"), ("C", "line&#10;two"),
            ("C", "a:"), (":C", "a"), ("C:", ":a"), ("", "T::q"), ("T", "q"), ("C", "back\\slash"),
            ("C", "&quot;a&quot;::b"), ("C", "naïve ☃"), ("C", "x []"), ("C", "tab&#9;"), ("C", "[a]"),
        ]
        let cases = names.map { "<testcase classname='\($0)' name='\($1)'/>" }.joined()
        try ingest("<testsuite name='s'>\(cases)</testsuite><testsuite name='T'><testcase name='q'/></testsuite>")
        let printed = try printed()
        #expect(printed.count == names.count + 1 && Set(printed).count == printed.count, "\(printed)")
        for text in printed {
            let ending = try runs.calm("reports", "history", text)
            #expect(ending.exit == 0 && ending.output.hasPrefix(text + "\n"), "\(text): \(ending)")
        }
        for text in printed.prefix(9) {
            let ending = try runs.calm("reports", "quarantine", text, "--until", "2999-01-01")
            #expect(ending.exit == 0 && ending.output == "quarantined until 2999-01-01: \(text)\n", "\(ending)")
        }
        let listed = try #require(try runs.workspace.query("reports", "quarantined") as? [Any])
        #expect(listed.count == 9)
        for text in printed.prefix(9) { #expect(try runs.calm("reports", "unquarantine", text).exit == 0, "\(text)") }
        #expect(try runs.calm("reports", "alias", printed[0], printed[1]).exit == 0)
        #expect(try runs.calm("reports", "unalias", printed[0]).exit == 0)
        // One that no run has yet.
        let later = "s::\"a::b\"::\"c::d\" [f.py]"
        #expect(try runs.calm("reports", "quarantine", later, "--until", "2999-01-01").exit == 0)
        let items = try #require(try runs.workspace.query("reports", "quarantined") as? [[String: Any]])
        #expect(items.map { "\($0["class"] ?? "")|\($0["name"] ?? "")|\($0["qualifier"] ?? "")" } == ["a::b|c::d|f.py"])
    }

    private func files(_ first: String, _ second: String) -> String {
        [("a.py", first), ("b.py", second)].map { file, result in
            "<testsuite name='s'><testcase classname='C' name='t' file='\(file)'>\(result)</testcase></testsuite>"
        }.joined()
    }

    @Test("tests of one name in two files are two: a new failure of one is new, and its quarantine is its own")
    func qualified() throws {
        try ingest(files("<failure/>", ""), "--run", "n1")
        try ingest(files("", "<failure/>"), "--run", "n2")
        #expect(try printed() == ["s::C::t [a.py]", "s::C::t [b.py]"])
        let gate = try runs.calm("reports", "gate")
        #expect(gate.exit == 1 && gate.output.contains("missed: new failures: 1") && gate.output.contains("[b.py]"))
        #expect(try runs.calm("reports", "flaky").output.hasPrefix("no test is flaky"))
        let several = try runs.calm("reports", "quarantine", "s::C::t", "--until", "2999-01-01")
        #expect(several.exit == 2 && several.errors.contains("  s::C::t [a.py]\n  s::C::t [b.py]"), "\(several)")
        #expect(try runs.calm("reports", "quarantine", "s::C::t [a.py]", "--until", "2999-01-01").exit == 0)
        #expect(try runs.calm("reports", "gate").exit == 1)
        #expect(try runs.calm("reports", "quarantine", "s::C::t [b.py]", "--until", "2999-01-01").exit == 0)
        #expect(try runs.calm("reports", "gate").exit == 0)
        #expect(try runs.calm("store", "rebuild-catalogue").exit == 0)
        #expect(try runs.calm("reports", "gate").exit == 0)
        #expect(try runs.calm("store", "verify").exit == 0)
    }

    @Test("a qualifier is printed only where tests differ by it")
    func unique() throws {
        try ingest("<testsuite name='s'><testcase classname='C' name='t' file='a.py'/></testsuite>")
        #expect(try printed() == ["s::C::t"])
        #expect(try runs.ask("history", "s::C::t")["qualifier"] as? String == "a.py")
    }

    @Test("notes from before there were qualifiers hold for every test of their names, as they did")
    func earlyNotes() throws {
        try ingest(files("", ""), "--run", "n1")
        try ingest(files("<failure/>", "<failure/>"), "--run", "n2")
        try ingest("<testsuite name='s'><testcase classname='C' name='t'/></testsuite>", "--run", "n0")
        #expect(try runs.calm("reports", "quarantine", "s::C::t []", "--until", "2999-01-01").exit == 0)
        #expect(try runs.calm("reports", "gate", "n2").exit == 1, "it names one test alone")
        // As it was written then, in the file that is named after the test.
        let folder = runs.workspace.store.appendingPathComponent("tests/quarantined")
        let file = try #require(
            try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).first)
        let text = try String(contentsOf: file, encoding: .utf8)
        let early = text.replacing("\"qualifier\":\"\",", with: "")
        #expect(early != text && early.contains("\"format\":1"))
        try Data(early.utf8).write(to: file)
        let gate = try runs.calm("reports", "gate", "n2")
        #expect(gate.exit == 0 && gate.output.contains("quarantined until 2999-01-01: s::C::t [b.py]"), "\(gate)")
        #expect(try runs.calm("reports", "unquarantine", "s::C::t [a.py]").exit == 0)
        #expect(try runs.calm("reports", "gate", "n2").exit == 1)
    }

    @Test("absolute paths in reports are those below the checkout, so that a test is one in every folder")
    func checkouts() throws {
        for (run, root) in [("n1", "/build/1"), ("n2", "/build/2")] {
            try runs.workspace.write(
                "<testsuite name='s'><testcase name='t' file='\(root)/tests/a.py'/></testsuite>", to: "r.xml")
            let ending = try CalmProcess(
                CalmProcess.binary(), ["reports", "ingest", "r.xml", "--run", run, "--branch", "main", "--store", "s"],
                in: runs.workspace.folder,
                environment: ["CI_COMMIT_SHA": "c", "GITLAB_CI": "true", "CI_PROJECT_DIR": root, "CI_JOB_ID": run]
            ).wait()
            #expect(ending.exit == 0)
        }
        #expect(list(try runs.ask("history", "s::t")["results"]).count == 2)
        #expect(try runs.ask("history", "s::t")["qualifier"] as? String == "tests/a.py")
        #expect(try runs.calm("store", "verify").exit == 0)
    }
}
