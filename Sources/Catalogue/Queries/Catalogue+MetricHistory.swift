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
}
