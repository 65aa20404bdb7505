import Foundation
import Reports
import Testing

/// Files in which a writer put one report after the other, or left the root out.
struct SeveralRootsTests {
    private static let first = "<testsuite name='s' tests='1'><testcase name='a'/></testsuite>"
    private static let second =
        "<testsuite name='t' tests='1' errors='1'><testcase name='d'><error/></testcase></testsuite>"

    @Test(
        "every root of a file is read",
        arguments: [
            "\(first)\n\(second)", "<?xml version='1.0'?>\n\(first)\(second)\n",
            "<?xml version='1.0'?>\(first)\n<?xml version='1.0' encoding='UTF-8'?>\n<!DOCTYPE x>\n<testsuites>\(second)</testsuites>",
            "\u{FEFF}<?xml version='1.0'?>\(first)\n\u{FEFF}<?xml version='1.0'?>\(second)",
            "<testsuites>\(first)</testsuites>\(second)",
            "<testsuites>\(first)</testsuites><!-- -- -->\(second) bye <ok>",
            "\(first)\0\0\n\(second)",
        ])
    func roots(xml: String) throws {
        let read = try MendedReport(xml)
        #expect(read.cases == ["s|a passed", "t|d error"])
        #expect(read.summary.tests == 2 && read.summary.errors == 1)
        #expect(read.summary.incomplete == [])
        #expect(read.summary.warnings.contains { $0.contains("2 documents in one file, all of them read") })
    }

    @Test("cases without any root are read")
    func loose() throws {
        let read = try MendedReport("<testcase name='a'/>\n<testcase name='d'><error/></testcase>")
        #expect(read.cases == ["|a passed", "|d error"] && read.summary.incomplete == [])
    }

    @Test("a root that isn't closed before the next declaration is cut, and the next is read in its own suites")
    func cut() throws {
        let read = try MendedReport(
            "<?xml version='1.0'?><testsuites><testsuite name='s'><testcase name='a'/><?xml version='1.0'?>\(Self.second)"
        )
        #expect(read.cases == ["s|a passed", "t|d error"])
        #expect(read.summary.incomplete.contains { $0.contains("ended before its root element was closed") })
    }

    @Test("a mistake in one root costs the others nothing")
    func broken() throws {
        let broken =
            "<testsuite name='s'><testcase name='a'><system-out>in <module></system-out></testcase></testsuite>"
        let read = try MendedReport("\(broken)\(Self.second)\(broken.replacing("'s'", with: "'u'"))")
        #expect(read.cases == ["s|a passed", "t|d error", "u|a passed"])
    }

    @Test("a document without a suite is no report, however many of them there are")
    func foreign() {
        #expect(MendedReport.refusal("<html><br></html><html/>")?.contains("no JUnit report") == true)
        #expect(MendedReport.refusal("just <text>")?.contains("no JUnit report") == true)
    }
}
