import Artifacts
import GRDB

extension Catalogue {
    /// Every run of tests, newest first.
    package func testRuns() throws -> [TestRunRow] { try testRuns(limit: .max) }

    /// The records of a run's reports.
    package func records(of runs: [TestRunRow]) throws -> [Digest] {
        try runs.flatMap { try reports(of: $0).map(\.record) }
    }

    /// Removes tests that no result, quarantine or alias speaks of any more.
    package func forgetUnusedTests() throws {
        try write { db in
            try db.run(
                """
                DELETE FROM tests WHERE renamed_to IS NULL AND id NOT IN (SELECT test FROM test_results)
                    AND id NOT IN (SELECT test FROM quarantined_tests)
                    AND id NOT IN (SELECT renamed_to FROM tests WHERE renamed_to IS NOT NULL)
                """, [])
        }
    }
}
