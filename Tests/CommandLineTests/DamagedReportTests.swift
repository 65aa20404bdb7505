import Foundation
import Testing

/// What becomes of a run whose records are damaged: its failures never go unnoticed.
@Suite struct DamagedReportTests {
    let workspace: Workspace

    init() throws { workspace = try Workspace() }

    private func calm(_ words: String...) throws -> CalmProcess.Ending { try workspace.calm(words + ["--store", "s"]) }

    /// Damages the record that holds a text, and leaves its time.
    private func damage(_ folder: String, of text: String) throws {
        let folder = workspace.store.appendingPathComponent(folder)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".json") {
            let file = folder.appendingPathComponent(name)
            guard try String(contentsOf: file, encoding: .utf8).contains(text) else { continue }
            let time = try FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate] as? Date
            try Data("{".utf8).write(to: file)
            try FileManager.default.setAttributes(
                [.modificationDate: try #require(time)], ofItemAtPath: file.path)
            return
        }
        Issue.record("no record holds \(text)")
    }

    private func prepare() throws {
        try workspace.write("<testsuite name='s'><testcase name='a'/></testsuite>", to: "good.xml")
        try workspace.write("<testsuite name='s'><testcase name='b'><failure/></testcase></testsuite>", to: "bad.xml")
        try workspace.write("", to: "empty.xml")
    }

    @Test("a run whose damaged record is set aside is incomplete until its file comes again")
    func setAside() throws {
        try prepare()
        #expect(try calm("reports", "ingest", "good.xml", "bad.xml", "--run", "n1").exit == 0)
        try damage("reports", of: "bad.xml")
        #expect(try calm("store", "verify").exit == 1)
        for _ in 1...2 {
            let gate = try calm("reports", "gate")
            #expect(
                gate.exit == 1 && gate.output.contains("bad.xml: its record was damaged and is set aside"), "\(gate)")
            #expect(try calm("store", "rebuild-catalogue").exit == 0)
            #expect(try calm("store", "verify").exit == 0)
        }
        #expect(try calm("reports", "ingest", "bad.xml", "--run", "n1").exit == 0)
        let gate = try calm("reports", "gate")
        #expect(gate.exit == 1 && gate.output.contains("missed: new failures: 1"), "\(gate)")
        #expect(gate.output.contains("passed: complete reports: all 2"), "\(gate)")
        #expect(try calm("store", "verify").exit == 0)
    }

    @Test("a rebuilt catalogue without a damaged record answers with a warning, and judges no run that may lack it")
    func rebuilt() throws {
        try prepare()
        #expect(try calm("reports", "ingest", "good.xml", "empty.xml", "--run", "n1").exit == 2)
        try damage("reports/refused", of: "empty.xml")
        #expect(try calm("store", "rebuild-catalogue").exit == 5)
        let list = try calm("reports", "list")
        #expect(
            list.exit == 0 && list.output.contains("n1") && list.errors.hasPrefix("warning: the report's record"),
            "\(list)")
        let gate = try calm("reports", "gate")
        #expect(gate.exit == 5 && gate.errors.contains("the run can't be judged without a report"), "\(gate)")
        // What is ingested later lacks nothing.
        Thread.sleep(forTimeInterval: 2.5)
        #expect(try calm("reports", "ingest", "good.xml", "--run", "n2", "--gate").exit == 0)
        #expect(try calm("reports", "gate").exit == 0)
        #expect(try calm("reports", "gate", "n1").exit == 5)
    }
}
