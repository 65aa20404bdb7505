import Artifacts
import GRDB

extension Catalogue {
    /// The latest runs of tests, newest first.
    package func testRuns(limit: Int) throws -> [TestRunRow] {
        try read { db in
            try TestRunRow.fetchAll(
                db, sql: "SELECT * FROM test_run_summaries ORDER BY started_at DESC, id DESC LIMIT ?",
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
                        OR (commit_id >= ?1 AND commit_id < ?2) ORDER BY started_at DESC, id DESC
                    """, arguments: [text, end])
        }
    }

    /// The run of the same job and branch before this one; nil if it is the first.
    package func testRun(before run: TestRunRow) throws -> TestRunRow? {
        try read { db in
            try TestRunRow.fetchOne(
                db,
                sql: """
                    SELECT * FROM test_run_summaries WHERE job IS ? AND branch IS ? AND (started_at, id) < (?, ?)
                    ORDER BY started_at DESC, id DESC LIMIT 1
                    """, arguments: [run.run.job, run.run.branch, run.run.startedAt, run.id])
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
                        message: isFailing ? try Self.message(test, run.id, db) : ""))
            }
            let order = Dictionary(uniqueKeysWithValues: TestChange.allCases.enumerated().map { ($1, $0) })
            return found.sorted { (order[$0.change] ?? 0, $0.test) < (order[$1.change] ?? 0, $1.test) }
        }
    }

    /// The first of the runs in a row, up to this one, of its job and branch, in which a test failed.
    private static func failingSince(_ test: Int64, _ run: TestRunRow, _ db: Database) throws -> String? {
        var since: String?
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT test_runs.name, status FROM test_run_results JOIN test_runs ON test_runs.id = run
                WHERE test = ? AND job IS ? AND branch IS ? AND (started_at, test_runs.id) <= (?, ?)
                ORDER BY started_at DESC, test_runs.id DESC
                """, arguments: [test, run.run.job, run.run.branch, run.run.startedAt, run.id])
        while let row = try rows.next() {
            guard ["failed", "error"].contains(try row.value("status", as: String.self)) else { break }
            since = try row.value("name")
        }
        return since
    }

    /// Which share of a run's tests say that they failed first and then passed; 0 of a run without tests.
    package func flakyShare(of run: TestRunRow) throws -> Double {
        try read { db in
            try Double.fetchOne(
                db, sql: "SELECT total(flaky) / max(1, count(*)) FROM test_run_results WHERE run = ?",
                arguments: [run.id]) ?? 0
        }
    }

    /// The tests that `text` may mean: by their whole name, else by class and name, name, or what that ends in.
    package func tests(matching text: String, limit: Int = 20) throws -> [(id: Int64, name: TestName)] {
        try read { db in
            let conditions = [
                "suite || '::' || class || '::' || name = ?1 OR class || '::' || name = ?1 OR suite || '::' || name = ?1",
                "class || '.' || name = ?1 OR name = ?1", "instr(class || '.' || name, ?1) > 0",
            ]
            for condition in conditions {
                let sql = "SELECT * FROM tests WHERE \(condition) ORDER BY suite, class, name LIMIT ?2"
                let rows = try Row.fetchAll(db, sql: sql, arguments: [text, limit])
                if !rows.isEmpty { return try rows.map { (try $0.value("id"), try TestName(row: $0)) } }
            }
            return []
        }
    }

    /// The results of one test over its latest runs, newest first.
    package func history(ofTest test: Int64, limit: Int) throws -> [TestHistoryRow] {
        try read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT test_runs.*, status, flaky, seconds FROM test_run_results JOIN test_runs ON test_runs.id = run
                    WHERE test = ? ORDER BY started_at DESC, test_runs.id DESC LIMIT ?
                    """, arguments: [test, limit])
            return try rows.map { row in
                let isFailing = ["failed", "error"].contains(try row.value("status", as: String.self))
                return TestHistoryRow(
                    run: try row.value("name"), startedAt: try row.value("started_at"),
                    commit: try row.value("commit_id"), branch: try row.value("branch"), job: try row.value("job"),
                    status: try row.value("status"), isFlaky: try row.value("flaky", as: Int.self) > 0,
                    seconds: try row.value("seconds"),
                    message: isFailing ? try Self.message(test, try row.value("id"), db) : "")
            }
        }
    }

    private static func message(_ test: Int64, _ run: Int64, _ db: Database) throws -> String {
        try String.fetchOne(
            db,
            sql: """
                SELECT CASE message WHEN '' THEN substr(details, 1, 200) ELSE message END
                FROM test_failures JOIN test_results USING (report, position)
                JOIN test_reports ON test_reports.id = report
                WHERE test = ? AND run = ? AND kind IN ('failure', 'error') ORDER BY report, position, number LIMIT 1
                """, arguments: [test, run]) ?? ""
    }
}
