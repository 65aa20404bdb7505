import Foundation
import Testing

@Suite struct TestComparisonTests {
    /// A report of tests by name: `p` passed, `f` failed, `e` error, `s` skipped.
    private func ingest(_ workspace: Workspace, _ run: String, _ tests: String, _ more: String...) throws {
        let results = ["p": "", "f": "<failure message='no'/>", "e": "<error message='no'/>", "s": "<skipped/>"]
        let cases = try tests.split(separator: " ").map { word in
            "<testcase classname='C' name='\(word.dropLast())'>\(try #require(results[String(word.suffix(1))]))</testcase>"
        }
        try workspace.write("<testsuite name='s'>\(cases.joined())</testsuite>", to: "\(run).xml")
        let ending = try workspace.calm(["reports", "ingest", "\(run).xml", "--run", run, "--store", "s"] + more)
        #expect(ending.exit == 0, "\(ending)")
    }

    private func changes(_ workspace: Workspace, _ arguments: String...) throws -> [String] {
        let ending = try workspace.calm(["reports", "diff", "--store", "s", "--json"] + arguments)
        #expect(ending.exit == 0, "\(ending)")
        let document = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
        return try #require(document?["changes"] as? [[String: Any]]).map { item in
            "\(item["name"] ?? ""): \(item["change"] ?? "")"
                + ((item["failingSince"] as? String).map { " \($0)" } ?? "")
        }
    }

    /// What a test was, what it is, and what that is called.
    private static let rules: [(String, String, String?)] = [
        ("p", "p", nil), ("p", "f", "new failure"), ("p", "e", "new failure"), ("p", "s", "newly skipped"),
        ("p", "", "removed"), ("f", "p", "fixed"), ("f", "f", "still failing n1"), ("f", "e", "still failing n1"),
        ("f", "s", "newly skipped"), ("e", "p", "fixed"), ("e", "", "removed"), ("s", "p", nil), ("s", "s", nil),
        ("s", "f", "new failure"), ("", "p", "new"), ("", "f", "new failure"), ("", "s", "new"),
    ]

    @Test("every pair of results has its change, in the command as in the view")
    func pairs() throws {
        let workspace = try Workspace()
        func tests(_ pick: ((String, String, String?)) -> String) -> String {
            Self.rules.enumerated().filter { !pick($1).isEmpty }.map { "t\($0)\(pick($1))" }.joined(separator: " ")
        }
        try ingest(workspace, "n1", tests { $0.0 })
        try ingest(workspace, "n2", tests { $0.1 })
        let expected = Set(Self.rules.enumerated().compactMap { index, rule in rule.2.map { "t\(index): \($0)" } })
        #expect(Set(try changes(workspace)) == expected)
        #expect(Set(try changes(workspace, "n1", "n2")) == expected)
        let python = try #require(installed("python3"))
        let script = """
            import sqlite3, sys
            for row in sqlite3.connect(sys.argv[1]).execute("SELECT name || ': ' || change FROM test_changes"): print(row[0])
            """
        let file = workspace.store.appendingPathComponent("catalogue.sqlite").path
        let view = try workspace.program(python, ["-c", script, file]).output.split(separator: "\n").map(String.init)
        #expect(Set(view) == Set(expected.map { $0.replacingOccurrences(of: " n1", with: "") }))
        #expect(view.count == expected.count)
    }

    @Test("still failing since the first of the runs in a row, of the same job and branch; a rebuild says the same")
    func since() throws {
        let workspace = try Workspace()
        for (run, tests) in [("n1", "af bp"), ("n2", "ap bp"), ("n3", "af bp"), ("n4", "af bp"), ("n5", "af bf")] {
            try ingest(workspace, run, tests, "--job", "linux", "--branch", "main")
        }
        try ingest(workspace, "m1", "af bp", "--job", "mac", "--branch", "main")
        let expected = ["b: new failure", "a: still failing n3"]
        #expect(try changes(workspace, "n4", "n5") == expected)
        // The first run of its job: nothing to compare with, so that what fails is new.
        #expect(try changes(workspace) == ["a: new failure"])
        let list = try workspace.calm("reports", "list", "--store", "s", "--json")
        #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
        #expect(try changes(workspace, "n4", "n5") == expected)
        #expect(try workspace.calm("reports", "list", "--store", "s", "--json").output == list.output)
        let unknown = try workspace.calm("reports", "diff", "x", "n5", "--store", "s")
        #expect(unknown.exit == 2 && unknown.errors.contains("no run of tests is called 'x'"))
    }

    @Test(
        "where no report was ingested yet, a question says so, and how to",
        arguments: ["show", "gate", "diff", "clusters", "slowest", "regressions"])
    func nothing(_ question: String) throws {
        let workspace = try Workspace(
            "name: p\nstages: { a: { uses: command, with: { argv: [touch, \"{out.x}\"], out: { x: x } } } }")
        try workspace.run()
        let ending = try workspace.calm("reports", question, "--store", "s")
        #expect(ending.exit == 2 && ending.output.isEmpty)
        #expect(ending.errors.hasPrefix("error: no test report has been ingested yet: `calm reports ingest FILE"))
    }

    @Test("the gate misses for new failures and for flaky tests, beyond their limits only")
    func gate() throws {
        let workspace = try Workspace()
        try ingest(workspace, "n1", "af bp cp")
        try ingest(workspace, "n2", "af bf ce")
        func gate(_ arguments: String...) throws -> Int32 {
            try workspace.calm(["reports", "gate", "--store", "s"] + arguments).exit
        }
        #expect(try gate() == 1)
        #expect(try gate("--max-new-failures", "1") == 1)
        #expect(try gate("--max-new-failures", "2") == 0)
        #expect(try gate("--baseline", "n2") == 2, "no run is its own baseline")
        #expect(try gate("n1") == 1, "without a baseline every failure is new")
        #expect(try gate("--max-flaky-share", "2") == 2)
        try workspace.write(
            "<testsuite name='s'><testcase name='x'><flakyFailure/></testcase><testcase name='y'/></testsuite>",
            to: "n3.xml")
        #expect(try workspace.calm("reports", "ingest", "n3.xml", "--store", "s").exit == 0)
        #expect(try gate("--max-flaky-share", "0.5") == 0)
        #expect(try gate("--max-flaky-share", "0.4") == 1)
    }

    @Test("the history of a test, by any name that only one has")
    func history() throws {
        let workspace = try Workspace()
        try ingest(workspace, "n1", "alphaf betap", "--commit", "c1")
        try ingest(workspace, "n2", "alphap betap", "--commit", "c2")
        for name in ["s::C::alpha", "C.alpha", "C::alpha", "alpha", "lph"] {
            let document = try workspace.query("reports", "history", name) as? [String: Any]
            let rows = try #require(document?["results"] as? [[String: Any]])
            #expect(rows.map { $0["status"] as? String } == ["passed", "failed"])
            #expect(rows.map { $0["commit"] as? String } == ["c2", "c1"])
            #expect(rows.map { $0["message"] as? String } == ["", "no"])
        }
        let several = try workspace.calm("reports", "history", "a", "--store", "s")
        #expect(several.exit == 2 && several.errors.contains("s::C::alpha"))
        #expect(try workspace.calm("reports", "history", "gamma", "--store", "s").exit == 2)
    }
}
