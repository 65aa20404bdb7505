import Artifacts
import GRDB

extension Catalogue {
    /// The latest runs of tests, newest first.
    package func testRuns(limit: Int) throws -> [TestRunRow] {
        try read { db in
            try TestRunRow.fetchAll(
                db, sql: "SELECT * FROM test_run_summaries ORDER BY ordered_at DESC, id DESC LIMIT ?",
                arguments: [limit])
        }
    }

    /// The runs that `text` may mean, newest first: the one of this name, or those whose name or commit begins with it.
    package func testRuns(matching text: String) throws -> [TestRunRow] {
        try read { db in
            let named = "SELECT * FROM test_run_summaries WHERE name = ?"
            if let run = try TestRunRow.fetchOne(db, sql: named, arguments: [text]) { return [run] }
            let end = text.afterAllThatStartWithIt
            return try TestRunRow.fetchAll(
                db,
                sql: """
                    SELECT * FROM test_run_summaries WHERE (name >= ?1 AND name < ?2)
                        OR (commit_id >= ?1 AND commit_id < ?2) ORDER BY ordered_at DESC, id DESC
                    """, arguments: [text, end])
        }
    }

    /// The run of the same job and branch before this one that has tests; nil if there is none.
    ///
    /// Earlier attempts at the same commit are passed over (`earlierAttempt`).
    package func testRun(before run: TestRunRow) throws -> TestRunRow? {
        try read { db in
            try TestRunRow.fetchOne(
                db,
                sql: """
                    SELECT * FROM test_run_summaries WHERE job IS ?4 AND branch IS ?5 AND (ordered_at, id) < (?6, ?7)
                        AND tests > 0 AND NOT \(Self.earlierAttempt)
                    ORDER BY ordered_at DESC, id DESC LIMIT 1
                    """,
                arguments: [
                    run.run.commit, run.run.attempt, run.run.ciJob, run.run.job, run.run.branch, run.orderedAt, run.id,
                ])
        }
    }

    /// The run whose reports were ingested last, whatever their times; nil if there is none.
    package func latestIngestedTestRun() throws -> TestRunRow? {
        try read { db in
            try TestRunRow.fetchOne(
                db,
                sql: "SELECT * FROM test_run_summaries ORDER BY sequence DESC, ingested_at DESC, id DESC LIMIT 1")
        }
    }

    /// The run of the same job and branch that was ingested before this one and has tests, whatever their times.
    package func testRun(ingestedBefore run: TestRunRow) throws -> TestRunRow? {
        try read { db in
            try TestRunRow.fetchOne(
                db,
                sql: """
                    SELECT * FROM test_run_summaries WHERE job IS ?4 AND branch IS ?5 AND sequence < ?6 AND tests > 0
                        AND NOT \(Self.earlierAttempt)
                    ORDER BY sequence DESC, ingested_at DESC, id DESC LIMIT 1
                    """,
                arguments: [
                    run.run.commit, run.run.attempt, run.run.ciJob, run.run.job, run.run.branch, run.sequence,
                ])
        }
    }

    /// Whether a run is an earlier attempt at the commit of another (?1), of this attempt (?2) and CI job (?3): a job that is run
    /// again would else find its own failures to be old. Where a CI server doesn't number its attempts, any run of a CI job at that
    /// commit is one.
    private static let earlierAttempt = """
        ((commit_id IS ?1 AND IFNULL(attempt < ?2, 0))
            OR (IFNULL(commit_id = ?1, 0) AND ci_job IS NOT NULL AND ?3 IS NOT NULL))
        """

    /// The runs that an attempt at a job of a CI server has ingested since a moment, the latest first.
    package func testRuns(ofCIJob name: String, since earliest: Double = 0) throws -> [TestRunRow] {
        try read { db in
            try TestRunRow.fetchAll(
                db,
                sql: """
                    SELECT * FROM test_run_summaries WHERE (ci_job = ?1 OR (ci_job IS NULL AND name = ?1)) AND ingested_at >= ?2
                    ORDER BY sequence DESC, ingested_at DESC, id DESC
                    """, arguments: [name, earliest])
        }
    }

    private struct Result {
        let test: Int64
        let name: TestName
        let status: TestStatus
    }

    private static func results(_ run: Int64, _ db: Database) throws -> [Int64: Result] {
        var found: [Int64: Result] = [:]
        let sql = "SELECT * FROM test_run_results JOIN tests ON tests.id = test_run_results.test WHERE run = ?"
        try db.each(sql, [run]) { row in
            guard let status = TestStatus(rawValue: try row.value("status")) else { return }
            let test: Int64 = try row.value("test")
            found[test] = Result(test: test, name: try TestName(row: row), status: status)
        }
        return found
    }

