import Catalogue
import Foundation
import Reports
import Testing

@Suite("What words and elements say of a case") struct JUnitWordsTests {
    private func status(_ testCase: String) throws -> (TestStatus, flaky: Bool, warnings: [String]) {
        let report = try ReadReport("<testsuite name='s'>\(testCase)</testsuite>")
        #expect(report.cases.count == 1)
        let merged = try ReadReport.merged("<testsuite name='s'>\(testCase)</testsuite>").cases
        #expect(merged.map(\.status) == report.cases.map(\.status))
        #expect(merged.map(\.isFlaky) == report.cases.map(\.isFlaky))
        return (report.cases[0].status, report.cases[0].isFlaky, report.summary.warnings)
    }

    private static let attributesRows: [(String, TestStatus)] = [
        // GoogleTest, CTest.
        ("status='run' result='completed'", .passed), ("status='notrun' result='suppressed'", .skipped),
        ("status='run' result='skipped'", .skipped), ("status='fail'", .failed), ("status='disabled'", .skipped),
        // NUnit.
        ("result='Success' executed='True' success='True'", .passed), ("result='Failure' success='False'", .failed),
        ("result='Error' executed='True' success='False'", .error), ("result='Ignored' executed='False'", .skipped),
        ("result='Inconclusive' executed='True' success='False'", .skipped), ("executed='False'", .skipped),
        ("success='false'", .failed), ("success='0'", .failed), ("success='1'", .passed), ("success='no'", .failed),
        ("result='NotRunnable'", .error), ("result='Cancelled'", .error),
        // Spellings.
        ("status='errored'", .error), ("status='skip'", .skipped), ("result='Skip'", .skipped),
        ("status='not_run'", .skipped), ("status='Not Run'", .skipped), ("status='NOT-RUN'", .skipped),
        ("status=' Failed '", .failed), ("STATUS='FAILED'", .failed), ("test-result='fail'", .failed),
        // Azure and Visual Studio.
        ("outcome='Passed'", .passed), ("outcome='NotExecuted'", .skipped), ("outcome='Aborted'", .error),
        ("outcome='Timeout'", .error), ("outcome='Blocked'", .error), ("outcome='PassedButRunAborted'", .error),
        // Robot, behave, Jest, Playwright, DejaGnu, TeamCity, Katalon, Allure.
        ("status='PASS'", .passed), ("status='FAIL'", .failed), ("status='SKIP'", .skipped),
        ("status='undefined'", .error), ("status='untested'", .skipped), ("status='hook_error'", .error),
        ("status='todo'", .skipped), ("status='pending'", .skipped), ("status='timedOut'", .error),
        ("status='interrupted'", .error), ("status='unexpected'", .failed), ("result='UNRESOLVED'", .error),
        ("result='XPASS'", .failed), ("result='XFAIL'", .skipped), ("status='muted'", .skipped),
        ("status='INCOMPLETE'", .error), ("status='broken'", .error), ("status='REGRESSION'", .failed),
        ("result='bfail'", .skipped), ("result='bpass'", .passed), ("state='success'", .passed),
        // Flags.
        ("ignored='true'", .skipped), ("incomplete='true'", .error), ("ignored='false' incomplete='false'", .passed),
        ("disabled='waits for the new disk'", .skipped), ("failed='true'", .failed),
        ("failures='0' errors='2'", .error),
        ("failure='it broke'", .failed), ("completed='false'", .error), ("skipped='1'", .skipped),
        ("skipped='0'", .passed),
        ("ok='no'", .failed), ("ok='yes'", .passed), ("pass='false'", .failed), ("isPassed='False'", .failed),
        ("exit-code='1'", .failed), ("exitCode='0'", .passed), ("returncode='-11'", .failed), ("signal='11'", .error),
        ("failure-message='x'", .failed), ("errorMessage=''", .passed), ("failedAssertions='2'", .failed),
        ("timeout='true'", .failed), ("timeout='30'", .passed), ("broken='no'", .passed),
        ("regression='true'", .passed),
        // The gravest counts.
        ("status='run' result='failed'", .failed), ("status='skipped' result='error'", .error),
        // Nothing is said.
        ("status=''", .passed), ("result='' flaky=''", .passed),
    ]

    @Test("known words in attributes", arguments: attributesRows.indices)
    func attributes(number: Int) throws {
        let (attributes, expected) = Self.attributesRows[number]
        let found = try status("<testcase name='a' \(attributes)/>")
        #expect(found.0 == expected && !found.flaky, "\(attributes)")
        #expect(found.warnings == [])
    }

    @Test(
        "what is flaky passed in the end",
        arguments: [
            ("flaky='true'", TestStatus.passed, true), ("flaky='2'", .passed, true), ("flaky='false'", .passed, false),
            ("status='flaky'", .passed, true), ("flaky='true' status='failed'", .failed, false),
        ])
    func flaky(attributes: String, expected: TestStatus, isFlaky: Bool) throws {
        let found = try status("<testcase name='a' \(attributes)/>")
        #expect(found.0 == expected && found.flaky == isFlaky)
    }

