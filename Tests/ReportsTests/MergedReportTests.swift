import Artifacts
import Catalogue
import Foundation
import Reports
import Testing

/// Reports of real writers, read, merged and read again.
@Suite struct MergedReportTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures")
    static let fixtures = ["xctest", "swift-testing", "pytest", "surefire", "go", "jest", "dialects"]

    static func fixture(_ name: String) -> URL { folder.appendingPathComponent(name + ".xml") }

    /// A case with all that must survive: its times in milliseconds, as the schema lets them be.
    private static func lines(_ file: URL) throws -> [String] {
        var lines: [String] = []
        let add = { (item: TestCase) in
            let failures = item.failures.filter { !$0.message.isEmpty || !$0.details.isEmpty }.map {
                " !\($0.kind)[\($0.type)](\($0.message)|\($0.details)|\($0.shape))"
            }
            let time = item.seconds.map { " \(Int(($0 * 1000).rounded()))" } ?? ""
            lines.append(
                "\(item.suite)|\(item.className)|\(item.name) \(item.status.rawValue)\(item.isFlaky ? " flaky" : "")\(time)"
                    + failures.joined())
        }
        _ = try JUnitReader.read(file, again: { lines = [] }, add)
        return lines
    }

    private static func merge(_ files: [URL]) throws -> (xml: Data, tests: Int) {
        var merged = MergedReport()
        for file in files { _ = try merged.add(file) }
        return (merged.xml(), merged.summary.tests)
    }

    private static func withFile<Value>(_ xml: Data, _ body: (URL) throws -> Value) throws -> Value {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("merged-\(UUID().uuidString).xml")
        defer { try? FileManager.default.removeItem(at: file) }
        try xml.write(to: file)
        return try body(file)
    }

    private static let counts = [
        "xctest": 5, "swift-testing": 5, "pytest": 10, "surefire": 5, "go": 4, "jest": 4, "dialects": 9,
    ]

    @Test("every fixture has its cases", arguments: fixtures)
    func fixtureCount(name: String) throws {
        #expect(try Self.lines(Self.fixture(name)).count == Self.counts[name])
    }

    @Test("merged, every case is there as it was, alone and with all others", arguments: fixtures)
    func roundTrip(name: String) throws {
        let before = try Self.lines(Self.fixture(name))
        let (xml, tests) = try Self.merge([Self.fixture(name)])
        #expect(tests == before.count)
        try Self.withFile(xml) { (file: URL) throws in
            #expect(try Self.lines(file) == before)
            // Merged once more, nothing changes at all.
            #expect(try Self.merge([file]).xml == xml)
        }
    }

    @Test("merged together, the cases are those of all, in order; the counts are right")
    func together() throws {
        let files = Self.fixtures.map(Self.fixture)
        let before = try files.flatMap(Self.lines)
        let (xml, tests) = try Self.merge(files)
        #expect(tests == before.count)
        #expect(try Self.withFile(xml, Self.lines) == before)
        let text = String(decoding: xml, as: UTF8.self)
        #expect(text.contains("tests=\"\(before.count)\""))
    }

    @Test("output, properties and places of cases survive where Jenkins' schema has room for them")
    func extras() throws {
        let text = String(decoding: try Self.merge(Self.fixtures.map(Self.fixture)).xml, as: UTF8.self)
        for wanted in [
            "[[PROPERTY|owner=a &amp; b]]", "[[PROPERTY|file=a/b.rb]]\n[[PROPERTY|line=12]]\n[[PROPERTY|assertions=2]]",
            "[[PROPERTY|step]]\nfirst\nsecond\n[[/PROPERTY]]", "[[PROPERTY|attachment]]\n[[x]]\n[[/PROPERTY]]",
            "[[ATTACHMENT|shots/1.png]]", "<system-err>late words</system-err>",
            "<system-err>of the suite</system-err>",
            "shipping &lt;order&gt; &amp; more", "first try", "err of the second", "coverage: 71.4% of statements",
            "<property name=\"java.version\" value=\"21.0.4\"/>", "<property name=\"assertions\" value=\"7\"/>",
            "hostname=\"builder\"", "timestamp=\"2026-01-02T03:04:05Z\"", "file=\"src/cart.test.js\"",
            "time=\"1234.567\"", "<skipped/>", "second Cart &amp; more",
        ] { #expect(text.contains(wanted), "\(wanted)") }
    }

    @Test("what is merged is valid against Jenkins' schema", .enabled(if: isSchemaAvailable), arguments: fixtures)
    func schema(name: String) throws {
        #expect(try JUnitSchemaTests().complaint(about: Self.merge([Self.fixture(name)]).xml) == nil)
    }

    @Test("a rerun of no type has one where Jenkins' schema asks for it", .enabled(if: isSchemaAvailable))
    func untyped() throws {
        let kinds = ["flakyFailure", "flakyError", "rerunFailure", "rerunError"]
        let cases = kinds.map { "<testcase name='\($0)'><\($0) message='m'>t</\($0)></testcase>" }.joined()
        try Self.withFile(Data("<testsuite name='s'>\(cases)</testsuite>".utf8)) { (file: URL) throws in
            #expect(try JUnitSchemaTests().complaint(about: Self.merge([file]).xml) == nil)
        }
    }

    @Test("a refused report is said to be so")
    func refused() throws {
        try Self.withFile(Data("<html/>".utf8)) { (file: URL) throws in
            #expect(throws: RefusedReport.self) { _ = try Self.merge([file]) }
            return
        }
    }

    @Test("long names, texts and many failures stay whole")
    func long() throws {
        let name = String(repeating: "n", count: 5000)
        let text = String(repeating: "t", count: 50_000)
        let failures = (1...150).map { "<failure message='\($0)'/>" }.joined()
        let xml = "<testsuite><testcase name='\(name)'>\(failures)<failure>\(text)</failure></testcase></testsuite>"
        try Self.withFile(Data(xml.utf8)) { (file: URL) throws in
            let merged = String(decoding: try Self.merge([file]).xml, as: UTF8.self)
            #expect(merged.contains(name) && merged.contains(text) && merged.contains("message=\"150\""))
            let (before, after) = (try Self.lines(file), try Self.withFile(Data(merged.utf8), Self.lines))
            #expect(before.map { $0.prefix(4100) } == after.map { $0.prefix(4100) })
        }
    }
}
