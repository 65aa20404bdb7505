import Catalogue
import Testing

@Suite("What a report says of itself") struct JUnitDeclaredCountsTests {
    private static let passing = "<testcase name='a'/>"
    private static let failing = "<testcase name='f'><failure/></testcase>"
    private static let broken = "<testcase name='e'><error/></testcase>"

    /// A report and where it has cases that stand for what is missing: `suite: message`.
    private static let missingRows: [(xml: String, cases: [String])] = [
        (
            "<testsuites><testsuite name='A'>\(passing)</testsuite><testsuite name='B' tests='0' errors='1'/></testsuites>",
            ["B: the suite declares 1 error, but holds no such case"]
        ),
        (
            "<testsuite name='s' failures='2'>\(passing)</testsuite>",
            ["s: the suite declares 2 failures, but holds no such case"]
        ),
        (
            "<testsuites failures='1'><testsuite name='s'>\(passing)</testsuite></testsuites>",
            [": the report declares 1 failure, but holds no such case"]
        ),
        (
            "<testrun failures='1'><testsuite name='s'>\(passing)</testsuite></testrun>",
            [": the report declares 1 failure, but holds no such case"]
        ),
        // The innermost suite that shows it, and no other.
        (
            """
            <testsuites errors='1'><testsuite name='o' errors='1'><testsuite name='i' errors='1'>\(passing)</testsuite>
            </testsuite></testsuites>
            """, ["o/i: the suite declares 1 error, but holds no such case"]
        ),
        (
            """
            <testsuites errors='2'><testsuite name='o'><testsuite name='i' errors='1'/></testsuite><testsuite name='p' errors='1'/>
            </testsuites>
            """,
            [
                "o/i: the suite declares 1 error, but holds no such case",
                "p: the suite declares 1 error, but holds no such case",
            ]
        ),
        // A failure is found, the error isn't.
        (
            "<testsuite name='s' errors='1' failures='1'>\(failing)</testsuite>",
            ["s: the suite declares 1 error, but holds no such case"]
        ),
        (
            "<testsuite name='s' errors='1' failures='2'>\(broken)</testsuite>",
            ["s: the suite declares 2 failures, but holds no such case"]
        ),
        // A failure beside a skip is no known one where the counts say otherwise.
        (
            "<testsuite name='s' failures='1' skipped='0'><testcase name='a'><skipped/><failure/></testcase></testsuite>",
            ["s: the suite declares 1 failure and 0 skipped, so that 1 known failure in it is none"]
        ),
        // Two suites of one name.
        (
            "<testsuites><testsuite name='s' errors='1'/><testsuite name='s' failures='1'/></testsuites>",
            [
                "s: the suite declares 1 error, but holds no such case",
                "s: the suite declares 1 failure, but holds no such case",
            ]
        ),
        // Numbers as some write them.
        (
            "<testsuite name='s' errors=' 1.0 ' failures=''>\(passing)</testsuite>",
            ["s: the suite declares 1 error, but holds no such case"]
        ),
        (
            "<testsuite name='s' failures='1,234'>\(passing)</testsuite>",
            ["s: the suite declares 1234 failures, but holds no such case"]
        ),
        (
            "<testsuite name='s' errors='yes'>\(passing)</testsuite>",
            ["s: the suite says errors='yes', but holds no case that failed"]
        ),
        (
            "<testsuite name='s' status='FAILED'>\(passing)</testsuite>",
            ["s: the suite says status='FAILED', but holds no case that failed"]
        ),
        (
            "<testsuite name='s' success='False'>\(passing)</testsuite>",
            ["s: the suite says success='False', but holds no case that failed"]
        ),
        // A flaky case isn't what failed where each case is counted once.
        (
            "<testsuite name='s' tests='1' failures='1'><testcase name='a'><flakyFailure/></testcase></testsuite>",
            ["s: the suite declares 1 failure, but holds no such case"]
        ),
        (
            "<testsuite name='s' tests='1' errors='1'><testcase name='a'><flakyError/></testcase></testsuite>",
            ["s: the suite declares 1 error, but holds no such case"]
        ),
    ]

