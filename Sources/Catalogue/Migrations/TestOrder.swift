import GRDB

/// In which order runs of tests stand, which of their reports are incomplete, and what tells tests with the same names apart.
///
/// All tables of test reports and the views of them are made anew, and filled from the store's files: more of a report is
/// read than before.
///
/// - `test_runs.ordered_at`: orders the runs, instead of `started_at`: the moment of ingestion, later than that of every run
///   ingested before; for history (a run of more than a day before its ingestion) its own time. `sequence` counts
///   ingestions: that of the run is its latest. `ci_job` is what the variables of a CI server call the attempt at the job that
///   ingested it.
/// - `test_reports.incomplete`: a JSON array of why a report can't be taken for the whole run of its tests. A file that was
///   refused is a report without tests that says so there. `run_started_at`, `run_ordered_at` and `ingestion` are what the
///   report says of its run, which has the earliest times and the latest ingestion of its reports.
/// - `tests.qualifier`: what tells a test from others with the same suite, class and name; empty if nothing does.
enum TestOrder {
    @Sendable static func create(_ db: Database) throws {
        try db.execute(sql: removal)
        try db.execute(sql: tables)
        try db.execute(sql: results)
        try db.execute(sql: questions)
        try db.execute(sql: flaky)
    }

    private static let removal = """
        DROP VIEW flaky_tests;
        DROP VIEW test_regressions;
        DROP VIEW test_durations;
        DROP VIEW test_histories;
        DROP VIEW failure_clusters;
        DROP VIEW test_run_failures;
        DROP VIEW test_changes;
        DROP VIEW test_run_results;
        DROP VIEW test_run_summaries;
        DROP TABLE quarantined_tests;
        DROP TABLE test_failures;
        DROP TABLE test_results;
        DROP TABLE test_reports;
        DROP TABLE test_runs;
        DROP TABLE tests;
        """

    private static let tables = """
        CREATE TABLE test_runs (
            id INTEGER PRIMARY KEY NOT NULL,
            name TEXT NOT NULL UNIQUE,
            commit_id TEXT,
            branch TEXT,
            job TEXT,
            attempt INTEGER,
            url TEXT,
            ci_job TEXT,
            started_at REAL NOT NULL,
            ordered_at REAL NOT NULL,
            sequence INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX test_runs_by_order ON test_runs (ordered_at);
        CREATE INDEX test_runs_by_sequence ON test_runs (sequence);

        CREATE TABLE test_reports (
            id INTEGER PRIMARY KEY NOT NULL,
            record TEXT NOT NULL UNIQUE,
            run INTEGER NOT NULL REFERENCES test_runs ON DELETE CASCADE,
            blob TEXT NOT NULL,
            file TEXT NOT NULL,
            ingested_at REAL NOT NULL,
            run_started_at REAL NOT NULL,
            run_ordered_at REAL NOT NULL,
            ingestion INTEGER NOT NULL,
            tests INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            errors INTEGER NOT NULL,
            skipped INTEGER NOT NULL,
            seconds REAL NOT NULL,
            warnings TEXT NOT NULL,
            incomplete TEXT NOT NULL
        ) STRICT;
        CREATE INDEX test_reports_by_run ON test_reports (run);
        CREATE INDEX test_reports_by_blob ON test_reports (blob);

        CREATE TABLE tests (
            id INTEGER PRIMARY KEY NOT NULL,
            suite TEXT NOT NULL,
            class TEXT NOT NULL,
            name TEXT NOT NULL,
            qualifier TEXT NOT NULL,
            renamed_to INTEGER REFERENCES tests,
            UNIQUE (class, name, suite, qualifier)
        ) STRICT;
        CREATE INDEX tests_renamed ON tests (renamed_to) WHERE renamed_to IS NOT NULL;

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

        CREATE TABLE quarantined_tests (
            test INTEGER PRIMARY KEY NOT NULL REFERENCES tests,
            until TEXT NOT NULL,
            reason TEXT NOT NULL,
            since REAL NOT NULL
        ) STRICT;
        """
}
