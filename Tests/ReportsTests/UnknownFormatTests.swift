import Foundation
import Reports
import Testing

@Suite("Documents of formats that nobody has named") struct UnknownFormatTests {
    private func alarm(_ text: String) throws -> ForeignDocument.Alarm? {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString).xml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(text.utf8).write(to: file)
        let root = try #require(text.firstMatch(of: /<(?:\w+:)?([\w-]+)/))
        return ForeignDocument.alarm(in: file, root: String(root.1))
    }

    /// Documents with a `%` each, what stands there if a test failed, and what if it passed.
    static let twins: [(document: String, failed: String, passed: String)] = [
        // TAP::Harness, of Perl.
        ("<perltap><tests><test ok='%' num='1'/></tests></perltap>", "0", "1"),
        // SimpleTest, of PHP.
        (
            "<run><case><name>exception</name><test><name>fail</name>%</test></case></run>",
            "<exception>Unexpected</exception>", "<pass>ok</pass>"
        ),
        // Visual Studio 2005.
        (
            "<Tests><UnitTestResult><outcome><value__>%</value__></outcome><errorInfo/></UnitTestResult></Tests>", "1",
            "10"
        ),
        ("<Nodes><Node name='root'><Prop name='status' type='I' value='%'/></Node></Nodes>", "2", "0"),
        (
            "<SquishReport><test><verification><scriptedVerificationResult type='%'/></verification></test></SquishReport>",
            "FAIL", "PASS"
        ),
        ("<SquishReport><test><message type='%'><text>m</text></message></test></SquishReport>", "FATAL", "LOG"),
        (
            "<Catch2TestRun><TestCase name='b'>%</TestCase></Catch2TestRun>", "<Exception>boom</Exception>",
            "<OverallResult success='true'/>"
        ),
        (
            "<plist><dict><key>TestName</key><string>Error</string><key>TestStatus</key><string>%</string></dict></plist>",
            "Failure", "Success"
        ),
        ("<vcast><testcases><status>%</status></testcases></vcast>", "FAIL 2/4", "PASS 4/4"),
        ("<LDRA><TestCase><PassFail>%</PassFail></TestCase></LDRA>", "Fail", "Pass"),
        (
            "<valgrindoutput><status><state>RUNNING</state></status>%<errorcounts></errorcounts></valgrindoutput>",
            "<error><kind>InvalidRead</kind></error>", ""
        ),
        ("<testResults><httpSample s='%' lb='failed' rc='404'/></testResults>", "false", "true"),
        ("<c:testStepResult xmlns:c='u'><c:status>%</c:status></c:testStepResult>", "FAILED", "OK"),
        ("<mine><unit-test><success>%</success></unit-test></mine>", "0", "1"),
        ("<mine><unit-test name='a' isOk='%'/></mine>", "false", "true"),
        ("<mine><suite passed='0' failed='%' skipped='3'/></mine>", "1", "0"),
        ("<mine><suite><passed>0</passed><failed>%</failed><skipped>3</skipped></suite></mine>", "1", "0"),
        ("<selftest><check>%</check></selftest>", "<error>Boom</error>", ""),
        ("<selftest><check><errors>%</errors></check></selftest>", "<item>x</item>", ""),
        ("<selftest><check><error %/></check></selftest>", "code='1'", "nil='true'"),
        ("<selftest><check errorMessage='%'/></selftest>", "boom", ""),
        ("<unit-tests><property name='outcome' value='%'/></unit-tests>", "FAILED", "PASSED"),
        ("<unit-tests><field name='status'>%</field></unit-tests>", "FAILED", "PASSED"),
        ("<test_log><process>%</process></test_log>", "<crash signal='11'/>", "<exit/>"),
        ("<run><scenario verdict='%'/></run>", "KO", "OK"),
        (
            "<TestRun><FailedTests/><Statistics><FailuresTotal>%</FailuresTotal></Statistics></TestRun>", "1", "0"
        ),
    ]

    @Test("that say in their own words that tests failed", arguments: twins)
    func failed(document: String, failed: String, passed: String) throws {
        guard case .failed = try alarm(document.replacing("%", with: failed)) else {
            Issue.record("\(document) with \(failed) raises no alarm")
            return
        }
        #expect(try alarm(document.replacing("%", with: passed)) == nil, "\(document) with \(passed)")
    }

    @Test("what was said is told")
    func words() throws {
        #expect(try alarm("<tap><test ok='0'/></tap>") == .failed("<test ok='0'>"))
        #expect(try alarm("<a><test><b>crashed: 11</b></test></a>") == nil)
        #expect(try alarm("<a><test><c>crashed: 11</c></test></a>") == .failed("<c>crashed: 11</c>"))
    }

    @Test(
        "that are full of words of failure and say nothing of tests that failed",
        arguments: [
            "<results><errors><error severity='error' msg='failed'/></errors></results>",
            "<BugCollection><Errors errors='0' missingClasses='0'/></BugCollection>",
            "<issues><issue id='Error' severity='Error' message='failed'/></issues>",
            "<report><package name='test'><class name='ErrorTest'><method name='fail'/></class></package></report>",
            "<suite name='s'><test name='error'><classes><class name='k.FailTest'/></classes></test></suite>",
            "<web-app><error-page><exception-type>E</exception-type></error-page></web-app>",
            "<resources><string name='error'>Failed</string><string name='test_failed'>Failed</string></resources>",
            "<plan><test name='failed'><timeout>30</timeout><onError>stop</onError><expectedResult>failed</expectedResult></test></plan>",
            "<runs><test name='x' timeout='30'><timeout>5 min</timeout></test></runs>",
            "<mytests total='2' failed='0'><test name='error' result='ok'><log level='error'>Failed</log></test></mytests>",
            "<testreport><failed>0</failed><errors>0</errors><errors/><failures></failures></testreport>",
            "<settings><parameter name='test' value='error'/><onFailure>fail</onFailure></settings>",
        ])
    func harmless(text: String) throws { #expect(try alarm(text) == nil, "\(text)") }

    @Test(
        "that were cut off",
        arguments: [
            "<whatever><a>x</a><b", "<mine><a>1</a>", "<coverage><packages><pack", "<report><report><a/></report>",
            "<checkstyle><file name='x'></file>", "<tap><test ok='1'/><test",
        ])
    func cut(text: String) throws {
        guard case .cut = try alarm(text) else {
            Issue.record("\(text) raises no alarm")
            return
        }
    }

    @Test(
        "that are whole, though no XML, or may end without an end tag",
        arguments: ["<template>{% if x %}<a></template>", "<html><body><p>x<br>", "<coverage>&x;</coverage>"])
    func malformed(text: String) throws { #expect(try alarm(text) == nil, "\(text)") }

    @Test("about tests that can't be read to their end")
    func unreadable() throws {
        guard case .cut = try alarm("<mine><test>&</test></mine>") else {
            Issue.record("no alarm")
            return
        }
        #expect(try alarm("<mine><test ok='no'/>&</mine>") == .failed("<test ok='no'>"))
    }

    @Test("behind a line feed, which no declaration may be")
    func lineFeed() throws {
        #expect(
            try alarm("\u{FEFF}\n<?xml version='1.0'?><tests><test status='3'/></tests>")
                == .failed("<test status='3'>"))
    }
}
