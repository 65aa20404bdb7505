import Foundation
import Testing

/// Reports through the binary: merged, our own ingested, and answers as pages.
@Suite struct ReportRoundTripTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .appendingPathComponent("ReportsTests/Fixtures")

    private let runs: TestRuns

    init() throws { runs = try TestRuns() }

    @Test("a folder of other writers' reports is ingested, asked and merged without losing a case")
    func folder() throws {
        let folder = Self.fixtures.path
        let ingested = try runs.calm("reports", "ingest", folder, "--run", "all", "--commit", "c1")
        #expect(ingested.exit == 0, "\(ingested)")
        let shown = try runs.ask("show", "all", "--all")
        #expect(shown["tests"] as? Int == 42 && shown["reports"] as? Int == 7)
        // What has one name in several cases is one test.
        #expect(list(shown["results"]).count == 40)
        #expect(list(shown["results"]).compactMap { $0["cases"] as? Int }.reduce(0, +) == 42)
        #expect(names(try runs.ask("flaky")["flaky"]) == ["retries"])
        let merged = try runs.workspace.calm("reports", "merge", folder, "--junit", "out/all.xml")
        #expect(merged.exit == 0 && merged.output.hasPrefix("7 reports, 42 tests"), "\(merged)")
        #expect(try runs.calm("reports", "ingest", "out/all.xml", "--run", "merged", "--commit", "c1").exit == 0)
        #expect(
            list(try runs.ask("diff", "all", "merged")["changes"]).filter { $0["change"] as? String != "still failing" }
                .isEmpty)
        let refused = try runs.workspace.calm("reports", "merge", "out/all.xml", "nowhere.xml", "--junit", "x.xml")
        #expect(refused.exit == 2 && !FileManager.default.fileExists(atPath: runs.workspace.file("x.xml").path))
    }

    @Test("the report of a run of ours is ingested like any other")
    func own() throws {
        try runs.workspace.write(
            """
            name: own
            stages:
              good: { uses: command, with: { argv: [sh, -c, "echo > x; echo '{\\"n\\": 3}' > m"], metrics: m, out: { x: x } }, expect: { n: [">= 2", ">= 4"] } }
              bad: { uses: command, with: { argv: [sh, -c, "exit 3"], out: { x: x } } }
              after: { uses: command, in: { i: bad.x }, with: { argv: [cp, "{in.i}", "{out.x}"], out: { x: x } } }
            """)
        let run = try runs.workspace.calm("run", "p.yaml", "--store", "s", "--keep-going", "--junit", "own.xml")
        #expect(run.exit == 4, "\(run)")
        let ending = try runs.calm("reports", "ingest", "own.xml", "--run", "own")
        #expect(ending.exit == 0 && !ending.output.contains("warning"), "\(ending)")
        let statuses = list(try runs.ask("show", "--all")["results"]).compactMap { $0["status"] as? String }
        // Two gates and three stages.
        #expect(statuses.sorted() == ["error", "failed", "passed", "passed", "skipped"])
    }

    private static let questions = [
        ["list"], ["show"], ["show", "--all"], ["diff"], ["history", "b"], ["flaky"], ["slowest"], ["regressions"],
        ["clusters"], ["quarantined"], ["aliases"],
    ]

    @Test(
        "every answer is a page, too: well-formed, without script, with what the text says, whatever tests are called")
    func pages() throws {
        let hostile = "x&lt;script&gt;alert(1)&lt;/script&gt;"
        for day in 1...6 {
            try runs.ingest(
                "n\(day)", "\(hostile):\(day % 2 == 0 ? "f" : "p") b:\(day == 6 ? "f" : "p"):0.\(day)", day: day)
        }
        let python = try #require(installed("python3"))
        for question in Self.questions {
            let ending = try runs.workspace.calm(["reports"] + question + ["--store", "s", "--html", "a/page.html"])
            #expect(ending.exit == 0, "\(ending)")
            let text = try String(contentsOf: runs.workspace.file("a/page.html"), encoding: .utf8)
            #expect(!text.contains("<script") && !text.contains("http://127") && !text.contains("src="))
            #expect(
                text.contains("<title>") && text.contains("width=device-width") && text.contains("prefers-color-scheme")
            )
            let title = try #require(ending.output.split(separator: "\n").first)
            #expect(text.contains("<h1>\(title)</h1>"), "\(question)")
            let parsed = try runs.workspace.program(
                python, ["-c", "import sys, xml.dom.minidom as x; x.parse(sys.argv[1])", "a/page.html"])
            #expect(parsed.exit == 0, "\(question): \(parsed.errors)")
            if question == ["show"] { #expect(text.contains("<th scope=\"col\"") && text.contains("&lt;script&gt;")) }
        }
        let refused = try runs.calm("reports", "list", "--html", "/proc/none/page.html")
        #expect(refused.exit == 2 && refused.errors.contains("can't be made"), "\(refused)")
    }

    @Test(
        "verify finds a row of a report that was changed, and a rebuild mends it",
        arguments: [
            "UPDATE test_results SET status = 'passed' WHERE status = 'failed'", "UPDATE test_results SET seconds = 9",
            "UPDATE test_failures SET message = 'fine'", "UPDATE test_failures SET shape = 'fine'",
            "DELETE FROM test_failures",
            "UPDATE tests SET name = 'z' WHERE name = 'a'", "UPDATE test_reports SET failures = 0",
            "UPDATE test_runs SET commit_id = 'other'", "UPDATE test_runs SET started_at = 5",
            "INSERT INTO test_failures SELECT report, position, 7, kind, type, message, details, shape FROM test_failures",
            "DELETE FROM test_failures; DELETE FROM test_results WHERE position = 2",
        ])
    func flippedRow(sql: String) throws {
        try runs.ingest("n1", "a:f b:p", day: 2, "--commit", "c1")
        try runs.ingest("n2", "a:f b:p", day: 3, "--commit", "c1")
        #expect(try runs.calm("store", "verify").exit == 0)
        let python = try #require(installed("python3"))
        let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit()"
        let file = runs.workspace.store.appendingPathComponent("catalogue.sqlite").path
        #expect(try runs.workspace.program(python, ["-c", script, file, sql]).exit == 0)
        let found = try runs.calm("store", "verify")
        #expect(found.exit == 1 && found.output.contains("aren't what the report says"), "\(found)")
        #expect(try runs.calm("store", "rebuild-catalogue").exit == 0)
        #expect(try runs.calm("store", "verify").exit == 0)
    }

    @Test("a damaged file of a quarantined test is an error that names it, and verify's")
    func damagedNote() throws {
        try runs.ingest("n1", "a:f", day: 1)
        #expect(try runs.calm("reports", "quarantine", "a", "--until", "2999-01-01").exit == 0)
        let folder = runs.workspace.store.appendingPathComponent("tests/quarantined")
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
        try Data("{".utf8).write(to: folder.appendingPathComponent(name))
        let gate = try runs.calm("reports", "gate")
        #expect(gate.exit == 5 && gate.errors.contains(name), "\(gate)")
        let found = try runs.calm("store", "verify")
        #expect(found.exit == 1 && found.output.contains(name), "\(found)")
    }

    @Test("a store that can't be written still answers")
    func readOnly() throws {
        try runs.ingest("n1", "a:p", day: 1)
        try runs.ingest("n2", "a:f", day: 2)
        let catalogue = runs.workspace.store.appendingPathComponent("catalogue.sqlite").path
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: catalogue + suffix) }
        guard geteuid() != 0 else { return }
        #expect(chmod(runs.workspace.store.path, 0o555) == 0)
        defer { chmod(runs.workspace.store.path, 0o755) }
        #expect(list(try runs.ask("diff")["changes"]).count == 1)
    }
}