    private static let elementsRows: [(String, TestStatus)] = [
        ("<aborted message='Assumption failed'/>", .skipped), ("<skip/>", .skipped), ("<ignored/>", .skipped),
        ("<disabled/>", .skipped), ("<notrun/>", .skipped), ("<not-run/>", .skipped), ("<pending/>", .skipped),
        ("<todo/>", .skipped), ("<incomplete/>", .skipped), ("<risky/>", .skipped),
        ("<warning>no tests</warning>", .failed),
        ("<Failure/>", .failed), ("<failed/>", .failed), ("<systemError/>", .error), ("<crash/>", .error),
        ("<timeout/>", .error), ("<exception/>", .error), ("<rerunFailure/>", .failed), ("<retry/>", .passed),
        ("<flakyError/>", .passed),
        ("<status>failed</status>", .failed), ("<result>Skipped</result>", .skipped),
        ("<outcome value='error'/>", .error),
        ("<status>passed</status>", .passed), ("<step status='failed'/>", .failed),
        ("<details><failure/></details>", .failed), ("<given status='passed'/><then result='FAIL'/>", .failed),
        (
            "<properties><property name='failure' value='x'/></properties><system-out/><attachments><attachment/></attachments>"
                + "<tags><tag/></tags><traits/><output/><requirements/><description/><metadata/><steps/><assertions/><webLink/>",
            .passed
        ),
    ]

    @Test(
        "a test that CTest could not start failed; one that was skipped was skipped",
        arguments: [
            ("Unable to find executable: a", TestStatus.error), ("Required Files Missing", .error),
            ("Fixture dependency failed", .error), ("SKIP_RETURN_CODE=77", .skipped), ("", .skipped),
        ])
    func notRun(message: String, expected: TestStatus) throws {
        let skip = "<skipped message='\(message)'/>"
        #expect(try status("<testcase name='a' status='notrun'>\(skip)</testcase>").0 == expected)
        #expect(try status("<testcase name='a'>\(skip)</testcase>").0 == .skipped)
    }

    @Test("known elements, and those that say nothing", arguments: elementsRows.indices)
    func elements(number: Int) throws {
        let (elements, expected) = Self.elementsRows[number]
        let found = try status("<testcase name='a'>\(elements)</testcase>")
        #expect(found.0 == expected, "\(elements)")
        #expect(found.warnings == [])
    }

    private static let unknownRows: [(xml: String, named: String)] = [
        ("<testcase name='a' status='odd'/>", "status='odd'"), ("<testcase name='a' result='4'/>", "result='4'"),
        ("<testcase name='a' success='perhaps'/>", "success='perhaps'"),
        ("<testcase name='a' executed='partly'/>", "executed='partly'"),
        ("<testcase name='a' flaky='somewhat'/>", "flaky='somewhat'"),
        ("<testcase name='a'><foo/></testcase>", "<foo>"),
        ("<testcase name='a'><foo>text<bar/></foo></testcase>", "<foo>"),
        ("<testcase name='a'><status>odd</status></testcase>", "<status>='odd'"),
        ("<testcase name='a'><result/></testcase>", "<result>"),
    ]

    @Test("what is unknown is an error, and named", arguments: unknownRows.indices)
    func unknown(number: Int) throws {
        let (xml, named) = Self.unknownRows[number]
        let found = try status(xml)
        #expect(found.0 == .error && !found.flaky)
        #expect(found.warnings == ["1 test case with an unknown outcome, never taken for passed: \(named)"])
    }

    @Test("what is unknown changes nothing where something else tells the outcome")
    func unknownBesides() throws {
        #expect(try status("<testcase name='a' status='odd'><skipped/></testcase>").0 == .skipped)
        #expect(try status("<testcase name='a'><foo/><failure/></testcase>").0 == .failed)
        #expect(try status("<testcase name='a'><foo><failure/></foo></testcase>").0 == .failed)
    }

    private static let bothRows: [(xml: String, TestStatus)] = [
        ("<testcase name='a' failure='m'><skipped type='todo'/><failure message='m'/></testcase>", .skipped),
        ("<testcase name='a'><failure/><skipped/></testcase>", .skipped),
        ("<testcase name='a' result='xfail'><failure result='xfail'/></testcase>", .skipped),
        ("<testcase name='a' status='todo'><failure/></testcase>", .skipped),
        // An error of a fixture behind a skip is one; so is what an attribute says to have failed.
        ("<testcase name='a'><skipped/><error/></testcase>", .error),
        ("<testcase name='a'><error/><failure/><skipped/></testcase>", .error),
        ("<testcase name='a' status='skipped'><failure/></testcase>", .failed),
        ("<testcase name='a' status='failed'><skipped/><failure/></testcase>", .failed),
        ("<testcase name='a'><skipped/><rerunFailure/></testcase>", .skipped),
    ]

    @Test("a failure beside a skip is a known one, which is kept and said", arguments: bothRows.indices)
    func both(number: Int) throws {
        let (xml, expected) = Self.bothRows[number]
        let found = try status(xml)
        #expect(found.0 == expected, "\(xml)")
        let isKnown = expected == .skipped && xml.contains("<failure")
        #expect(found.warnings == (isKnown ? ["1 known failure counts as skipped"] : []))
    }

    @Test("the documentation lists every word and who writes it")
    func documentation() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/Reports/HISTORY.md")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        for row in JUnitWords.rows {
            let words = row.words.split(separator: " ").map { "`\($0)`" }.joined(separator: ", ")
            #expect(lines.contains { $0.hasPrefix("| \(words) | ") && $0.hasSuffix("| \(row.writers) |") }, "\(words)")
        }
        let words = JUnitWords.rows.flatMap { $0.words.split(separator: " ") }
        #expect(Set(words).count == words.count, "a word has two meanings")
    }
}
