import Artifacts
import GRDB

extension Catalogue {
    /// A metric of a stage in the runs of a pipeline before `run`, newest first; what isn't a number is left out.
    package func history(
        of metric: String, stage: String, pipeline: String, before run: String, limit: Int
    ) throws -> [MetricRow] {
        try read { db in
            try MetricRow.fetchAll(
                db,
                sql: """
                    SELECT * FROM run_metrics WHERE stage = ? AND name = ? AND pipeline = ? AND value IS NOT NULL
                        AND (started_at, run) < (SELECT started_at, id FROM runs WHERE id = ?)
                    ORDER BY started_at DESC, run DESC LIMIT ?
                    """, arguments: [stage, metric, pipeline, run, limit])
        }
    }

    /// Runs with the stage ?1 that had the metric ?2 then, one row a run: to be selected from with a condition.
    static let measured = """
        FROM runs CROSS JOIN run_stages ON run_stages.run = runs.id AND run_stages.name = ?1
        LEFT JOIN executions ON executions.key = run_stages.key AND executions.result = run_stages.result
        LEFT JOIN metrics ON metrics.key = executions.key AND metrics.name = ?2
        LEFT JOIN superseded_metrics ON superseded_metrics.key = run_stages.key
            AND superseded_metrics.result = run_stages.result AND superseded_metrics.name = ?2
        WHERE run_stages.state IN ('cached', 'executed')
            AND coalesce(metrics.name, superseded_metrics.name) IS NOT NULL
        """

    /// The same by executions, each once however many runs took its result, the latest used first: a run that is repeated
    /// adds nothing. An execution of a key that gave another result is one of its own.
    package func executedHistory(
        of metric: String, stage: String, pipeline: String, before run: String, limit: Int
    ) throws -> [(result: KeyedResult, value: Double)] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT run_stages.key, run_stages.result, coalesce(metrics.value, superseded_metrics.value) AS value,
                           max(runs.started_at) AS latest
                    \(Self.measured) AND coalesce(metrics.value, superseded_metrics.value) IS NOT NULL
                        AND runs.pipeline = ?3
                        AND (runs.started_at, runs.id) < (SELECT started_at, id FROM runs WHERE id = ?4)
                    GROUP BY run_stages.key, run_stages.result
                    ORDER BY latest DESC, run_stages.key, run_stages.result LIMIT ?5
                    """, arguments: [stage, metric, pipeline, run, limit]
            ).compactMap { row in
                guard let result = try row.result("result") else { return nil }
                return (KeyedResult(key: try row.digest("key"), result: result), try row.value("value"))
            }
        }
    }
}
