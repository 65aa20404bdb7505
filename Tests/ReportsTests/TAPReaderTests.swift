import Catalogue
import Foundation
import Reports
import Testing

@Suite("Results in TAP") struct TAPReaderTests {
    private func read(_ text: String, name: String = "r.tap") throws -> ReadReport {
        try ReadReport(Data(text.utf8), name: name)
    }

    @Test(
        "each is a case, in suites named after the file and its subtests",
        arguments: [
            ("1..2\nok 1\nok 2 - x\n", ["r||test 1 passed", "r||x passed"]),
            ("TAP version 13\r\nnot ok - a\r\nok 2 a\r\n1..2\r\n", ["r||a failed", "r||a (2) passed"]),
            ("1..2\nok 3 # SKIP no net\nnot ok 1 x # todo later\n", ["r||test 3 skipped", "r||x skipped"]),
            (
                "1..3\nnot ok 1 - issue #12\nnot ok 2 # todoist\nnot ok 3 - a \\# TODO b\n",
                ["r||issue #12 failed", "r||# todoist failed", "r||a # TODO b failed"]
            ),
            ("1..1\nok 1 - late # TODO works by now\n", ["r||late passed"]),
            ("1..0 # SKIP no server\n", ["r||(suite) skipped"]),
            ("1..1\nnot ok", ["r||test 1 failed"]),
            ("not okay\nnotok\n# not ok 3\nok, done\n1..1\nok 1 a", ["r||a passed"]),
            (
                "1..1\n# Subtest: s\n    1..2\n    ok 1 - a\n    not ok 2 - b\nnot ok 1 - s\n",
                ["r/s||a passed", "r/s||b failed"]
            ),
            ("1..1\n    # Subtest: s\n    1..1\n    ok 1 - a\nnot ok 1 - s\n", ["r/s||a passed", "r||s failed"]),
            ("1..1\n    1..1\n    not ok 1 - a\nok 1 - s\n", ["r/subtest 1||a failed"]),
            ("1..1\n    1..1\n    not ok 1 - a\nnot ok 1 - s # TODO\n", ["r/subtest 1||a skipped"]),
            ("1..2\nok 1 - s {\n    1..1\n    not ok 1 - a\n}\nok 2 - t\n", ["r/s||a failed", "r||t passed"]),
            (
                "KTAP version 1\n1..1\n  KTAP version 1\n  # Subtest: s\n  1..1\n  not ok 1 a\nnot ok 1 s\n",
                ["r/s||a failed"]
            ),
            ("1..1\nok 1\n1..1\nnot ok 1 - b\n", ["r||test 1 passed", "r||b failed"]),
            ("<p>noise</p>\n1..1\nnot ok 1 - b\n", ["r||b failed"]),
        ])
    func cases(text: String, lines: [String]) throws {
        let report = try read(text)
        #expect(report.lines == lines)
        let isWhole = !text.contains("3 # SKIP")
        #expect(report.summary.incomplete.isEmpty == isWhole, "\(report.summary.incomplete)")
    }

    @Test(
        "what was planned and isn't there makes it incomplete, and so does what was never planned",
        arguments: [
            ("1..3\nok 1\nok 2\n", "its plan says 3 tests, found 2"),
            ("1..1\nok 1\nok 2\n", "its plan says 1 test, found 2"),
            ("1..2\nok 1\nok 1\n", "test 1 has two results"), ("ok 1\nok 2\n", "it has no plan such as 1..2"),
            ("1..1\n    1..3\n    ok 1\nok 1\n", "the plan of the subtest 'subtest 1' says 3 tests, found 1"),
            ("1..1\nok 1\n    1..1\n    ok 1\n", "the subtest 'subtest 2' has no result"),
            ("1..0\n", "holds no test case"),
            ("nothing\n", "holds no test case"), ("1..1\nok 1\n<testsuite name='s'>\n", "it holds an XML document"),
            ("1..1\nok 1\nBail out! no database\n", "its tests were given up: Bail out! no database"),
            ("1..2\nok 1\nNOT OK 2\n", "its plan says 2 tests, found 1"),
        ])
    func incomplete(text: String, reason: String) throws {
        let report = try read(text)
        #expect(report.summary.incomplete.contains { $0.contains(reason) }, "\(report.summary.incomplete)")
    }

