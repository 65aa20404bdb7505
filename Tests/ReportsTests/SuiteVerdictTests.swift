import Catalogue
import Reports
import Testing

@Suite("What says of a whole suite that it failed") struct SuiteVerdictTests {
    private static let failing = [
        "<spec name='b' status='failed'/>", "<test name='b' ok='false'/>", "<item result='FAIL'/>",
        "<item><failure/></item>",
        "<status>failed</status>", "<result>FAILURE</result>", "<outcome value='error'/>",
        "<properties><property name='SuiteSucceeded' value='false'/></properties>",
        "<properties><property name='SuiteSucceeded'>false</property></properties>",
        "<properties><property name='SpecialSuiteFailureReason' value='Detected Programmatic Focus'/></properties>",
        "<properties><property name='exit_code' value='139'/></properties>",
        "<timeout/>", "<Failure/>", "<fault/>", "<aborted/>", "<rerunFailure/>", "<failures>1</failures>", "<failed/>",
        "<fail/>", "<err/>", "<unexpected/>", "<errors count='2'/>", "<crashes>yes</crashes>", "<incomplete/>",
        "<Error>could not load</Error>", "<errors><message>lost</message></errors>",
        "<properties><failure/></properties>",
    ]

    @Test("elements in it that are no cases, and properties", arguments: failing)
    func elements(element: String) throws {
        for xml in [
            "<testsuite name='s'><testcase name='a'/>\(element)</testsuite>",
            "<testsuites><testsuite name='s'><testcase name='a'/></testsuite>\(element)</testsuites>",
            "<testsuites><testsuite name='s'>\(element)<testcase name='a'/></testsuite></testsuites>",
        ] {
            let report = try ReadReport(xml)
            #expect(report.summary.errors + report.summary.failures == 1, "\(xml): \(report.lines)")
            #expect(try ReadReport.merged(xml).summary.errors + report.summary.failures >= 1)
        }
    }

    @Test(
        "attributes of it, and of a root of any name",
        arguments: [
            "status='failed'", "state='FAILED'", "ok='no'", "passed='false'", "exit-code='1'", "timeout='true'",
            "aborted='true'", "crashed='yes'",
        ])
    func attributes(attribute: String) throws {
        for xml in [
            "<testsuite name='s' \(attribute)><testcase name='a'/></testsuite>",
            "<results \(attribute)><testsuite name='s'><testcase name='a'/></testsuite></results>",
        ] {
            #expect(try ReadReport(xml).cases.map(\.status) == [.passed, .error], "\(xml)")
        }
    }

    @Test(
        "what is unknown is no pass",
        arguments: ["<testsuite name='s' status='exploded'>", "<testsuite name='s'><status>exploded</status>"])
    func unknown(start: String) throws {
        let report = try ReadReport("\(start)<testcase name='a'/></testsuite>")
        #expect(report.summary.incomplete.count == 1 && report.summary.incomplete[0].contains("exploded"), "\(report)")
    }

    @Test(
        "what says nothing of it raises no alarm",
        arguments: [
            "<status>passed</status>", "<spec name='b' status='passed'/>", "<note>failed</note>",
            "<item timeout='30'/>",
            "<properties><property name='SuiteSucceeded' value='true'/><property name='status' value='failed'/></properties>",
            "<system-out><spec status='failed'/></system-out>", "<result/>", "<failures>0</failures>", "<errors/>",
            "<timeout>30</timeout>", "<failed>false</failed>", "<warnings>3</warnings>", "<started/>",
            "<failures count='0'/>",
        ])
    func harmless(element: String) throws {
        let report = try ReadReport("<testsuite name='s' exit-code='0'><testcase name='a'/>\(element)</testsuite>")
        #expect(report.lines == ["s||a passed"] && report.summary.incomplete == [], "\(report)")
    }
}
