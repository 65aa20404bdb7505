import GRDB

/// Views that list runs of tests and compare each with the one before it; `calm reports list` and `diff` answer the same.
///
/// - `test_run_summaries`: one row a run, with the counts of its reports' cases.
/// - `test_changes`: one row a test whose result differs between a run and its `baseline`, the run of the same job and branch
///   before it, or that fails in both. `change` is `new failure`, `still failing`, `fixed`, `new`, `removed` or
///   `newly skipped`; `was` and `status` are the results, null where the test isn't.
enum TestComparisonViews {
    @Sendable static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE VIEW test_run_summaries AS
                    SELECT test_runs.*, count(*) AS reports, sum(tests) AS tests, sum(failures) AS failures,
                           sum(errors) AS errors, sum(skipped) AS skipped, sum(seconds) AS seconds
                    FROM test_runs JOIN test_reports ON test_reports.run = test_runs.id GROUP BY test_runs.id;

                CREATE VIEW test_changes AS
                    WITH pairs AS (
                        SELECT run.id AS run, (
                            SELECT earlier.id FROM test_runs AS earlier
                            WHERE earlier.job IS run.job AND earlier.branch IS run.branch
                                AND (earlier.started_at, earlier.id) < (run.started_at, run.id)
                            ORDER BY earlier.started_at DESC, earlier.id DESC LIMIT 1) AS baseline
                        FROM test_runs AS run
                    ), both_runs AS (
                        SELECT pairs.run, pairs.baseline, now.test, earlier.status AS was, now.status
                        FROM pairs JOIN test_run_results AS now ON now.run = pairs.run
                        LEFT JOIN test_run_results AS earlier
                            ON earlier.run = pairs.baseline AND earlier.test = now.test
                        WHERE pairs.baseline IS NOT NULL
                        UNION ALL
                        SELECT pairs.run, pairs.baseline, earlier.test, earlier.status, NULL
                        FROM pairs JOIN test_run_results AS earlier ON earlier.run = pairs.baseline
                        WHERE NOT EXISTS (
                            SELECT 1 FROM test_results JOIN test_reports ON test_reports.id = test_results.report
                            WHERE test_reports.run = pairs.run AND test_results.test = earlier.test)
                    ), judged AS (
                        SELECT run, baseline, test, was, status, CASE
                            WHEN status IS NULL THEN 'removed'
                            WHEN status IN ('failed', 'error') THEN
                                CASE WHEN was IN ('failed', 'error') THEN 'still failing' ELSE 'new failure' END
                            WHEN was IS NULL THEN 'new'
                            WHEN status = 'passed' AND was IN ('failed', 'error') THEN 'fixed'
                            WHEN status = 'skipped' AND was <> 'skipped' THEN 'newly skipped'
                            END AS change
                        FROM both_runs
                    )
                    SELECT run, baseline, test, suite, class, name, was, status, change
                    FROM judged JOIN tests ON tests.id = judged.test WHERE change IS NOT NULL;
                """)
    }
}
