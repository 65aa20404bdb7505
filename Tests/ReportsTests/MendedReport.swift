import Catalogue
import Foundation
import Reports

/// A report as it was read from bytes.
struct MendedReport {
    /// `suite|name status`, in order.
    private(set) var cases: [String] = []
    private(set) var items: [TestCase] = []
    private(set) var summary = TestSummary()

    init(_ bytes: Data) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString).xml")
        defer { try? FileManager.default.removeItem(at: file) }
        try bytes.write(to: file)
        var items: [TestCase] = []
        summary = try JUnitReader.read(file, again: { items = [] }, { items.append($0) })
        self.items = items
        cases = items.map { "\($0.suite)|\($0.name) \($0.status.rawValue)" }
    }

    init(_ xml: String) throws { try self.init(Data(xml.utf8)) }

    /// Why a file isn't read; nil if it is.
    static func refusal(_ xml: String) -> String? {
        do {
            _ = try MendedReport(xml)
            return nil
        } catch { return "\(error)" }
    }
}