    @Test(
        "a failure that only the end of the file tells of is one of its suite",
        arguments: [
            ("1..1\nok 1\nBail out! x\n", "Bail out! x"),
            ("1..1\nok 1\n# fail  2\n", "the report declares 2 failures, found 0"),
            (
                "1..1\nok 1\n# Looks like your test exited with 255 just after 1.\n",
                "Looks like your test exited with 255 just after 1."
            ),
        ])
    func told(text: String, message: String) throws {
        let report = try read(text)
        let suite = try #require(report.cases.last)
        #expect(suite.name == "(suite)" && suite.status == .error && suite.failures.map(\.message) == [message])
    }

    @Test("a block of YAML is the text of a failure, whatever it holds, and so are comments")
    func diagnostics() throws {
        let report = try read(
            """
            1..3
            not ok 1 - a
              ---
              duration_ms: 1500
              error: |-
                expected 1
                not ok 9
              ...
            not ok 2 - b
            # (in file b.bats, line 3)
            ok 3 - c # time=20ms

            """)
        #expect(report.lines == ["r||a failed", "r||b failed", "r||c passed"])
        #expect(report.cases.map(\.seconds) == [1.5, nil, 0.02])
        #expect(report.cases[0].failures.map(\.message) == ["expected 1"])
        #expect(report.cases[0].failures[0].details.contains("not ok 9"))
        #expect(report.cases[1].failures.map(\.message) == ["(in file b.bats, line 3)"])
        // Without its end, a block ends where the next result begins.
        #expect(try read("1..2\nok 1\n  ---\n  a: b\nnot ok 2 - c\n").lines == ["r||test 1 passed", "r||c failed"])
    }

    @Test("it is told by its lines, or by its name; in UTF-16, too")
    func form() throws {
        #expect(try read("# all\n1..1\nnot ok 1 - a\n", name: "-").lines == ["||a failed"])
        #expect(try read("> npm test\nTAP version 13\n1..1\nok 1 - a\n", name: "x.log").lines == ["x.log||a passed"])
        #expect(throws: RefusedReport.self) { try read("ok\n", name: "x.log") }
        #expect(throws: RefusedReport.self) { try read("") }
        let wide = try ReadReport(
            Data([0xFF, 0xFE]) + "1..1\nnot ok 1 - a\n".data(using: .utf16LittleEndian)!, name: "w.tap")
        #expect(wide.lines == ["w||a failed"])
    }

    @Test("a line of any length, and failures of any number in subtests, are read")
    func long() throws {
        let report = try read("1..1\nnot ok 1 - " + String(repeating: "a", count: 1 << 20) + "\n")
        #expect(report.cases.count == 1 && report.cases[0].name.utf8.count < 5000)
        let many = (1...12_000).map { "    not ok \($0) - t\($0)\n" }.joined()
        let deep = try read("1..1\n    1..12000\n\(many)not ok 1 - s\n")
        #expect(deep.cases.count == 12_000 && deep.summary.failures == 12_000 && deep.summary.incomplete.isEmpty)
    }

    @Test("merged with JUnit XML, nothing of it is lost")
    func merged() throws {
        let text =
            "1..3\nok 1 - a\nnot ok 2 - b # TODO\n# Subtest: s\n    1..2\n    not ok 1 - c\n    ok 2 - d # SKIP\nnot ok 3 - s\n"
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(text.utf8).write(to: file)
        var merged = MergedReport()
        _ = try merged.add(file, name: "t/r.tap")
        #expect(merged.failedTests.map(\.name) == ["c"])
        let again = try ReadReport(merged.xml())
        #expect(Set(again.lines) == ["t/r||a passed", "t/r||b skipped", "t/r/s||c failed", "t/r/s||d skipped"])
        try Data("1..3\nok 1 - a\n".utf8).write(to: file)
        var cut = MergedReport()
        _ = try cut.add(file, name: "r.tap")
        #expect(try ReadReport(cut.xml()).summary.incomplete.count == 1)
    }
}