    @Test(
        "what is declared and not there is a case of its suite in error, merged or not", arguments: missingRows.indices)
    func missing(number: Int) throws {
        let (xml, expected) = Self.missingRows[number]
        for report in [try ReadReport(xml), try ReadReport.merged(xml)] {
            let cases = report.cases.filter { $0.name == "(suite)" }
            #expect(cases.map { "\($0.suite): \($0.failures.first?.message ?? "")" } == expected)
            #expect(cases.allSatisfy { $0.status == .error && $0.failures.map(\.kind) == ["error"] })
            #expect(report.summary.tests == report.cases.count)
        }
    }

    private static let completeRows = [
        // Errors among the failures, failures among the errors, the one for the other.
        "<testsuite failures='2' errors='1'>\(failing)\(broken)</testsuite>",
        "<testsuite failures='1' errors='1'>\(broken)</testsuite>",
        "<testsuite failures='1' errors='0'>\(broken)</testsuite>",
        "<testsuite failures='0' errors='1'>\(failing)</testsuite>",
        // Assertions, each with an element.
        "<testsuite failures='2'><testcase name='a'><failure/><failure/></testcase></testsuite>",
        // Gradle counts each attempt as a test and a failure.
        "<testsuite tests='3' failures='2'><testcase name='a'><flakyFailure/><flakyFailure/></testcase></testsuite>",
        // Known failures.
        "<testsuite failures='1'><testcase name='a'><skipped/><failure/></testcase></testsuite>",
        "<testsuite failures='1' skipped='0'><testcase name='a'><skipped type='todo'/><failure/></testcase></testsuite>",
        "<testsuite failures='1' skipped='1'><testcase name='a'><skipped/><failure/></testcase></testsuite>",
        "<testsuite failures='0' skipped='0'><testcase name='a'><skipped/><failure/></testcase></testsuite>",
        "<testsuite failures='1' skipped='0'><testcase name='a'><skipped/><failure/></testcase>\(failing)</testsuite>",
        "<testsuite executed='False'><testcase name='a' executed='False'/></testsuite>",
        // Outer suites count the inner ones, or don't.
        "<testsuites tests='1' failures='1'><testsuite tests='1' failures='1'>\(failing)</testsuite></testsuites>",
        "<testsuites tests='0' failures='0'><testsuite tests='1' failures='1'>\(failing)</testsuite></testsuites>",
        "<testsuites tests='1'><testsuite tests='0'><testsuite tests='1'>\(passing)</testsuite></testsuite></testsuites>",
        // A root that adds up suites of two levels.
        """
        <testsuites tests='2' failures='2'><testsuite tests='1' failures='1'><testsuite tests='1' failures='1'>\(failing)
        </testsuite></testsuite></testsuites>
        """,
        // What was skipped, disabled or aborted has no case, or is counted twice.
        "<testsuite tests='3' skipped='2'>\(passing)</testsuite>",
        "<testsuite tests='3' disabled='1' skipped='1'>\(passing)</testsuite>",
        "<testsuite tests='3' aborted='1'>\(passing)<testcase name='b'><aborted/></testcase></testsuite>",
        // Swift Testing doesn't count what was skipped.
        "<testsuite tests='1' skipped='1'>\(passing)<testcase name='b'><skipped/></testcase></testsuite>",
        "<testsuite tests='1' errors='1'><error/></testsuite>",
        "<testsuite tests='' failures=' 0 ' errors='none'>\(passing)</testsuite>",
        // Older Surefire counts each attempt as Gradle does, and one of today no flaky test among the failures.
        "<testsuite tests='2' errors='1'><testcase name='a'><flakyError/></testcase></testsuite>",
        "<testsuite tests='1' errors='0' failures='0' flakes='1'><testcase name='a'><flakyFailure/></testcase></testsuite>",
        "<testsuite tests='1' status='passed' success='True'>\(passing)</testsuite>",
        "<testsuite name='failed' failures='1' status='failed'>\(failing)</testsuite>",
    ]

