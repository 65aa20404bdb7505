import Catalogue
import Foundation
import Reports

/// A report as it is read from a file.
struct ReadReport {
    private(set) var cases: [TestCase] = []
    private(set) var summary = TestSummary()

    init(_ xml: String, root: String? = nil) throws { try self.init(Data(xml.utf8), root: root) }

    init(_ bytes: Data, name: String = "report.xml", root: String? = nil) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString).xml")
        defer { try? FileManager.default.removeItem(at: file) }
        try bytes.write(to: file)
        var cases: [TestCase] = []
        summary = try ReportReader.read(
            file, name: name, root: root, again: { cases = [] }, { cases.append($0) })
        self.cases = cases
    }

    /// `suite|class|name status`, and ` flaky`.
    var lines: [String] {
        cases.map { "\($0.suite)|\($0.className)|\($0.name) \($0.status.rawValue)\($0.isFlaky ? " flaky" : "")" }
    }

    /// What it is after it was merged alone.
    static func merged(_ xml: String) throws -> ReadReport {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString).xml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(xml.utf8).write(to: file)
        var merged = MergedReport()
        _ = try merged.add(file)
        return try ReadReport(merged.xml())
    }
}
