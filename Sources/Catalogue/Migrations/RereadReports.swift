import GRDB

/// Has all test reports read again, since more of a report is understood than before.
enum RereadReports {
    @Sendable static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM test_failures;
                DELETE FROM test_results;
                DELETE FROM test_reports;
                DELETE FROM test_runs;
                """)
    }
}
