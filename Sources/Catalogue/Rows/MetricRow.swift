import GRDB

/// A metric of a stage in a run.
package struct MetricRow: Hashable, Sendable {
    package var run: String
    /// When the run began, in seconds since 1970.
    package var startedAt: Double
    package var stage: String
    package var name: String
    package var value: Double

    package init(run: String, startedAt: Double, stage: String, name: String, value: Double) {
        self.run = run
        self.startedAt = startedAt
        self.stage = stage
        self.name = name
        self.value = value
    }
}

extension MetricRow: FetchableRecord {
    package init(row: Row) throws {
        try self.init(
            run: row.value("run"), startedAt: row.value("started_at"), stage: row.value("stage"),
            name: row.value("name"),
            // SQLite keeps "not a number" as null.
            value: row.value("value", as: Double?.self) ?? .nan)
    }
}
