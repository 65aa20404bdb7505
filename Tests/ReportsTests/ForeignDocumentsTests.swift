import Artifacts
import Foundation
import Reports
import Testing

/// What reports say that excuses failures of another format beside them.
@Suite struct ForeignDocumentsTests {
    private func isRefused(_ text: String, file: String = "other.xml", _ failures: [ReportedFailure]) throws -> Bool {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString).xml")
        defer { try? FileManager.default.removeItem(at: url) }
        try Data(text.utf8).write(to: url)
        let root = try #require(text.firstMatch(of: /<([\w-]+)/)).1
        var documents = ForeignDocuments()
        documents.add(
            ReportInput(name: file, url: url, origin: "d", isNamed: false),
            RefusedReport(file: file, reason: "it is no JUnit report: its root element is '\(root)'", isForeign: true))
        return !documents.failing(beside: failures).isEmpty
    }

    private func failure(_ name: String, class className: String = "", file: String = "a.xml", counts: Bool)
        -> ReportedFailure
    {
        ReportedFailure(
            file: file, origin: "d", test: TestName(suite: "s", className: className, name: name), counts: counts)
    }

    private static func nunit(_ name: String, in suite: String = "K") -> String {
        "<test-run result='Failed' failed='1'><test-suite name='\(suite)'><test-case name='\(name)' result='Failed'/></test-suite></test-run>"
    }

    @Test("a failed case of its name does, old or quarantined as it may be")
    func named() throws {
        #expect(try !isRefused(Self.nunit("b"), [failure("b", counts: false)]))
        #expect(try !isRefused(Self.nunit("N.K.b"), [failure("b", class: "N.K", counts: false)]))
        #expect(try isRefused(Self.nunit("b"), [failure("old", counts: false)]))
        #expect(try isRefused(Self.nunit("ab"), [failure("b", counts: false)]))
        // Of another class.
        #expect(try isRefused(Self.nunit("b", in: "L"), [failure("b", class: "N.K", counts: false)]))
        #expect(try !isRefused(Self.nunit("b", in: "K"), [failure("b", class: "N.K", counts: false)]))
    }

    @Test("each case excuses one failure")
    func twice() throws {
        let two = "<test-run><test-case name='b' result='Failed'/><test-case name='b' result='Failed'/></test-run>"
        #expect(try isRefused(two, [failure("b", counts: false)]))
        #expect(try !isRefused(two, [failure("b", counts: false), failure("b", counts: false)]))
    }

    @Test("where only a number is known, as many failures do that a gate counts")
    func counted() throws {
        let document = "<test-run result='Failed' failed='1'/>"
        #expect(try isRefused(document, [failure("b", counts: false)]))
        #expect(try !isRefused(document, [failure("b", counts: true)]))
        #expect(try isRefused(document, []))
    }

    @Test("Failsafe's summary is of the reports in its folder")
    func summary() throws {
        let document = "<failsafe-summary><failures>1</failures></failsafe-summary>"
        let name = "x/failsafe-summary.xml"
        #expect(try !isRefused(document, file: name, [failure("b", file: "x/a.xml", counts: false)]))
        #expect(try isRefused(document, file: name, [failure("b", file: "y/a.xml", counts: false)]))
        #expect(
            try isRefused(
                document.replacing("1", with: "2"), file: name, [failure("b", file: "x/a.xml", counts: false)]))
    }
}
