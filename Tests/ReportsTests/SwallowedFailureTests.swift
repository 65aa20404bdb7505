import Catalogue
import Reports
import Testing

@Suite("Failures whose markup is damaged, or that stand where they are easily lost") struct SwallowedFailureTests {
    @Test(
        "a mistake in front of a result doesn't hide it",
        arguments: [
            #"<testcase name="b"<failure/></testcase>"#,
            #"<testcase name="b" time="0.2"<failure message="m">t "quoted" x</failure></testcase>"#,
            #"<testcase name="b" time="0.2<failure message="m"/></testcase>"#,
            #"<testcase name="b" time="0.2<error type="E" message="m">t</error></testcase>"#,
            "<testcase name='bad\n<failure>t</failure></testcase>",
            #"<testcase name="b">failure message="m">t</failure></testcase>"#,
            #"<testcase name="b"></failure></testcase>"#, #"<testcase name="b"></error></testcase>"#,
            #"<testcase name="b"><skipped message="x><failure/></testcase>"#,
            #"<testcase name="b"><skipped><failure message="m"></testcase>"#,
            #"<testcase name="b"<skipped/>><failure>x</failure></testcase>"#,
            #"<testcase na<skipped/>me="b" tim.2"><failure><![CDATA[x]]></failure></testcase>"#,
            #"<testcase name="b"><failure>x</failure><system-err>y</system-er<skipped/>></testcase>"#,
            #"<testcase name="b"><failure>x</failu<skipped/>re></testcase>"#,
            #"<testcase name="b"><skipped/></testcasetestcase><failure>x</failure></testcase>"#,
        ])
    func mistakes(element: String) throws {
        let xml = "<testsuite name='s'>\(element)<testcase name='z'/></testsuite>"
        let report = try MendedReport(xml)
        #expect(report.summary.failures + report.summary.errors == 1, "\(xml): \(report.cases)")
        #expect(report.cases.last == "s|z passed" && report.cases.count == 2, "\(report.cases)")
        #expect(try ReadReport.merged(xml).summary.failures + ReadReport.merged(xml).summary.errors == 1)
    }

    @Test(
        "nor one in a suite's or the root's own tag",
        arguments: [
            #"<testsuite name="s" time="1"<error/><testcase name="a"/></testsuite>"#,
            #"<testsuites name="x"<failure/><testsuite name="s"><testcase name="a"/></testsuite></testsuites>"#,
        ])
    func suites(xml: String) throws {
        let report = try MendedReport(xml)
        #expect(report.summary.failures + report.summary.errors == 1, "\(report.cases)")
    }

    @Test(
        "tags in names are names",
        arguments: [
            #"name="reads "<failure>" tags""#, #"name="a <failure> b""#, #"name="x <error message='m'/> y" time="1""#,
            #"name="'<testcase>' is one""#,
        ])
    func names(attributes: String) throws {
        let report = try MendedReport("<testsuite name='s'>&<testcase \(attributes)/><testcase name='z'/></testsuite>")
        #expect(report.summary.failures + report.summary.errors == 0 && report.cases.count == 2, "\(report.cases)")
    }

    private static let failing = "<testsuite name='b'><testcase name='b'><failure/></testcase></testsuite>"
    private static let passing = "<testsuite name='a'><testcase name='a'/></testsuite>"

    @Test("a report behind another document is read, merged too")
    func behind() throws {
        for (front, isIncomplete) in [
            ("<coverage><line/></coverage>", false), ("<project/>", false), ("<robot/>", true),
        ] {
            let report = try MendedReport(front + Self.failing)
            #expect(report.cases == ["b|b failed"] && report.summary.incomplete.isEmpty == !isIncomplete, "\(report)")
            #expect(try ReadReport.merged(front + Self.failing).lines == ["b||b failed"])
        }
        #expect(MendedReport.refusal("<coverage/><line/>")?.contains("root element is 'coverage'") == true)
    }

    @Test("a report in front of one of another test tool is incomplete")
    func inFront() throws {
        let report = try MendedReport(Self.passing + "<test-run result='Failed'/>")
        #expect(report.summary.incomplete == ["a document of another format in the file isn't read: NUnit 3"])
        #expect(try MendedReport(Self.passing + "<coverage/>").summary.incomplete == [])
    }