    @Test("writers that count in other ways raise no alarm", arguments: completeRows)
    func complete(xml: String) throws {
        for report in [try ReadReport(xml), try ReadReport.merged(xml)] {
            #expect(report.summary.incomplete == [])
            #expect(!report.cases.contains { $0.failures.first?.message.contains("declares") == true })
        }
    }

    private static let incompleteRows: [(xml: String, sentences: [String])] = [
        ("<testsuite name='s' tests='4'>\(passing)</testsuite>", ["the suite 's' declares 4 tests, but holds 1"]),
        (
            "<testsuites tests='2'><testsuite>\(passing)</testsuite></testsuites>",
            ["the report declares 2 tests, but holds 1"]
        ),
        (
            """
            <testsuites tests='5'><testsuite name='o' tests='3'><testsuite name='i' tests='2'>\(passing)</testsuite>\(passing)
            </testsuite></testsuites>
            """, ["the suite 'o/i' declares 2 tests, but holds 1", "the report declares 5 tests, but holds 2"]
        ),
        ("<testsuite name='s' failures='3'>\(failing)</testsuite>", ["the suite 's' declares 3 failures, but holds 1"]),
        (
            "<testsuite name='s' tests='4' skipped='1'>\(passing)</testsuite>",
            ["the suite 's' declares 4 tests, but holds 1"]
        ),
        ("<testsuites/>", ["the report holds no test case"]),
        (
            "<testsuite name='s' executed='False'>\(passing)</testsuite>",
            ["the suite 's' says executed='False', but holds 1 passed test"]
        ),
        (
            "<results success='0'><testsuite name='s'>\(passing)</testsuite></results>",
            ["the report declares 0 passed tests, but holds 1"]
        ),
        ("<testsuites><testsuite name='s' tests='0' failures='0'/></testsuites>", ["the report holds no test case"]),
    ]

    @Test("a report that declares more than it holds is incomplete, merged too", arguments: incompleteRows.indices)
    func incomplete(number: Int) throws {
        let (xml, sentences) = Self.incompleteRows[number]
        let report = try ReadReport(xml)
        #expect(report.summary.incomplete == sentences)
        for sentence in sentences { #expect(report.summary.warnings.contains(sentence)) }
        let merged = try ReadReport.merged(xml).summary.incomplete
        for sentence in sentences { #expect(merged.contains { $0.hasSuffix(": \(sentence)") }) }
    }

    @Test("what a suite without its case has written is the text of the case that stands for it")
    func output() throws {
        let xml = """
            <testsuites><testsuite name='B' errors='1'><system-out>out</system-out><system-err>Disconnected</system-err>
            </testsuite></testsuites>
            """
        #expect(try ReadReport(xml).cases.map { $0.failures.map(\.details) } == [["Disconnected"]])
    }

    @Test(
        "what should be a number of tests or failures and isn't makes the report incomplete",
        arguments: [
            "failures='-1'", "errors='NaN'", "tests='-2'", "tests='many'", "failures='1/5'", "errors='undefined'",
        ])
    func unreadable(count: String) throws {
        let report = try ReadReport("<testsuite name='s' \(count)>\(Self.passing)</testsuite>")
        #expect(report.summary.incomplete == ["the suite 's' says \(count), which is not a number of tests"])
        #expect(report.lines == ["s||a passed"])
    }

    @Test("a count of what was skipped that is no number is named")
    func unreadableSkips() throws {
        let report = try ReadReport("<testsuite name='s' skipped='NaN'>\(Self.passing)</testsuite>")
        #expect(report.summary.warnings == ["counts of a suite that are not numbers: skipped='NaN'"])
        #expect(report.summary.incomplete == [])
    }
}
