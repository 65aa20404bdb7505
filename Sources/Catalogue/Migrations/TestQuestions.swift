import GRDB

/// What people say of tests, and a view for each question that `calm reports` answers; the rules are in
/// `Sources/Reports/HISTORY.md`.
///
/// - `tests.renamed_to`: the test that this one is called now, null unless it was renamed; an alias of an alias leads to the
///   last. All views speak of the test that it is called now.
/// - `quarantined_tests`: tests whose failures don't count up to the end of the day `until`; its files are the truth.
///
/// Views (`list` is `test_run_summaries`, `diff` is `test_changes`, with `run` and `baseline` as rows of `test_runs`):
/// - `test_run_failures`: what `show` lists: one row a failure or error of a test in a run.
/// - `test_histories`: what `history` lists: one row a test and run, with the run's commit, branch and job.
/// - `flaky_tests`: what `flaky` lists by default, one row a test and piece of evidence: `rule` is `different results on one
///   commit` (with `commit_id`, or a `run` without a commit) or `switches` (with how many over how many runs).
/// - `test_durations`: what `slowest` lists: one row a test that passed in a run, with the median and the median absolute
///   deviation (`deviation`) of its `earlier` passing durations, the last 20 in runs of the same job and branch. Ask it for one
///   `run`; all of them take long.
/// - `test_regressions`: what `regressions` lists by default: new failures, and tests slower than median + 3 deviations and
///   by more than 50 ms, of at least 5 earlier durations.
/// - `failure_clusters`: what `clusters` lists: failures of a run by the shape of their message.
enum TestQuestions {
    @Sendable static func create(_ db: Database) throws {
        try db.execute(sql: notes)
        try db.execute(sql: results)
        try db.execute(sql: questions)
        try db.execute(sql: flaky)
    }

    private static let notes = """
        -- More of a report is read than before: all are read anew.
        DELETE FROM test_failures;
        DELETE FROM test_results;
        DELETE FROM test_reports;
        DELETE FROM test_runs;

        ALTER TABLE tests ADD COLUMN renamed_to INTEGER REFERENCES tests;
        CREATE INDEX tests_renamed ON tests (renamed_to) WHERE renamed_to IS NOT NULL;

        CREATE TABLE quarantined_tests (
            test INTEGER PRIMARY KEY NOT NULL REFERENCES tests,
            until TEXT NOT NULL,
            reason TEXT NOT NULL,
            since REAL NOT NULL
        ) STRICT;
        """

    /// `FlakyRules` as they were, which may change; a migration doesn't.
    private static let flaky = """
        CREATE VIEW flaky_tests AS WITH recent AS (
            SELECT * FROM (
                SELECT *, row_number() OVER (PARTITION BY job, branch ORDER BY started_at DESC, id DESC) AS age
                FROM test_runs ) WHERE age <= 20
        ), suspects AS (
            SELECT DISTINCT coalesce(tests.renamed_to, tests.id) AS test
            FROM recent JOIN test_reports ON test_reports.run = recent.id
            JOIN test_results ON test_results.report = test_reports.id JOIN tests ON tests.id = test_results.test
            WHERE status IN ('failed', 'error') OR flaky > 0
        ), results AS (
            SELECT suspects.test, recent.id AS run, recent.job, recent.branch, recent.commit_id, recent.started_at,
                   sum(status = 'passed') AS passed, sum(status IN ('failed', 'error')) AS failed, max(flaky) AS flaky
            FROM suspects JOIN tests AS called ON called.id = suspects.test OR called.renamed_to = suspects.test
            JOIN test_results ON test_results.test = called.id
            JOIN test_reports ON test_reports.id = test_results.report
            JOIN recent ON recent.id = test_reports.run
            GROUP BY suspects.test, recent.id
        ), differing AS (
            SELECT test, 'different results on one commit' AS rule, job, NULL AS branch, commit_id,
                   CASE WHEN commit_id IS NULL THEN run END AS run, count(*) AS runs, sum(passed > 0) AS passed,
                   sum(failed > 0 OR flaky > 0) AS failed, NULL AS switches
            FROM results GROUP BY test, job, commit_id, CASE WHEN commit_id IS NULL THEN run END
            HAVING max(flaky) > 0 OR (sum(passed) > 0 AND sum(failed) > 0)
        ), judged AS (
            SELECT *, failed > 0 <> lag(failed > 0) OVER (
                PARTITION BY test, job, branch ORDER BY started_at, run) AS switched
            FROM results WHERE passed + failed > 0
        ), switching AS (
            SELECT test, 'switches' AS rule, job, branch, NULL AS commit_id, NULL AS run, count(*) AS runs,
                   sum(failed = 0) AS passed, sum(failed > 0) AS failed, coalesce(sum(switched), 0) AS switches
            FROM judged GROUP BY test, job, branch HAVING coalesce(sum(switched), 0) >= 3
        )
        SELECT evidence.*, suite, class, name FROM (SELECT * FROM differing UNION ALL SELECT * FROM switching) AS evidence
        JOIN tests ON tests.id = evidence.test
        """