    @Test(
        "what denies that a case passed",
        arguments: [
            "<success>false</success>", "<passed>no</passed>", "<ok>0</ok>", "<pass value='false'/>",
            "<results status='failed'/>", "<attempts result='FAIL'/>",
        ])
    func denied(element: String) throws {
        let xml = "<testsuite name='s'><testcase name='a'>\(element)</testcase></testsuite>"
        #expect(try ReadReport(xml).cases.map(\.status) == [.failed], "\(element)")
        #expect(try ReadReport.merged(xml).cases.map(\.status) == [.failed], "\(element)")
    }

    @Test(
        "what affirms it",
        arguments: ["<success/>", "<success>true</success>", "<ok>1</ok>", "<results status='passed'/>"])
    func affirmed(element: String) throws {
        let report = try ReadReport("<testsuite name='s'><testcase name='a'>\(element)</testcase></testsuite>")
        #expect(report.cases.map(\.status) == [.passed] && report.summary.warnings == [], "\(report)")
    }

    @Test(
        "of a suite that isn't complete",
        arguments: [
            "<testsuite name='s' complete='false'><testcase name='a'/>",
            "<testsuite name='s' finished='no'><testcase name='a'/>",
            "<testsuite name='s' unexpectedFailures='1'><testcase name='a'/>",
            "<testsuite name='s'><testcase name='a'/><load-error message='m'/>",
            "<testsuite name='s'><suite-error/><testcase name='a'/>",
            "<testsuite name='s'><testcase name='a' stacktrace='at x'/>",
        ])
    func incomplete(start: String) throws {
        #expect(try ReadReport(start + "</testsuite>").summary.errors == 1, "\(start)")
    }

    @Test("a suite that declares more passed tests than it holds is incomplete")
    func passes() throws {
        let report = try ReadReport("<testsuite name='s' passed='5'><testcase name='a'/></testsuite>")
        #expect(report.summary.incomplete == ["the suite 's' declares 5 passed tests, but holds 1"])
    }

    /// In the place of what a test prints at the end of its first case.
    private static func damaged(_ start: String, _ rest: String) -> String {
        "<testsuites><testsuite name='s'><testcase name='a'>\(start)\(rest)</testsuite></testsuites>"
    }

    @Test(
        "a section that begins in a damaged tag hides no failure, nor does a comment",
        arguments: [
            ("<system-out>hi</system<![CDATA[-out></testcase>", "]]>"),
            ("<skipped me<![CDATA[ssage='m'/></testcase>", "]]>"),
            ("<system-out>hi</system<!---out></testcase>", "-->"), ("</test<!--case>", "-->"),
            ("</test<![CDATA[case>", "]]>"),
        ])
    func sections(start: String, end: String) throws {
        let behind = "<testcase name='z'><system-out><![CDATA[abc]]></system-out></testcase>"
        for rest in [
            "<testcase name='b'><failure><![CDATA[x]]></failure></testcase>",
            "<testcase name='b'><failure>x</failure></testcase>\(behind)",
            "<testcase name='b'><error/></testcase><system-out>x \(end) y</system-out>",
        ] {
            let report = try MendedReport(Self.damaged(start, rest))
            let isRead = report.summary.failures + report.summary.errors > 0
            #expect(isRead || !report.summary.incomplete.isEmpty, "\(start), \(rest): \(report)")
        }
    }

    @Test(
        "what is printed in a broken report stays text",
        arguments: [
            "<system-out><![CDATA[prints <failure> and </testcase>]]></system-out>",
            "<system-out>1 <![CDATA[<testsuite><testcase name='x'><failure/></testcase></testsuite>]]> 2</system-out>",
            "<!-- <testcase name='x'><failure/></testcase> -->",
        ])
    func printed(element: String) throws {
        let report = try MendedReport("<testsuite name='s'>&<testcase name='a'>\(element)</testcase></testsuite>")
        #expect(report.cases == ["s|a passed"] && report.summary.incomplete == [], "\(report)")
    }
}
