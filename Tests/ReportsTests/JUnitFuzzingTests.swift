import Foundation
import Reports
import Testing

/// What fuzzing found.
struct JUnitFuzzingTests {
    /// libxml2 leaves a reader's document to whoever has asked for it: some 24 kB a report.
    @Test("reading a report leaves no memory behind")
    func leaks() async {
        // In a process of its own, since other tests take memory meanwhile.
        await #expect(processExitsWith: .success) {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString).xml")
            try Data("<testsuite name=\"s\"><testcase name=\"a\"/></testsuite>".utf8).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            func read(_ count: Int) throws {
                for _ in 0..<count { _ = try JUnitReader.read(file, again: {}, { _ in }) }
            }
            func pages() throws -> Int {
                let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
                return try #require(Int(text[1]))
            }
            try read(200)
            let before = try pages()
            try read(2000)
            let grown = try (pages() - before) * Int(getpagesize())
            #expect(grown < 10_000_000, "2000 reports left \(grown) bytes")
        }
    }

    @Test(
        "a report that is cut within a test case without attributes is read as far as it goes",
        arguments: ["<testsuite><testcase name=\"a\"/><testcase>", "<testsuite><testcase name=\"a\"/><testcase><t"])
    func cut(_ text: String) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString).xml")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let summary = try JUnitReader.read(file, again: {}, { _ in })
        #expect(summary.tests == 1 && !summary.warnings.isEmpty)
    }
}
