import GRDB

/// A metric of a stage in a pipeline's latest run that has it, beside what it was before.
package struct MetricHistory: Hashable, Sendable {
    package let run: String
    package let pipeline: String
    package let value: Double
    /// The pipeline's latest run with this stage, if the stage failed in it or was left out after a failure.
    package let unsuccessful: String?
    /// Of earlier executions, the latest first, each once however often it was used since.
    package let earlier: [Double]
    /// Whether each of the earlier values missed a gate on it; where one didn't, those that did are left out.
    package let areEarlierMissed: Bool
}

extension Catalogue {
    /// The history of a metric over the latest `last` executions; nil if no run has it.
    package func metricHistory(stage: String, metric: String, last: Int) throws -> MetricHistory? {
        try read { db in
            let sql = """
                SELECT runs.id, runs.pipeline, run_stages.key || run_stages.result AS execution,
                       coalesce(metrics.value, superseded_metrics.value) AS value,
                       EXISTS (SELECT 1 FROM gates WHERE gates.run = runs.id AND gates.stage = ?1
                           AND gates.metric = ?2 AND NOT passed) AS missed
                \(Self.measured)
                ORDER BY runs.started_at DESC, runs.id DESC
                """
            var latest: (run: String, pipeline: String, value: Double)?
            var seen: Set<String> = []
            var earlier: [Double] = []
            var missed: (seen: Set<String>, values: [Double]) = ([], [])
            let rows = try Row.fetchCursor(db, sql: sql, arguments: [stage, metric])
            while earlier.count < last, let row = try rows.next() {
                let pipeline: String = try row.value("pipeline")
                // SQLite keeps "not a number" as null.
                let value = try row.value("value", as: Double?.self) ?? .nan
                guard let latest else {
                    latest = (try row.value("id"), pipeline, value)
                    seen.insert(try row.value("execution"))
                    continue
                }
                let execution: String = try row.value("execution")
                guard pipeline == latest.pipeline, !seen.contains(execution) else { continue }
                // What missed its own gate says what the metric must not be.
                if try row.value("missed", as: Int.self) > 0 {
                    if value.isFinite, missed.values.count < last, missed.seen.insert(execution).inserted {
                        missed.values.append(value)
                    }
                    continue
                }
                seen.insert(execution)
                if value.isFinite { earlier.append(value) }
            }
            guard let latest else { return nil }
            let last = try Row.fetchOne(
                db,
                sql: """
                    SELECT runs.id, run_stages.state FROM runs JOIN run_stages ON run_stages.run = runs.id
                    WHERE runs.pipeline = ? AND run_stages.name = ? ORDER BY runs.started_at DESC, runs.id DESC LIMIT 1
                    """, arguments: [latest.pipeline, stage])
            let isUnsuccessful = try last.map {
                try ["failed", "skipped"].contains($0.value("state", as: String.self))
            }
            return MetricHistory(
                run: latest.run, pipeline: latest.pipeline, value: latest.value,
                unsuccessful: isUnsuccessful == true ? try last?.value("id") : nil,
                earlier: earlier.isEmpty ? missed.values : earlier,
                areEarlierMissed: earlier.isEmpty && !missed.values.isEmpty)
        }
    }
}
