import Artifacts
import GRDB

/// Compares the rows of one report with its test cases as they are read again, up to the first difference.
package final class TestRowComparison {
    private let report: Int64
    private let db: Database
    private var rows: RowCursor
    private var failures: RowCursor
    /// The first of the failures that no case was compared with yet.
    private var failure: Row?
    private var position: Int64 = 0
    /// What differs.
    private(set) var problem: String?

    init(report: Int64, _ db: Database) throws {
        self.report = report
        self.db = db
        (rows, failures) = try Self.cursors(report, db)
        failure = try failures.next()?.copy()
    }

    /// The report's rows in order, read once side by side with its cases.
    private static func cursors(_ report: Int64, _ db: Database) throws -> (RowCursor, RowCursor) {
        (
            try Row.fetchCursor(
                db,
                sql: """
                    SELECT position, suite, class, name, qualifier, status, flaky, seconds FROM test_results
                    JOIN tests ON tests.id = test WHERE report = ? ORDER BY position
                    """, arguments: [report]),
            try Row.fetchCursor(
                db,
                sql: """
                    SELECT position, kind, type, message, details, shape FROM test_failures
                    WHERE report = ? ORDER BY position, number
                    """, arguments: [report])
        )
    }

    /// Begins again.
    package func reset() throws {
        position = 0
        problem = nil
        (rows, failures) = try Self.cursors(report, db)
        failure = try failures.next()?.copy()
    }

    package func add(_ item: TestCase) throws {
        position += 1
        guard problem == nil else { return }
        let wanted: [DatabaseValue] = [
            position.databaseValue, item.suite.databaseValue, item.className.databaseValue, item.name.databaseValue,
            item.qualifier.databaseValue, item.status.rawValue.databaseValue, (item.isFlaky ? 1 : 0).databaseValue,
            item.seconds.databaseValue,
        ]
        var isEqual = try rows.next().map { Array($0.databaseValues) } == wanted
        for told in item.failures {
            let wanted =
                [position.databaseValue]
                + [told.kind, told.type, told.message, told.details, told.shape].map(\.databaseValue)
            if failure.map({ Array($0.databaseValues) }) != wanted { isEqual = false }
            failure = try failures.next()?.copy()
        }
        // One more than the case has.
        if let failure, try failure.value("position", as: Int64.self) <= position { isEqual = false }
        if !isEqual {
            let name = TestName(suite: item.suite, className: item.className, name: item.name)
            problem = "the rows of its test case \(position), \(name),"
        }
    }

    func finish(_ summary: TestSummary) throws {
        guard problem == nil else { return }
        let count = "SELECT count(*) FROM test_results WHERE report = ?"
        let row = try TestSummary.fetchOne(db, sql: "SELECT * FROM test_reports WHERE id = ?", arguments: [report])
        if try Int64.fetchOne(db, sql: count, arguments: [report]) != position || row != summary {
            problem = "the count of its rows, or what they add up to,"
        }
    }
}

extension Catalogue {
    /// What an indexed report's rows say otherwise than the report and its run; nil if nothing, or if it isn't indexed.
    ///
    /// - Parameter read: gives the comparison the report's cases, and says what they add up to.
    package func difference(
        _ record: ReportRecord, run: TestRun, _ read: (TestRowComparison) throws -> TestSummary
    ) throws -> String? {
        try self.read { db in
            let sql = """
                SELECT test_reports.id, record, blob, file, ingested_at, run_ordered_at, ingestion, test_runs.* FROM test_reports
                JOIN test_runs ON test_runs.id = test_reports.run WHERE record = ?
                """
            guard let row = try Row.fetchOne(db, sql: sql, arguments: [record.id.hex]) else { return nil }
            let found: [DatabaseValue] = [
                "blob", "file", "ingested_at", "run_ordered_at", "ingestion", "name", "commit_id", "branch", "job",
                "attempt", "url", "ci_job", "started_at",
            ].map { row[$0] }
            let wanted: [DatabaseValue] = [
                record.blob.hex.databaseValue, record.file.databaseValue, record.ingestedAt.databaseValue,
                record.orderedAt.databaseValue, record.latestSequence.databaseValue, run.name.databaseValue,
                run.commit.databaseValue, run.branch.databaseValue, run.job.databaseValue,
                run.attempt.databaseValue, run.url.databaseValue, run.ciJob.databaseValue, run.startedAt.databaseValue,
            ]
            if found != wanted { return "its row, or its run's," }
            let comparison = try TestRowComparison(report: row.value("id"), db)
            try comparison.finish(read(comparison))
            return comparison.problem
        }
    }
}
