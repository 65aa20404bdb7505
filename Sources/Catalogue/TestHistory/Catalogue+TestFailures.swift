import Artifacts
import GRDB

/// A failure or error of a test in a run.
package struct TestFailureRow: Hashable, Sendable {
    package let test: TestName
    /// `failure` or `error`.
    package let kind: String
    package let type: String
    package let message: String
    package let details: String
    /// The message with all that varies masked.
    package let shape: String
}

/// A file that a run's results were read from.
package struct TestReportRow: Hashable, Sendable {
    package let record: Digest
    package let file: String
    package let summary: TestSummary
}

/// What became of a test in a run.
package struct TestResultRow: Hashable, Sendable {
    package let test: TestName
    package let status: TestStatus
    package let isFlaky: Bool
    package let seconds: Double?
    /// How many test cases it stands for.
    package let cases: Int
}

/// Failures of a run whose messages have one shape.
package struct FailureCluster: Hashable, Sendable {
    package let shape: String
    package let failures: [TestFailureRow]
    package var tests: Set<TestName> { Set(failures.map(\.test)) }
}

extension Catalogue {
    /// The failures and errors of a run in the order of its reports.
    package func failures(in run: TestRunRow) throws -> [TestFailureRow] {
        try read { db in
            let sql = "SELECT * FROM test_run_failures WHERE run = ? ORDER BY report, position, number"
            return try Row.fetchAll(db, sql: sql, arguments: [run.id]).map { row in
                TestFailureRow(
                    test: try TestName(row: row), kind: try row.value("kind"), type: try row.value("type"),
                    message: try row.value("message"), details: try row.value("details"),
                    shape: try row.value("shape"))
            }
        }
    }

    /// The tests of a report that failed, one for each of its cases that did.
    package func failedTests(ofReport id: Digest) throws -> [TestName] {
        try read { db in
            let sql = """
                SELECT now.suite, now.class, now.name, now.qualifier FROM test_results
                JOIN test_reports ON test_reports.id = test_results.report JOIN tests ON tests.id = test
                JOIN tests AS now ON now.id = ifnull(tests.renamed_to, tests.id)
                WHERE record = ? AND status IN ('failed', 'error') ORDER BY position
                """
            return try Row.fetchAll(db, sql: sql, arguments: [id.hex]).map { try TestName(row: $0) }
        }
    }

    /// The failures of a run by the shape of their messages, those of most tests first.
    package func clusters(in run: TestRunRow) throws -> [FailureCluster] {
        Dictionary(grouping: try failures(in: run), by: \.shape)
            .map { FailureCluster(shape: $0.key, failures: $0.value) }
            .sorted { ($1.tests.count, $1.failures.count, $0.shape) < ($0.tests.count, $0.failures.count, $1.shape) }
    }

    /// The tests of a run by name.
    package func results(in run: TestRunRow) throws -> [TestResultRow] {
        try read { db in
            let sql = """
                SELECT test_run_results.*, suite, class, name, qualifier FROM test_run_results JOIN tests ON tests.id = test
                WHERE run = ?
                """
            return try Row.fetchAll(db, sql: sql, arguments: [run.id]).compactMap { row in
                guard let status = TestStatus(rawValue: try row.value("status")) else { return nil }
                return TestResultRow(
                    test: try TestName(row: row), status: status, isFlaky: try row.value("flaky", as: Int.self) > 0,
                    seconds: try row.value("seconds"), cases: try row.value("cases"))
            }.sorted { $0.test < $1.test }
        }
    }

    /// The files of a run, in the order of their ingestion.
    package func reports(of run: TestRunRow) throws -> [TestReportRow] {
        try read { db in
            let sql = "SELECT * FROM test_reports WHERE run = ? ORDER BY id"
            return try Row.fetchAll(db, sql: sql, arguments: [run.id]).map { row in
                TestReportRow(
                    record: try row.digest("record"), file: try row.value("file"), summary: try TestSummary(row: row))
            }
        }
    }
}

extension TestSummary: FetchableRecord {
    package init(row: Row) throws {
        self.init()
        tests = try row.value("tests")
        failures = try row.value("failures")
        errors = try row.value("errors")
        skipped = try row.value("skipped")
        seconds = try row.value("seconds")
        if case .array(let texts) = try row.json("warnings") { warnings = texts.compactMap(\.text) }
        if case .array(let texts) = try row.json("incomplete") { incomplete = texts.compactMap(\.text) }
    }
}
