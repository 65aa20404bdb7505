import Artifacts
import GRDB

/// Compares the rows of one report with its test cases as they are read again, up to the first difference.
package final class TestRowComparison {
    private let report: Int64
    private let db: Database
    private var position: Int64 = 0
    /// What differs.
    private(set) var problem: String?

    init(report: Int64, _ db: Database) {
        self.report = report
        self.db = db
    }

    package func reset() {
        position = 0
        problem = nil
    }

    package func add(_ item: TestCase) throws {
        position += 1
        guard problem == nil else { return }
        let name = TestName(suite: item.suite, className: item.className, name: item.name)
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT suite, class, name, status, flaky, seconds FROM test_results JOIN tests ON tests.id = test
                    WHERE report = ? AND position = ?
                    """), arguments: [report, position])
        let failures = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT kind, type, message, details, shape FROM test_failures
                    WHERE report = ? AND position = ? ORDER BY number
                    """), arguments: [report, position])
        let wanted: [DatabaseValue] = [
            item.suite.databaseValue, item.className.databaseValue, item.name.databaseValue,
            item.status.rawValue.databaseValue, (item.isFlaky ? 1 : 0).databaseValue, item.seconds.databaseValue,
        ]
        let told = item.failures.map { [$0.kind, $0.type, $0.message, $0.details, $0.shape].map(\.databaseValue) }
        if row.map({ Array($0.databaseValues) }) != wanted || failures.map({ Array($0.databaseValues) }) != told {
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
                SELECT test_reports.id, record, blob, file, ingested_at, test_runs.* FROM test_reports
                JOIN test_runs ON test_runs.id = test_reports.run WHERE record = ?
                """
            guard let row = try Row.fetchOne(db, sql: sql, arguments: [record.id.hex]) else { return nil }
            let found: [DatabaseValue] = [
                "blob", "file", "ingested_at", "name", "commit_id", "branch", "job", "attempt", "url", "started_at",
            ].map { row[$0] }
            let wanted: [DatabaseValue] = [
                record.blob.hex.databaseValue, record.file.databaseValue, record.ingestedAt.databaseValue,
                run.name.databaseValue, run.commit.databaseValue, run.branch.databaseValue, run.job.databaseValue,
                run.attempt.databaseValue, run.url.databaseValue, run.startedAt.databaseValue,
            ]
            if found != wanted { return "its row, or its run's," }
            let comparison = TestRowComparison(report: try row.value("id"), db)
            try comparison.finish(read(comparison))
            return comparison.problem
        }
    }
}
