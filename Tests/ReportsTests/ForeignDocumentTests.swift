import Foundation
import Reports
import Testing

@Suite("Documents of other formats") struct ForeignDocumentTests {
    private func alarm(_ text: String) throws -> ForeignDocument.Alarm? { try finding(text)?.alarm }

    private func finding(_ text: String) throws -> ForeignDocument.Finding? {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString).xml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(text.utf8).write(to: file)
        let root = try #require(text.firstMatch(of: /<(?:\w+:)?([\w-]+)/))
        return ForeignDocument.finding(in: file, root: String(root.1))
    }

    @Test(
        "that say of tests that they failed",
        arguments: [
            (
                "<TestCase name='t'><TestFunction><Incident type='fail'/></TestFunction></TestCase>",
                "Incident type='fail'"
            ),
            ("<TestCase name='t'><Incident type='xpass'/></TestCase>", "Incident type='xpass'"),
            (
                "<testng-results failed='0'><test-method status='FAIL' is-config='true'/></testng-results>",
                "test-method status='FAIL'"
            ),
            ("<TestRun><FailedTests><FailedTest id='1'/></FailedTests></TestRun>", "FailedTest"),
            (
                "<TestRun><Statistics><FailuresTotal>1</FailuresTotal></Statistics></TestRun>",
                "FailuresTotal>1</FailuresTotal"
            ),
            (
                "<CUNIT_TEST_RUN_REPORT><CUNIT_RUN_TEST_FAILURE/></CUNIT_TEST_RUN_REPORT>", "CUNIT_RUN_TEST_FAILURE"
            ),
            (
                "<CUNIT_TEST_RUN_REPORT><FAILED> 2 </FAILED></CUNIT_TEST_RUN_REPORT>", "FAILED>2</FAILED"
            ),
            ("<robot><suite><test><status status='FAIL'/></test>", "status status='FAIL'"),
            (
                "<TestRun><ResultSummary outcome='Completed'/><RunInfo outcome='Error'/></TestRun>",
                "RunInfo outcome='Error'"
            ),
            ("<TestRun><UnitTestResult outcome='Timeout'/></TestRun>", "UnitTestResult outcome='Timeout'"),
            (
                "<e:events xmlns:e='u'><e:finished><result status='FAILED'/></e:finished></e:events>",
                "result status='FAILED'"
            ),
            ("<test-run><test-suite><test-case result='Failed'/></test-suite></test-run>", "test-case result='Failed'"),
            ("<failsafe-summary><failures>1</failures></failsafe-summary>", "failures>1</failures"),
            ("<FitNesse><counts><wrong>1</wrong></counts></FitNesse>", "wrong>1</wrong"),
            ("<report-of-mine><verdict>Failed</verdict></report-of-mine>", "verdict>Failed</verdict"),
            (
                "<SquishReport><test><verification><result type='FAIL'/></verification></test></SquishReport>",
                "result type='FAIL'"
            ),
            ("<report><activity result='Failed'/></report>", "activity result='Failed'"),
            ("<TestCase><Message type='qfatal'/></TestCase>", "Message type='qfatal'"),
            ("<Catch><TestCase><FatalErrorCondition/></TestCase></Catch>", "FatalErrorCondition"),
            ("<run><test><fail>x</fail></test></run>", "fail"),
            ("<Site><Testing><Test Status='failed'/></Testing></Site>", "Test Status='failed'"),
            (
                "<Site><Configure><ConfigureStatus>1</ConfigureStatus></Configure></Site>",
                "ConfigureStatus>1</ConfigureStatus"
            ),
            (
                "<Site><Test Status='notrun'><NamedMeasurement><Value>Unable to find executable: /x</Value></NamedMeasurement></Test></Site>",
                "Value>Unable to find executable: /x</Value"
            ),
            (
                "<JTReport><TestResult url='u' status='Failed. Execution failed: exit 1'/></JTReport>",
                "TestResult status='Failed. Execution failed: exit 1'"
            ),
            ("<Environment/><TestFunction name='a'><Incident type='fail'/></TestFunction>", "Incident type='fail'"),
            ("<cxxtest-runner><cxxtest-failure line='1'/></cxxtest-runner>", "cxxtest-failure"),
            ("<Result><Module name='m' done='false'/></Result>", "Module done='false'"),
            ("<tests><test status='3'/></tests>", "test status='3'"),
            ("<doctest><TestCase><Exception crash='true'/></TestCase></doctest>", "Exception crash='true'"),
            ("<report success='notok'/>", "report success='notok'"),
        ])
    func failed(text: String, said: String) throws {
        #expect(try alarm(text) == .failed("<\(said)>"), "\(text)")
    }

    @Test(
        "in which an outcome or an end is missing",
        arguments: [
            (
                "<TestRun><UnitTestResult testName='b'><Output><ErrorInfo/></Output></UnitTestResult></TestRun>",
                "<UnitTestResult> without outcome"
            ),
            (
                "<e:events xmlns:e='u'><e:started id='1'/><e:started id='2'/><e:finished id='1'/></e:events>",
                "<started id='2'>, which has no end"
            ),
        ])
    func missing(text: String, said: String) throws {
        #expect(try alarm(text) == .failed(said))
    }

    @Test(
        "of test tools that were cut off",
        arguments: ["<test-run><test-suite", "<robot><suite>", "<TestRun><Results></TestRun>"])
    func cut(text: String) throws {
        guard case .cut = try alarm(text) else {
            Issue.record("\(text) raises no alarm")
            return
        }
    }

    @Test(
        "that raise no alarm",
        arguments: [
            "<TestCase name='t'><Incident type='pass'/><Incident type='bfail'/><Message type='qwarn'/></TestCase>",
            "<robot><test><kw><status status='FAIL'/></kw><status status='PASS'/></test></robot>",
            "<TestRun><FailedTests/><Statistics><FailuresTotal>0</FailuresTotal></Statistics></TestRun>",
            "<TestRun><UnitTestResult outcome='NotExecuted'/><RunInfo outcome='Warning'/></TestRun>",
            "<e:events xmlns:e='u'><result status='ABORTED'/></e:events>",
            "<Catch><TestCase><Expression success='false'/><OverallResult success='true'/></TestCase></Catch>",
            "<html><br><failure/>", "<template>{% if x %}<a></template>",
            "<checkstyle><error severity='error'/></checkstyle>",
            "<TestRun><UnitTestResult outcome='NotExecuted'><Output><ErrorInfo/></Output></UnitTestResult></TestRun>",
            "<e:events xmlns:e='u'><e:started id='1'/><e:finished id='1'><result status='SUCCESSFUL'/></e:finished></e:events>",
            "<Site><Test Status='notrun'><NamedMeasurement><Value>Disabled</Value></NamedMeasurement></Test></Site>",
            "<Site><Test Status='passed'><Measurement><Value>Failed to open x</Value></Measurement></Test></Site>",
            "<Site><Configure><ConfigureStatus>0</ConfigureStatus></Configure></Site>",
            "<JTReport><TestResult status='Passed. Execution successful'/></JTReport>",
            "<Environment/><TestFunction name='a'><Incident type='pass'/></TestFunction>",
            "<Result><Module name='m' done='true'/></Result>", "<tests><test status='0'/><test status='1'/></tests>",
            "<doctest><TestCase><Exception crash='false'/></TestCase></doctest>", "<run><on-failure do='stop'/></run>",
            "<project><build status='failed'/></project>", "<report><counter missed='3'/></report>",
            "<Configuration status='error'/>",
            "<assemblies><assembly failed='0'><errors/></assembly></assemblies>",
        ])
    func harmless(text: String) throws {
        #expect(try alarm(text) == nil, "\(text)")
    }

    @Test(
        "count each failed test once, however often they say it",
        arguments: [
            (
                """
                <test-run failed='2' result='Failed'><test-suite result='Failed'><test-suite result='Failed'>
                <test-case result='Failed'><failure/><assertions><assertion result='Failed'/><assertion result='Failed'/>
                </assertions></test-case><test-case result='Failed'><failure/></test-case><test-case result='Passed'/>
                </test-suite></test-suite></test-run>
                """, 2
            ),
            (
                """
                <robot><suite><suite><test><kw><status status='FAIL'/></kw><status status='FAIL'/></test><status status='FAIL'/>
                </suite><status status='FAIL'/></suite><statistics><total><stat pass='0' fail='1'/></total><tag>
                <stat pass='0' fail='1'/></tag></statistics></robot>
                """, 1
            ),
            (
                """
                <assemblies><assembly failed='1' errors='0'><collection failed='1'><test result='Fail'><failure/></test>
                </collection></assembly><assembly failed='1'><collection failed='1'><test result='Fail'/></collection></assembly>
                </assemblies>
                """, 2
            ),
            (
                """
                <testng-results failed='3'><suite><test name='x'><class><test-method status='FAIL'/><test-method status='FAIL'/>
                <test-method status='PASS'/></class></test></suite></testng-results>
                """, 2
            ),
            (
                """
                <TestRun><Results><UnitTestResult outcome='Failed'><Output><ErrorInfo/></Output></UnitTestResult></Results>
                <ResultSummary outcome='Failed'><Counters failed='1'/></ResultSummary></TestRun>
                """, 1
            ),
            (
                """
                <TestCase name='c'><TestFunction name='a'><Incident type='fail'/><Incident type='fail'/></TestFunction>
                <TestFunction name='b'><Incident type='xpass'/></TestFunction></TestCase>
                """, 2
            ),
            ("<TestLog><TestSuite><TestCase><Error>x</Error><Error>y</Error></TestCase></TestSuite></TestLog>", 1),
            ("<Catch><TestCase><Expression success='false'/><OverallResult success='false'/></TestCase></Catch>", 1),
            ("<failsafe-summary><failures>3</failures><errors>1</errors></failsafe-summary>", 3),
            ("<testng-results failed='4'/>", 4), ("<mine><test ok='0'/><test ok='1'/><test ok='0'/></mine>", 2),
            ("<Environment/><TestFunction name='a'><Incident type='fail'/></TestFunction>", 1),
        ])
    func counted(text: String, count: Int) throws { #expect(try finding(text)?.failures == count, "\(text)") }

    @Test("count nothing for certain where the end is missing")
    func uncounted() throws {
        let found = try finding("<test-run><test-case result='Failed'/>")
        #expect(found?.alarm == .failed("<test-case result='Failed'>") && found?.failures == nil)
    }
}