    /// What changed from one run to another, by change and then by name; compared with nothing, every failure is new.
    package func changes(from baseline: TestRunRow?, to run: TestRunRow) throws -> [ChangedTest] {
        try read { db in
            let before = try baseline.map { try Self.results($0.id, db) } ?? [:]
            let now = try Self.results(run.id, db)
            let quarantine = try Self.quarantine(db)
            var found: [ChangedTest] = []
            for test in Set(before.keys).union(now.keys) {
                let (was, becomes) = (before[test], now[test])
                guard let name = (becomes ?? was)?.name,
                    let change = TestChange(was: was?.status, now: becomes?.status)
                else { continue }
                // Without a baseline nobody knows what is new.
                if baseline == nil, change == .new { continue }
                let isFailing = change == .newFailure || change == .stillFailing
                found.append(
                    ChangedTest(
                        change: change, test: name, was: was?.status, now: becomes?.status,
                        failingSince: change == .stillFailing ? try Self.failingSince(test, run, db) : nil,
                        message: isFailing ? try Self.message(test, run.id, db) : "",
                        quarantinedUntil: quarantine[name]?.until))
            }
            let order = Dictionary(uniqueKeysWithValues: TestChange.allCases.enumerated().map { ($1, $0) })
            return found.sorted { (order[$0.change] ?? 0, $0.test) < (order[$1.change] ?? 0, $1.test) }
        }
    }

    /// The results of one test by run, `?1`, whatever it was called; not by the view, which would read all tests' results.
    private static let resultsOfTest = """
        SELECT test_runs.*, max(CASE status WHEN 'error' THEN 3 WHEN 'failed' THEN 2 WHEN 'passed' THEN 1 ELSE 0 END) AS grade,
               max(flaky) AS flaky, sum(test_results.seconds) AS seconds
        FROM test_results JOIN test_reports ON test_reports.id = test_results.report
        JOIN test_runs ON test_runs.id = test_reports.run
        WHERE test IN (SELECT id FROM tests WHERE id = ?1 OR renamed_to = ?1)
        """

    private static func status(grade: Int) -> TestStatus {
        [.skipped, .passed, .failed, .error][min(max(0, grade), 3)]
    }

    /// The first of the runs in a row, up to this one, of its job and branch, in which a test failed.
    private static func failingSince(_ test: Int64, _ run: TestRunRow, _ db: Database) throws -> String? {
        var since: String?
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: resultsOfTest + """
                     AND job IS ?2 AND branch IS ?3 AND (ordered_at, test_runs.id) <= (?4, ?5)
                    GROUP BY test_runs.id ORDER BY ordered_at DESC, test_runs.id DESC
                    """), arguments: [test, run.run.job, run.run.branch, run.orderedAt, run.id])
        while let row = try rows.next() {
            guard Self.status(grade: try row.value("grade")).isFailing else { break }
            since = try row.value("name")
        }
        return since
    }

    /// The results of one test over its latest runs, newest first.
    package func history(ofTest test: Int64, limit: Int) throws -> [TestHistoryRow] {
        try read { db in
            let rows = try Row.fetchAll(
                db,
                sql: Self.resultsOfTest + """
                     GROUP BY test_runs.id ORDER BY ordered_at DESC, test_runs.id DESC LIMIT ?2
                    """, arguments: [test, limit])
            return try rows.map { row in
                let status = Self.status(grade: try row.value("grade"))
                return TestHistoryRow(
                    run: try row.value("name"), startedAt: try row.value("started_at"),
                    commit: try row.value("commit_id"), branch: try row.value("branch"), job: try row.value("job"),
                    status: status.rawValue, isFlaky: try row.value("flaky", as: Int.self) > 0,
                    seconds: try row.value("seconds"),
                    message: status.isFailing ? try Self.message(test, try row.value("id"), db) : "")
            }
        }
    }

    /// What its first failure in a run says.
    static func message(_ test: Int64, _ run: Int64, _ db: Database) throws -> String {
        try String.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT CASE message WHEN '' THEN substr(details, 1, 200) ELSE message END
                    FROM test_failures JOIN test_results USING (report, position)
                    JOIN test_reports ON test_reports.id = report
                    WHERE test IN (SELECT id FROM tests WHERE id = ?1 OR renamed_to = ?1) AND run = ?2 AND kind IN ('failure', 'error') ORDER BY report, position, number LIMIT 1
                    """), arguments: [test, run]) ?? ""
    }
}
