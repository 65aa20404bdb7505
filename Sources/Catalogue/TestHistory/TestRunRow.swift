import Artifacts
import GRDB

/// A run of tests, and what its reports add up to.
package struct TestRunRow: Hashable, Sendable {
    package let id: Int64
    package let run: TestRun
    package let reports: Int
    package let summary: TestSummary
    /// How many of its reports can't be taken for the whole run of their tests.
    package let incompleteReports: Int
    /// Orders the runs: the time of ingestion, or of history its own.
    package let orderedAt: Double
    /// Of its latest ingestion.
    package let sequence: Int
}

extension TestRunRow: FetchableRecord {
    package init(row: Row) throws {
        id = try row.value("id")
        run = try TestRun(
            name: row.value("name"), commit: row.value("commit_id"), branch: row.value("branch"),
            job: row.value("job"), attempt: row.value("attempt"), url: row.value("url"), ciJob: row.value("ci_job"),
            startedAt: row.value("started_at"))
        reports = try row.value("reports")
        incompleteReports = try row.value("incomplete")
        orderedAt = try row.value("ordered_at")
        sequence = try row.value("sequence")
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
        try self.init(
            suite: row.value("suite"), className: row.value("class"), name: row.value("name"),
            qualifier: row.value("qualifier"))
    }
}
