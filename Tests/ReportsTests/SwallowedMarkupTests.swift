import Catalogue
import Reports
import Testing

@Suite("Markup that was never closed") struct SwallowedMarkupTests {
    /// What the case `a` writes, and what ends it in the case `c`.
    static let openings: [(opening: String, ending: String)] = [
        ("<![CDATA[cut", "<![CDATA[ok]]>"), ("foo <!-- bar", "x --> y"), ("foo <?php bar", "x ?> y"),
    ]

    @Test("a section, comment or instruction that swallows a failing case doesn't hide it", arguments: openings)
    func swallowed(opening: String, ending: String) throws {
        let report = try ReadReport(
            """
            <testsuites><testsuite name="s"><testcase name="a"><system-out>\(opening)</system-out></testcase>\
            <testcase name="b"><failure message="m">t</failure></testcase>\
            <testcase name="c"><system-out>\(ending)</system-out></testcase></testsuite></testsuites>
            """)
        #expect(report.lines.contains("s||b failed"), "\(report.lines)")
        #expect(report.summary.warnings.contains { $0.contains("seems to have swallowed") }, "\(report.summary)")
    }

    @Test(
        "whole reports that a test prints, and cases that are commented out, are no suspicion",
        arguments: [
            "<testcase name='a'><system-out><![CDATA[<testsuite><testcase name='x'></testcase><testcase/></testsuite>]]></system-out></testcase>",
            "<testcase name='a'/><!-- <testcase name='x'><failure/></testcase> -->",
        ])
    func printed(cases: String) throws {
        let report = try ReadReport("<testsuites><testsuite name='s'>\(cases)</testsuite></testsuites>")
        #expect(report.lines == ["s||a passed"] && report.summary.incomplete.isEmpty, "\(report.summary)")
    }

    @Test("cases that are text of a suite make the report incomplete")
    func text() throws {
        let report = try ReadReport(
            "<testsuite name='s'><testcase name='a'/><![CDATA[<testcase name='b'><failure/></testcase>]]></testsuite>")
        #expect(report.summary.incomplete.count == 1, "\(report.summary)")
    }
}
