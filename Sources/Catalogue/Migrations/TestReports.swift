import GRDB

/// The tables and the first view of ingested test reports.
///
/// - `test_runs`: one row a run of tests: the reports that bear one `name`. `commit_id`, `branch`, `job`, `attempt` and
///   `url` are null where nobody said; `started_at` orders them.
/// - `test_reports`: one row an ingested file. `record` is its identity (`reports/RECORD.json`), `blob` the digest of its
///   bytes; the counts are those of its test cases; `warnings` a JSON array of what was lost or mended in reading.
/// - `tests`: what a test is called: the path of its suite, its class and its name.
/// - `test_results`: one row a test case of a report, in the report's order; `status` is passed, failed, error or skipped,
///   `flaky` 1 if it says itself that it failed first and then passed; `seconds` is null if it says nothing.
/// - `test_failures`: one row a failure, error, skip or rerun of a test case. `kind` is the element's name, `details` the
///   beginning and end of its text, `shape` the message with all that varies masked.
///
/// - `test_run_results` (view): one row a test of a run, over all its reports: the gravest status of its cases (error, failed,
///   passed, skipped), the sum of their seconds, and how many there were.
enum TestReports {
    @Sendable static func create(_ db: Database) throws {
        try db.execute(sql: tables)
        try db.execute(sql: views)
    }

    private static let tables = """
        CREATE TABLE test_runs (
            id INTEGER PRIMARY KEY NOT NULL,
            name TEXT NOT NULL UNIQUE,
            commit_id TEXT,
            branch TEXT,
            job TEXT,
            attempt INTEGER,
            url TEXT,
            started_at REAL NOT NULL
        ) STRICT;
        CREATE INDEX test_runs_by_time ON test_runs (started_at);

        CREATE TABLE test_reports (
            id INTEGER PRIMARY KEY NOT NULL,
            record TEXT NOT NULL UNIQUE,
            run INTEGER NOT NULL REFERENCES test_runs ON DELETE CASCADE,
            blob TEXT NOT NULL,
            file TEXT NOT NULL,
            ingested_at REAL NOT NULL,
            tests INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            errors INTEGER NOT NULL,
            skipped INTEGER NOT NULL,
            seconds REAL NOT NULL,
            warnings TEXT NOT NULL
        ) STRICT;
        CREATE INDEX test_reports_by_run ON test_reports (run);
        CREATE INDEX test_reports_by_blob ON test_reports (blob);

        CREATE TABLE tests (
            id INTEGER PRIMARY KEY NOT NULL,
            suite TEXT NOT NULL,
            class TEXT NOT NULL,
            name TEXT NOT NULL,
            UNIQUE (class, name, suite)
        ) STRICT;

        CREATE TABLE test_results (
            report INTEGER NOT NULL REFERENCES test_reports ON DELETE CASCADE,
            position INTEGER NOT NULL,
            test INTEGER NOT NULL REFERENCES tests,
            status TEXT NOT NULL,
            flaky INTEGER NOT NULL,
            seconds REAL,
            PRIMARY KEY (report, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX test_results_by_test ON test_results (test);

        CREATE TABLE test_failures (
            report INTEGER NOT NULL,
            position INTEGER NOT NULL,
            number INTEGER NOT NULL,
            kind TEXT NOT NULL,
            type TEXT NOT NULL,
            message TEXT NOT NULL,
            details TEXT NOT NULL,
            shape TEXT NOT NULL,
            PRIMARY KEY (report, position, number),
            FOREIGN KEY (report, position) REFERENCES test_results ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        """

    private static let views = """
        CREATE VIEW test_run_results AS
            SELECT test_reports.run, test_results.test,
                   CASE max(CASE status WHEN 'error' THEN 3 WHEN 'failed' THEN 2 WHEN 'passed' THEN 1 ELSE 0 END)
                       WHEN 3 THEN 'error' WHEN 2 THEN 'failed' WHEN 1 THEN 'passed' ELSE 'skipped' END AS status,
                   max(flaky) AS flaky, sum(test_results.seconds) AS seconds, count(*) AS cases
            FROM test_results JOIN test_reports ON test_reports.id = test_results.report
            GROUP BY test_reports.run, test_results.test;
        """
}
