/// The views of test reports by the order of `test_runs.ordered_at`; what each answers is with the migrations that made them
/// first, `TestComparisonViews` and `TestQuestions`.
///
/// The baseline of a run is the one before it, of the same job and branch, that has tests.
extension TestOrder {
    static let results = """
        CREATE VIEW test_run_summaries AS
            SELECT test_runs.*, count(*) AS reports, sum(tests) AS tests, sum(failures) AS failures,
                   sum(errors) AS errors, sum(skipped) AS skipped, sum(seconds) AS seconds,
                   sum(incomplete <> '[]') AS incomplete, max(ingested_at) AS ingested_at
            FROM test_runs JOIN test_reports ON test_reports.run = test_runs.id GROUP BY test_runs.id;

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
                        AND (earlier.ordered_at, earlier.id) < (run.ordered_at, run.id)
                        AND EXISTS (SELECT 1 FROM test_reports WHERE test_reports.run = earlier.id AND tests > 0)
                    ORDER BY earlier.ordered_at DESC, earlier.id DESC LIMIT 1) AS baseline
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
            SELECT run, baseline, test, suite, class, name, qualifier, was, status, change
            FROM judged JOIN tests ON tests.id = judged.test WHERE change IS NOT NULL;
        """

    static let questions = """
        CREATE VIEW test_run_failures AS
            SELECT test_reports.run, named.id AS test, named.suite, named.class, named.name, named.qualifier,
                   test_failures.kind, test_failures.type, test_failures.message, test_failures.details, test_failures.shape,
                   test_failures.report, test_failures.position, test_failures.number
            FROM test_failures JOIN test_results USING (report, position)
            JOIN test_reports ON test_reports.id = test_failures.report
            JOIN tests ON tests.id = test_results.test
            JOIN tests AS named ON named.id = coalesce(tests.renamed_to, tests.id)
            WHERE test_failures.kind IN ('failure', 'error');

        CREATE VIEW test_histories AS
            SELECT tests.id AS test, suite, class, tests.name, qualifier, test_runs.id AS run, test_runs.name AS run_name,
                   started_at, ordered_at, commit_id, branch, job, attempt, status, flaky, seconds
            FROM test_run_results JOIN tests ON tests.id = test_run_results.test
            JOIN test_runs ON test_runs.id = test_run_results.run;

        CREATE VIEW test_durations AS
            WITH passed AS (
                SELECT run, test, test_run_results.seconds, job, branch, ordered_at
                FROM test_run_results JOIN test_runs ON test_runs.id = run
                WHERE status = 'passed' AND test_run_results.seconds IS NOT NULL
            ), gathered AS (
                SELECT run, test, seconds, (
                    SELECT json_group_array(seconds) FROM (
                        SELECT earlier.seconds FROM passed AS earlier
                        WHERE earlier.test = passed.test AND earlier.job IS passed.job
                            AND earlier.branch IS passed.branch
                            AND (earlier.ordered_at, earlier.run) < (passed.ordered_at, passed.run)
                        ORDER BY earlier.ordered_at DESC, earlier.run DESC LIMIT 20)) AS past
                FROM passed
            ), centred AS (
                SELECT *, (
                    SELECT avg(value) FROM (
                        SELECT value, row_number() OVER (ORDER BY value) AS place, count(*) OVER () AS count
                        FROM json_each(past)) WHERE place IN ((count + 1) / 2, count / 2 + 1)) AS median
                FROM gathered
            )
            SELECT run, test, suite, class, name, qualifier, seconds, json_array_length(past) AS earlier, median, (
                SELECT avg(distance) FROM (
                    SELECT abs(value - median) AS distance, row_number() OVER (ORDER BY abs(value - median)) AS place,
                           count(*) OVER () AS count
                    FROM json_each(past)) WHERE place IN ((count + 1) / 2, count / 2 + 1)) AS deviation
            FROM centred JOIN tests ON tests.id = centred.test;

        CREATE VIEW test_regressions AS
            SELECT run, test, suite, class, name, qualifier, 'new failure' AS regression, NULL AS seconds, NULL AS median,
                   NULL AS deviation
            FROM test_changes WHERE change = 'new failure'
            UNION ALL
            SELECT run, test, suite, class, name, qualifier, 'slower', seconds, median, deviation FROM test_durations
            WHERE earlier >= 5 AND seconds > median + 3 * deviation AND seconds > median + 0.05;

        CREATE VIEW failure_clusters AS
            SELECT run, shape, count(DISTINCT test) AS tests, count(*) AS failures, min(message) AS example
            FROM test_run_failures GROUP BY run, shape;
        """

    /// `FlakyRules` as they were, which may change; a migration doesn't.
    static let flaky = """
        CREATE VIEW flaky_tests AS WITH recent AS (
            SELECT * FROM (
                SELECT *, row_number() OVER (PARTITION BY job, branch ORDER BY ordered_at DESC, id DESC) AS age
                FROM test_runs ) WHERE age <= 20
        ), suspects AS (
            SELECT DISTINCT coalesce(tests.renamed_to, tests.id) AS test
            FROM recent JOIN test_reports ON test_reports.run = recent.id
            JOIN test_results ON test_results.report = test_reports.id JOIN tests ON tests.id = test_results.test
            WHERE status IN ('failed', 'error') OR flaky > 0
        ), results AS (
            SELECT suspects.test, recent.id AS run, recent.job, recent.branch, recent.commit_id, recent.ordered_at,
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
                PARTITION BY test, job, branch ORDER BY ordered_at, run) AS switched
            FROM results WHERE passed + failed > 0
        ), switching AS (
            SELECT test, 'switches' AS rule, job, branch, NULL AS commit_id, NULL AS run, count(*) AS runs,
                   sum(failed = 0) AS passed, sum(failed > 0) AS failed, coalesce(sum(switched), 0) AS switches
            FROM judged GROUP BY test, job, branch HAVING coalesce(sum(switched), 0) >= 3
        )
        SELECT evidence.*, suite, class, name, qualifier FROM (SELECT * FROM differing UNION ALL SELECT * FROM switching) AS evidence
        JOIN tests ON tests.id = evidence.test
        """
}
