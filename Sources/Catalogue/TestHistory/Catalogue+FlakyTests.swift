import Artifacts
import GRDB

/// A test that is flaky by one rule, with what shows it.
package struct FlakyTest: Hashable, Sendable {
    package enum Rule: String, Hashable, Sendable {
        case differentResults = "different results on one commit"
        case switches
    }

    /// What became of it in one run.
    package struct Result: Hashable, Sendable {
        package let run: String
        package let commit: String?
        package let passed: Int
        package let failed: Int
        /// Whether a report says that it failed first and then passed.
        package let isFlaky: Bool
        package let message: String
    }

    package let test: TestName
    package let rule: Rule
    package let job: String?
    /// Of the rule `switches`, which looks at one branch.
    package let branch: String?
    /// Of the other rule; nil if its run says no commit.
    package let commit: String?
    package let switches: Int?
    /// The oldest first.
    package let results: [Result]
    package let quarantinedUntil: String?
}

extension Catalogue {
    /// The tests that are flaky by a rule, by name; up to a run, or of the latest runs.
    package func flakyTests(_ rules: FlakyRules, upTo run: TestRunRow? = nil) throws -> [FlakyTest] {
        try read { db in
            let quarantine = try Self.quarantine(db)
            let rows = try Row.fetchAll(
                db,
                sql: rules.sql(endingAtRun: run != nil)
                    + " ORDER BY suite, class, name, qualifier, rule, commit_id, run, job, branch",
                arguments: run.map { [$0.orderedAt, $0.id] } ?? [])
            return try rows.compactMap { row in
                guard let rule = FlakyTest.Rule(rawValue: try row.value("rule")) else { return nil }
                let name = try TestName(row: row)
                return FlakyTest(
                    test: name, rule: rule, job: try row.value("job"), branch: try row.value("branch"),
                    commit: try row.value("commit_id"), switches: try row.value("switches"),
                    results: try Self.evidence(row, rule, rules, run, db), quarantinedUntil: quarantine[name]?.until)
            }
        }
    }

    /// The runs that a row of the rules' query counts, the oldest first.
    private static func evidence(
        _ row: Row, _ rule: FlakyTest.Rule, _ rules: FlakyRules, _ end: TestRunRow?, _ db: Database
    ) throws -> [FlakyTest.Result] {
        let test: Int64 = try row.value("test")
        var condition = """
            job IS ?2 AND test_runs.id IN (
                SELECT id FROM (
                    SELECT id, row_number() OVER (PARTITION BY branch ORDER BY ordered_at DESC, id DESC) AS age
                    FROM test_runs WHERE job IS ?2 AND (?3 IS NULL OR (ordered_at, id) <= (?3, ?4)))
                WHERE age <= \(rules.runs))
            """
        var arguments: StatementArguments = [test, try row.value("job", as: String?.self), end?.orderedAt, end?.id]
        switch rule {
        case .differentResults:
            condition += " AND commit_id IS ?5 AND (?6 IS NULL OR test_runs.id = ?6)"
            arguments += [
                try row.value("commit_id", as: String?.self), try row.value("run", as: Int64?.self),
            ]
        case .switches:
            condition += " AND branch IS ?5"
            arguments += [try row.value("branch", as: String?.self)]
        }
        let statement = try db.cachedStatement(
            sql: """
                SELECT test_runs.id, test_runs.name, commit_id, sum(status = 'passed') AS passed,
                       sum(status IN ('failed', 'error')) AS failed, max(flaky) AS flaky
                FROM test_results JOIN test_reports ON test_reports.id = test_results.report
                JOIN test_runs ON test_runs.id = test_reports.run
                WHERE test IN (SELECT id FROM tests WHERE id = ?1 OR renamed_to = ?1) AND \(condition)
                GROUP BY test_runs.id HAVING passed + failed > 0 OR max(flaky) > 0
                ORDER BY ordered_at, test_runs.id
                """)
        let rows = try Row.fetchAll(statement, arguments: arguments)
        return try rows.map { row in
            let failed: Int = try row.value("failed")
            return FlakyTest.Result(
                run: try row.value("name"), commit: try row.value("commit_id"), passed: try row.value("passed"),
                failed: failed, isFlaky: try row.value("flaky", as: Int.self) > 0,
                message: failed > 0 ? try message(test, try row.value("id"), db) : "")
        }
    }

    /// The names of a run's tests, and how many there are.
    package func testNames(of run: TestRunRow) throws -> Set<TestName> {
        try read { db in
            let sql =
                "SELECT suite, class, name, qualifier FROM test_run_results JOIN tests ON tests.id = test WHERE run = ?"
            return Set(try Row.fetchAll(db, sql: sql, arguments: [run.id]).map { try TestName(row: $0) })
        }
    }
}
