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

    /// The same by executions, each once however many runs took its result, the latest used first: a run that is repeated
    /// adds nothing.
    package func executedHistory(
        of metric: String, stage: String, pipeline: String, before run: String, limit: Int
    ) throws -> [(key: Digest, value: Double)] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT run_stages.key, metrics.value, max(runs.started_at) AS latest
                    FROM runs CROSS JOIN run_stages ON run_stages.run = runs.id AND run_stages.name = ?1
                    JOIN metrics ON metrics.key = run_stages.key AND metrics.name = ?2
                    WHERE runs.pipeline = ?3 AND metrics.value IS NOT NULL AND run_stages.state IN ('cached', 'executed')
                        AND (runs.started_at, runs.id) < (SELECT started_at, id FROM runs WHERE id = ?4)
                    GROUP BY run_stages.key ORDER BY latest DESC, run_stages.key LIMIT ?5
                    """, arguments: [stage, metric, pipeline, run, limit]
            ).map { row in (try row.digest("key"), try row.value("value")) }
        }
    }
}