    /// The views of before, of tests as they are called now.
    private static let results = """
        DROP VIEW test_changes;
        DROP VIEW test_run_results;

        CREATE VIEW test_run_results AS
            SELECT test_reports.run, coalesce(tests.renamed_to, tests.id) AS test,
                   CASE max(CASE status WHEN 'error' THEN 3 WHEN 'failed' THEN 2 WHEN 'passed' THEN 1 ELSE 0 END)
                       WHEN 3 THEN 'error' WHEN 2 THEN 'failed' WHEN 1 THEN 'passed' ELSE 'skipped' END AS status,
                   max(flaky) AS flaky, sum(test_results.seconds) AS seconds, count(*) AS cases
            FROM test_results JOIN test_reports ON test_reports.id = test_results.report
            JOIN tests ON tests.id = test_results.test
            GROUP BY test_reports.run, coalesce(tests.renamed_to, tests.id);

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
                    SELECT 1 FROM tests JOIN test_results ON test_results.test = tests.id
                    JOIN test_reports ON test_reports.id = test_results.report
                    WHERE (tests.id = earlier.test OR tests.renamed_to = earlier.test)
                        AND test_reports.run = pairs.run)
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
        """

    private static let questions = """
        CREATE VIEW test_run_failures AS
            SELECT test_reports.run, named.id AS test, named.suite, named.class, named.name, test_failures.kind,
                   test_failures.type, test_failures.message, test_failures.details, test_failures.shape,
                   test_failures.report, test_failures.position, test_failures.number
            FROM test_failures JOIN test_results USING (report, position)
            JOIN test_reports ON test_reports.id = test_failures.report
            JOIN tests ON tests.id = test_results.test
            JOIN tests AS named ON named.id = coalesce(tests.renamed_to, tests.id)
            WHERE test_failures.kind IN ('failure', 'error');

        CREATE VIEW test_histories AS
            SELECT tests.id AS test, suite, class, tests.name, test_runs.id AS run, test_runs.name AS run_name,
                   started_at, commit_id, branch, job, attempt, status, flaky, seconds
            FROM test_run_results JOIN tests ON tests.id = test_run_results.test
            JOIN test_runs ON test_runs.id = test_run_results.run;

        CREATE VIEW test_durations AS
            WITH passed AS (
                SELECT run, test, test_run_results.seconds, job, branch, started_at
                FROM test_run_results JOIN test_runs ON test_runs.id = run
                WHERE status = 'passed' AND test_run_results.seconds IS NOT NULL
            ), gathered AS (
                SELECT run, test, seconds, (
                    SELECT json_group_array(seconds) FROM (
                        SELECT earlier.seconds FROM passed AS earlier
                        WHERE earlier.test = passed.test AND earlier.job IS passed.job
                            AND earlier.branch IS passed.branch
                            AND (earlier.started_at, earlier.run) < (passed.started_at, passed.run)
                        ORDER BY earlier.started_at DESC, earlier.run DESC LIMIT 20)) AS past
                FROM passed
            ), centred AS (
                SELECT *, (
                    SELECT avg(value) FROM (
                        SELECT value, row_number() OVER (ORDER BY value) AS place, count(*) OVER () AS count
                        FROM json_each(past)) WHERE place IN ((count + 1) / 2, count / 2 + 1)) AS median
                FROM gathered
            )
            SELECT run, test, suite, class, name, seconds, json_array_length(past) AS earlier, median, (
                SELECT avg(distance) FROM (
                    SELECT abs(value - median) AS distance, row_number() OVER (ORDER BY abs(value - median)) AS place,
                           count(*) OVER () AS count
                    FROM json_each(past)) WHERE place IN ((count + 1) / 2, count / 2 + 1)) AS deviation
            FROM centred JOIN tests ON tests.id = centred.test;

        CREATE VIEW test_regressions AS
            SELECT run, test, suite, class, name, 'new failure' AS regression, NULL AS seconds, NULL AS median,
                   NULL AS deviation
            FROM test_changes WHERE change = 'new failure'
            UNION ALL
            SELECT run, test, suite, class, name, 'slower', seconds, median, deviation FROM test_durations
            WHERE earlier >= 5 AND seconds > median + 3 * deviation AND seconds > median + 0.05;

        CREATE VIEW failure_clusters AS
            SELECT run, shape, count(DISTINCT test) AS tests, count(*) AS failures, min(message) AS example
            FROM test_run_failures GROUP BY run, shape;
        """
}
