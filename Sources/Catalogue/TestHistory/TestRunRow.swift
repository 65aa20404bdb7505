import Artifacts
import GRDB

/// A run of tests, and what its reports add up to.
package struct TestRunRow: Hashable, Sendable {
    package let id: Int64
    package let run: TestRun
    package let reports: Int
    package let summary: TestSummary
}

extension TestRunRow: FetchableRecord {
    package init(row: Row) throws {
        id = try row.value("id")
        run = try TestRun(
            name: row.value("name"), commit: row.value("commit_id"), branch: row.value("branch"),
            job: row.value("job"), attempt: row.value("attempt"), url: row.value("url"),
            startedAt: row.value("started_at"))
        reports = try row.value("reports")
        var summary = TestSummary()
        summary.tests = try row.value("tests")
        summary.failures = try row.value("failures")
        summary.errors = try row.value("errors")
        summary.skipped = try row.value("skipped")
        summary.seconds = try row.value("seconds")
        self.summary = summary
    }
}

/// What a test is called.
package struct TestName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let suite: String
    package let className: String
    package let name: String

    init(row: Row) throws {
        suite = try row.value("suite")
        className = try row.value("class")
        name = try row.value("name")
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.suite, lhs.className, lhs.name) < (rhs.suite, rhs.className, rhs.name)
    }

    /// Suite, class and name, what is empty left out: `pytest::tests.test_a::test_x`.
    package var description: String { [suite, className, name].filter { !$0.isEmpty }.joined(separator: "::") }
}
