import Foundation
import Testing

/// Made-up runs of tests in a store, and what `calm reports` says of them.
struct TestRuns {
    let workspace: Workspace

    init() throws { workspace = try Workspace() }

    /// Ingests a run of tests, `NAME:RESULT` or `NAME:RESULT:SECONDS` each: `p` passed, `f` failed, `e` error, `s` skipped,
    /// `F` failed first and then passed. Runs are a day apart, in the order of `day`.
    func ingest(_ run: String, _ tests: String, day: Int, _ more: String...) throws {
        let results = [
            "p": "", "f": "<failure message='expected 3, found \(day)'>at /src/\(run).swift</failure>",
            "e": "<error message='boom'/>", "s": "<skipped/>", "F": "<flakyFailure message='m' type='t'/>",
        ]
        let cases = try tests.split(separator: " ").map { word in
            let parts = word.split(separator: ":").map(String.init)
            let time = parts.count > 2 ? parts[2] : "0.1"
            return
                "<testcase classname='C' name='\(parts[0])' time='\(time)'>\(try #require(results[parts[1]]))</testcase>"
        }
        try workspace.write("<testsuite name='s'>\(cases.joined())</testsuite>", to: "\(run).xml")
        let time = "2026-01-\(day < 10 ? "0" : "")\(day)T09:00:00Z"
        let ending = try workspace.calm(
            ["reports", "ingest", "\(run).xml", "--run", run, "--time", time, "--store", "s"] + more)
        #expect(ending.exit == 0, "\(ending)")
    }

    /// `calm reports …` and its one JSON document, whatever its exit code.
    func ask(_ words: String..., exit: Int32 = 0) throws -> [String: Any] {
        let ending = try workspace.calm(["reports"] + words + ["--store", "s", "--json"])
        #expect(ending.exit == exit, "\(words): \(ending)")
        return try #require(try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any])
    }

    func calm(_ words: String...) throws -> CalmProcess.Ending { try workspace.calm(words + ["--store", "s"]) }

    /// The first column of what a query of the catalogue gives.
    func rows(_ sql: String) throws -> [String] {
        let python = try #require(installed("python3"))
        let script = """
            import sqlite3, sys
            with sqlite3.connect(sys.argv[1]) as c:
                for row in c.execute(sys.argv[2]): print(row[0])
            """
        let file = workspace.store.appendingPathComponent("catalogue.sqlite").path
        let ending = try workspace.program(python, ["-c", script, file, sql])
        #expect(ending.exit == 0, "\(ending)")
        return ending.output.split(separator: "\n").map(String.init)
    }
}

/// Members of a JSON document.
func list(_ value: Any?) -> [[String: Any]] { value as? [[String: Any]] ?? [] }
func names(_ value: Any?) -> [String] { list(value).compactMap { $0["name"] as? String } }
