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

extension TestName: FetchableRecord {
    package init(row: Row) throws {
        try self.init(suite: row.value("suite"), className: row.value("class"), name: row.value("name"))
    }
}
