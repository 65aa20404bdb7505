import Foundation
import Reports
import Testing

/// Reports whose writer was killed.
struct CutReportTests {
    private static let whole = """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites><testsuite name="s" tests="4"><testcase name="a"/>
        <testcase name="b"><failure message="boom">tr<ace</failure></testcase>
        <testcase name="c"><system-out><![CDATA[x]]></system-out></testcase>
        <!-- note --><testcase name="d"><skipped/></testcase></testsuite></testsuites>
        """

    @Test(
        "wherever a report is cut off, what was whole is read, nothing passes for having no failure yet, and it is incomplete"
    )
    func everywhere() throws {
        let ends = ["<testcase name=\"a\"/>", "<failure", "</system-out></testcase>", "<skipped/>"]
        let places = try ends.map { try #require(Self.whole.range(of: $0)).upperBound }
        for count in 5..<Self.whole.utf8.count {
            let text = Self.whole.prefix(count)
            let read = try MendedReport(String(text))
            let wanted = ["s|a passed", "s|b failed", "s|c passed", "s|d skipped"]
            let there = zip(places, wanted).filter { $0.0 <= text.endIndex }.map(\.1)
            // The case that the file ends within may be there with its result.
            #expect(read.cases.starts(with: there), "cut after \(count) bytes: \(read.cases)")
            #expect(read.cases.count <= there.count + 1 && wanted.starts(with: read.cases), "\(count): \(read.cases)")
            #expect(!read.summary.incomplete.isEmpty, "cut after \(count) bytes")
            #expect(read.summary.tests == read.cases.count)
        }
        #expect(try MendedReport(Self.whole).summary.incomplete == [])
    }

    @Test("the case that a file ends within is named")
    func named() throws {
        let read = try MendedReport("<testsuite name='s'><testcase name='a'/><testcase name='b'><system-out>hel")
        #expect(read.cases == ["s|a passed"])
        #expect(read.summary.incomplete.contains("the file ends within the test case 'b', which is left out"))
    }
}
