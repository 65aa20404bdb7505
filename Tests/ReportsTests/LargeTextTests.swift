import Catalogue
import Foundation
import ProcessorTime
import Reports
import Testing

/// Texts of any size are read in bounded memory.
struct LargeTextTests {
    private static let size = 12_000_000
    private static let line = "log line of a verbose program & more\n"

    private static func text(_ unit: String) -> String { String(repeating: unit, count: size / unit.utf8.count) }

    /// A place that takes a text, and the text.
    private static let places: [(before: String, unit: String, after: String)] = [
        ("<system-out>", "log line of a verbose program\n", "</system-out>"), ("<system-out>", "ä€", "</system-out>"),
        ("<system-out>", "&lt;", "</system-out>"), ("<system-out>", "x", "</system-out>"),
        ("<system-out><![CDATA[", "log <line>\n", "]]></system-out>"),
        ("<system-out><![CDATA[", "]", "]]></system-out>"), ("<system-out>", ">", "</system-out>"),
        ("<system-out><![CDATA[", "<testcase name='x'><failure/></testcase>\n", "]]></system-out>"),
        ("<!-- ", "note ", "-->"), ("<?x ", "note ", "?>"),
        ("<properties><property name='p' value='", "v", "'/></properties>"),
        // Not well-formed.
        ("<system-out>in <module>", line, "</system-out>"), ("<system-out><![CDATA[ ]]> ", line, "]]></system-out>"),
        ("<system-out>", "<", "</system-out>"), ("<skipped message=\"", "say \"y\" ", "\"/>"),
    ]

    @Test("12 MB in one place cost no case", arguments: places.indices)
    func onePlace(number: Int) throws {
        let (before, unit, after) = Self.places[number]
        let read = try MendedReport(
            "<testsuites><testsuite name='s' tests='2' failures='1'><testcase name='a'>\(before)\(Self.text(unit))\(after)</testcase>"
                + "<testcase name='b'><failure message='m'/></testcase></testsuite></testsuites>")
        #expect(read.cases == ["s|a \(before.hasPrefix("<skipped") ? "skipped" : "passed")", "s|b failed"])
        #expect(read.summary.incomplete == [])
    }

    @Test("a long failure is kept by its beginning and its end, well-formed or not", arguments: ["", "<module>"])
    func failure(mistake: String) throws {
        let text = "first \(mistake)" + Self.text("x") + " last"
        let read = try MendedReport(
            "<testsuite name='s'><testcase name='a'><failure message='\(Self.text("y"))'>\(text)</failure></testcase></testsuite>"
        )
        let failure = try #require(read.items.first?.failures.first)
        #expect(failure.details.hasPrefix("first \(mistake)xxx") && failure.details.hasSuffix("xxx last"))
        #expect(failure.details.contains("bytes left out") && failure.details.utf8.count < 21_000)
        #expect(failure.message.hasPrefix("yyy") && failure.message.utf8.count < 5_000)
    }

    @Test(
        "memory doesn't grow with a text, whether the report is well-formed or not",
        arguments: [
            ("<testcase name='a'><system-out>", "</system-out></testcase>"),
            ("<testcase name='a'><system-out>in <module>", "</system-out></testcase>"),
            ("<properties><property name='p'>", "</property></properties><testcase name='a'/>"),
        ])
    func memory(before: String, after: String) async {
        // In a process of its own, since other tests take memory meanwhile.
        await #expect(processExitsWith: .success) { [start = before as String, end = after as String] in
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString).xml")
            defer { try? FileManager.default.removeItem(at: file) }
            try Data().write(to: file)
            let handle = try FileHandle(forWritingTo: file)
            try handle.write(contentsOf: Data("<testsuite name='s'>\(start)<![CDATA[".utf8))
            let piece = Data(String(repeating: "log line\n", count: 100_000).utf8)
            for _ in 0..<100 { try handle.write(contentsOf: piece) }
            try handle.write(
                contentsOf: Data("]]>\(end)<testcase name='b'><failure/></testcase></testsuite>".utf8)
            )
            try handle.close()
            func peak() throws -> Int {
                let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
                let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon") })
                return try #require(Int(line.filter(\.isNumber))) * 1024
            }
            let before = try peak()
            var after = before
            var names: [String] = []
            let add = { (item: TestCase) in
                names.append(item.name)
                after = max(after, try peak())
            }
            _ = try JUnitReader.read(file, again: { names = [] }, add)
            #expect(names == ["a", "b"])
            #expect(after - before < 80_000_000, "\(after - before) bytes more, for a text of 90 MB")
        }
    }

    @Test("elements nested too deep are read as if they were further out")
    func deep() throws {
        let read = try MendedReport(
            String(repeating: "<testsuite name='q'>", count: 1000) + "<testcase name='a'><failure/></testcase>")
        #expect(read.cases.count == 1 && read.cases[0].hasSuffix("|a failed") && !read.summary.incomplete.isEmpty)
        let blocks = String(repeating: "<block>", count: 400) + String(repeating: "</block>", count: 400)
        #expect(
            try MendedReport("<testsuite name='s'>\(blocks)<testcase name='a'/></testsuite>").cases == ["s|a passed"])
    }

    @Test(
        "hostile mistakes take time in proportion to their size",
        arguments: [
            "</x>", "<![CDATA[", "<system-out>", "<testcase name='u'><failure>x ",
            "<testsuite name='n'><testcase name='u'>", "<!--",
            "a=\"b\" ", "<testcase name=\"", "]]>", "<u v='w'>", "<testcase name='a'/></testsuite>", "&", "<failure>",
            "</testcase>", "</testsuites>", "<!-- <failure> ", "<![CDATA[ <failure> ",
        ])
    func hostile(unit: String) throws {
        let started = processorSeconds()
        let many = String(repeating: unit, count: 60_000 / unit.utf8.count)
        for (before, after) in [("", ""), ("<system-out>", "</system-out>"), ("<skipped message=\"", "\"/>")] {
            _ = try? MendedReport(
                "<testsuite name='s'><testcase name='a'>\(before)\(many)\(after)</testcase><testcase name='b'><failure/></testcase></testsuite>"
            )
        }
        #expect(processorSeconds() - started < 60)
    }
}
