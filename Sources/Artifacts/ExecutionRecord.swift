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
