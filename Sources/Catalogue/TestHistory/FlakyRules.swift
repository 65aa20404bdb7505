import GRDB

/// When a test is called flaky.
package struct FlakyRules: Hashable, Sendable {
    /// Over how many of the latest runs of each job and branch.
    package var runs: Int
    /// How often its results must switch between passed and failed.
    package var switches: Int

    package init(runs: Int = 20, switches: Int = 3) {
        self.runs = runs
        self.switches = switches
    }

    /// One row a test and piece of evidence. The view `flaky_tests` is the default: who changes this adds a migration that
    /// makes the view anew.
    ///
    /// Only tests that ever failed or say themselves that they are flaky are looked at: what always passed costs one look.
    /// - Parameter end: whether the latest run is the arguments' (`?1` when it was, `?2` its row), instead of the latest of all.
    func sql(endingAtRun end: Bool = false) -> String {
        """
        WITH recent AS (
            SELECT * FROM (
                SELECT *, row_number() OVER (PARTITION BY job, branch ORDER BY ordered_at DESC, id DESC) AS age
                FROM test_runs \(end ? "WHERE (ordered_at, id) <= (?1, ?2)" : "")) WHERE age <= \(runs)
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
            FROM judged GROUP BY test, job, branch HAVING coalesce(sum(switched), 0) >= \(switches)
        )
        SELECT evidence.*, suite, class, name, qualifier FROM (SELECT * FROM differing UNION ALL SELECT * FROM switching) AS evidence
        JOIN tests ON tests.id = evidence.test
        """
    }

    package var sql: String { sql() }
}
