import GRDB

/// An expectation on a metric, as it was judged in a run.
package struct GateRow: Hashable, Sendable {
    package var run: String
    package var stage: String
    package var metric: String
    package var expected: String
    /// Nil if the stage gave no such metric.
    package var value: Double?
    package var passed: Bool
    /// The number that the expectation came to, if it names earlier runs; nil if it doesn't, they had none, or it isn't known.
    package var bound: Double?
    /// What there was where the number should be; nil if there was one, or an earlier version judged the gate.
    package var found: String?

    package init(
        run: String, stage: String, metric: String, expected: String, value: Double?, passed: Bool,
        bound: Double? = nil, found: String? = nil
    ) {
        self.found = found
        self.run = run
        self.stage = stage
        self.metric = metric
        self.expected = expected
        self.value = value
        self.passed = passed
        self.bound = bound
    }
}

extension GateRow: FetchableRecord {
    package init(row: Row) throws {
        try self.init(
            run: row.value("run"), stage: row.value("stage"), metric: row.value("metric"),
            expected: row.value("expected"),
            value: row.value("value"), passed: row.value("passed"), bound: row.value("bound"),
            found: row.value("found"))
    }
}
