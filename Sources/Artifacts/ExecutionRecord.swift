/// One stage run for one key: the action cache's entry, a file below `executions/`.
package struct ExecutionRecord: Hashable, Sendable, Codable {
    package var key: Digest
    /// The canonical key document: kind, version, parameters, inputs by role.
    package var keyDocument: JSONValue
    package var outputs: [String: Digest]
    package var metrics: [String: Double]
    /// Seconds since 1970.
    package var startedAt: Double
    package var seconds: Double
    package var cpuSeconds: Double
    package var peakMemoryBytes: Int
    /// The numeric profile and the like: recorded, not keyed.
    package var environment: [String: String]
    /// What stood in the place of numbers among the metrics, and why there may be none.
    package var remarks = MetricRemarks()

    package init(
        key: Digest, keyDocument: JSONValue, outputs: [String: Digest], metrics: [String: Double], startedAt: Double,
        seconds: Double, cpuSeconds: Double, peakMemoryBytes: Int, environment: [String: String]
    ) {
        self.key = key
        self.keyDocument = keyDocument
        self.outputs = outputs
        self.metrics = metrics
        self.startedAt = startedAt
        self.seconds = seconds
        self.cpuSeconds = cpuSeconds
        self.peakMemoryBytes = peakMemoryBytes
        self.environment = environment
    }
}

/// What an execution reported as metrics that are no numbers: no gate on them can be met.
package struct MetricRemarks: Hashable, Sendable, Codable {
    /// By the metric's name, as the program wrote it.
    package var words: [String: String] = [:]
    /// Why there are no metrics, though there should be.
    package var problem: String?

    package init(words: [String: String] = [:], problem: String? = nil) {
        self.words = words
        self.problem = problem
    }

    package var isEmpty: Bool { words.isEmpty && problem == nil }
}

/// What an execution came to: as much of its record as decides whether it will do once more.
package struct ExecutionOutcome: Hashable, Sendable {
    package let key: Digest
    package let outputs: [String: Digest]
    package let metrics: [String: Double]
    /// Seconds since 1970; tells two records of one key apart.
    package let startedAt: Double
}

extension ExecutionRecord {
    package var outcome: ExecutionOutcome {
        ExecutionOutcome(key: key, outputs: outputs, metrics: metrics, startedAt: startedAt)
    }
}
