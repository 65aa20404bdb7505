import Foundation
import Testing

@Suite struct IngestionTests {
    private static let report = """
        <testsuites><testsuite name="s"><testcase classname="C" name="a" time="0.5"/>
        <testcase classname="C" name="b"><failure message="no"/></testcase></testsuite></testsuites>
        """

    private func count(_ sql: String, in workspace: Workspace) throws -> String {
        let python = try #require(installed("python3"))
        let script = "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])"
        let file = workspace.store.appendingPathComponent("catalogue.sqlite").path
        return try workspace.program(python, ["-c", script, file, sql]).output.trimmingCharacters(in: .newlines)
    }

    private func outcomes(_ workspace: Workspace, _ arguments: String...) throws -> [[String: Any]] {
        let ending = try workspace.calm(["reports", "ingest", "--store", "s", "--json"] + arguments)
        return try #require(try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [[String: Any]])
    }

    @Test("ingesting twice changes nothing; the same bytes of another commit are another run")
    func twice() throws {
        let workspace = try Workspace()
        try workspace.write(Self.report, to: "r.xml")
        #expect(try outcomes(workspace, "r.xml", "--commit", "1")[0]["outcome"] as? String == "ingested")
        #expect(try outcomes(workspace, "r.xml", "--commit", "1")[0]["outcome"] as? String == "known")
        #expect(try count("SELECT count(*) FROM test_results", in: workspace) == "2")
        #expect(try outcomes(workspace, "r.xml", "--commit", "2")[0]["outcome"] as? String == "ingested")
        #expect(try count("SELECT count(*) FROM test_runs", in: workspace) == "2")
        #expect(try count("SELECT count(*) FROM tests", in: workspace) == "2")
    }

    @Test("of a folder, other documents are passed over; a refused file leaves nothing and the rest is ingested")
    func folder() throws {
        let workspace = try Workspace()
        for folder in ["d", "d/e"] {
            try FileManager.default.createDirectory(at: workspace.file(folder), withIntermediateDirectories: true)
        }
        try workspace.write(Self.report, to: "d/e/good.xml")
        try workspace.write("<project/>", to: "d/pom.xml")
        #expect(try workspace.calm("reports", "ingest", "d", "--store", "s").exit == 0)
        try workspace.write(
            "<!DOCTYPE testsuites [<!ENTITY e SYSTEM \"file:///etc/hostname\">]>"
                + Self.report.replacingOccurrences(of: "\"a\"", with: "\"c\""), to: "d/bad.xml")
        try workspace.write(Self.report.replacingOccurrences(of: "\"a\"", with: "\"d\""), to: "d/other.xml")
        let ending = try workspace.calm("reports", "ingest", "d", "--store", "s")
        #expect(ending.exit == 2 && ending.errors.contains("bad.xml isn't ingested"), "\(ending)")
        #expect(try count("SELECT count(*) FROM tests WHERE name = 'c'", in: workspace) == "0")
        #expect(try count("SELECT count(*) FROM tests WHERE name = 'd'", in: workspace) == "1")
        let objects = try FileManager.default.subpathsOfDirectory(
            atPath: workspace.store.appendingPathComponent("objects").path)
        #expect(objects.filter { $0.count > 40 }.count == 2)
    }

    @Test("attempts are counted from 1")
    func attempts() throws {
        let workspace = try Workspace()
        try workspace.write(Self.report, to: "r.xml")
        for attempt in ["0", "-1"] {
            let ending = try workspace.calm("reports", "ingest", "r.xml", "--attempt=\(attempt)", "--store", "s")
            #expect(ending.exit == 2 && ending.errors.contains("--attempt takes 1 or more, found \(attempt)"))
        }
        #expect(try workspace.calm("reports", "ingest", "r.xml", "--attempt", "1", "--store", "s").exit == 0)
    }

    @Test("a rebuilt catalogue has the same rows; collection keeps the blobs, verification knows them")
    func rebuilt() throws {
        let workspace = try Workspace()
        try workspace.write(Self.report, to: "r.xml")
        _ = try outcomes(workspace, "r.xml", "--commit", "1", "--run", "night")
        let rows =
            "SELECT group_concat(test_runs.name || tests.name || status || coalesce(test_results.seconds, '-') || commit_id) FROM test_results JOIN tests ON tests.id = test JOIN test_reports ON test_reports.id = report JOIN test_runs ON test_runs.id = run"
        let before = try count(rows, in: workspace)
        #expect(before == "nightapassed0.51,nightbfailed-1")
        #expect(try workspace.calm("store", "gc", "--store", "s").exit == 0)
        let rebuilt = try workspace.calm("store", "rebuild-catalogue", "--store", "s")
        #expect(rebuilt.exit == 0 && rebuilt.output.contains("1 test report"), "\(rebuilt)")
        #expect(try count(rows, in: workspace) == before)
        let sound = try workspace.calm("store", "verify", "--store", "s")
        #expect(sound.exit == 0 && !sound.output.contains("belongs to no execution"), "\(sound)")
        let objects = workspace.store.appendingPathComponent("objects")
        try FileManager.default.removeItem(at: objects)
        let lost = try workspace.calm("store", "verify", "--store", "s")
        #expect(lost.exit == 1 && lost.output.contains("ingest it again"), "\(lost)")
        #expect(try outcomes(workspace, "r.xml", "--commit", "1", "--run", "night")[0]["outcome"] as? String == "known")
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }
}
