import Catalogue
import Reports
import Testing

@Suite("What is left of damaged tags") struct DamagedTagTests {
    @Test(
        "what is left of a damaged tag makes the report incomplete",
        arguments: [
            "<testcase name='b'>error/></testcase>", "<testcase name='b'><!failure/></testcase>",
            "<testcase name='b'><?failure/></testcase>", "<testcase name='b'>sult>failed</result></testcase>",
            "<testcase name='b' sta\"us='failed'/>", "<testcase name='b' class='tatus='failed'/>",
            "<testcase n<system-out>me='b'><result>failed</result></testcase>",
            "<test<skipped>case name='b'><result>failed</result></testcase>",
            "<<!DOCTYPEtestcase name='b' status='failed'/>",
            "<te<?tcase name='b' status='failed'/>", "<te a=\"stcase name='b' status='failed'/>",
            "<tstcase name='b'>failure>x</failure></testcase>",
            "<testcase name='b'><properties><property name=\"<failure message=\"m\" type=\"E\">x</failure></testcase>",
            "<testcase na<property name=\"me='b'><error/></testcase>",
            // A start tag became another element's, or its text.
            "<t<properties>estcase name='b'><result>failed</result></testcase>",
            "<system-out>testcase name='b' status='failed'/>",
            "<testca<system-out>se name='b'><result>failed</result></testcase>",
            "<testcase name='b'><<system-out>failure/>\n</testcase>",
            "<testcase name='b'><<skipped>error message='m'><![CDATA[x]]></error></testcase>",
            "<testcase name='b'><<system-out>esult>failed</result></testcase>",
            "<testcase name='b'><skipped><result>failed</result></testcase>",
            "<testcase name='b'><result<skipped>>failed</result></testcase>",
            "<property name=\"testcase name=\"b\"><result>failed</result></testcase>",
            "<test<property name=\"case name=\"b\"><result>failed</result></testcase>",
            "<tes</tcase name='b' status='failed'/>", "<testcas</e name='b' status='failed'/>",
            "<tes</testsuite>tcase name='b'><result>failed</result></testcase>",
            "<</testsuite>testcase name='b'><result>failed</result></testcase>",
            // An element of a verdict lost its end.
            "<testcase name='b'>=<result>failed</resu></testcase>",
            "<testcase name='b<result>failed</ressult></testcase>",
            "<testcase name='b'><result>fail<testcase name='n'/>ed</result></testcase>",
            "<testcase name='b'><result>fa<skipped/>iled</result></testcase>",
            // Text stands where no text can be.
            "<testcase name='b'>rror message='m'><![CDATA[x]]><=/error></testcase>",
            "<testcase name='b'><failure/><&/testcase><t/>stcase name='t'><skipped type='todo'/></testcase>",
        ])
    func leftovers(element: String) throws {
        let report = try MendedReport(
            "<testsuite name='s'>\(element)<testcase name='z'><skipped/></testcase></testsuite>")
        let isRead = report.summary.failures + report.summary.errors > 0
        #expect(isRead || !report.summary.incomplete.isEmpty, "\(element): \(report)")
    }

    @Test("a text that runs over cases that failed is doubted")
    func overrun() throws {
        let report = try MendedReport(
            "<testsuite name='s'><testcase name='a'><system-out>x</system<testcase name='n'>-out></testcase>"
                + "<testcase name='b'><error>x</error><sysem-out>y</system-out></testcase><testcase name='z'/></testsuite>"
        )
        #expect(report.summary.errors + report.summary.incomplete.count > 0, "\(report)")
    }

    @Test(
        "a mistake that hides nothing",
        arguments: [
            "<testcase name='b'/></testcase>", "<testcase name='b'><system-out>a &lt; b=\"c\" > d</testcase>",
            "<testcase name='b'><system-out><a href=\"x\">y</a><br/></testcase>",
            "<testcase name='List<String>'><system-out>1 & 2</system-out></testcase>",
            "<testcase name='b'><system-out>prints <testcase name='x'> here</system-out></testcase>",
            "<testcase name='b'><properties><property name=\"p\" value=\"a \"b\" c\"/></properties></testcase>",
        ])
    func harmless(element: String) throws {
        let report = try MendedReport("<testsuite name='s'>&\(element)<testcase name='z'/></testsuite>")
        #expect(report.summary.failures + report.summary.errors == 0, "\(report)")
        #expect(report.summary.incomplete == [], "\(report)")
        #expect(report.cases.count == 2, "\(report)")
    }
}
