import Artifacts

/// An execution as the catalogue knows it.
package struct ExecutionRow: Hashable, Sendable {
    package var key: Digest
    package var result: ResultDigest
    package var kind: String
    package var version: Int
    /// The stage name under which it was first seen; nil if only its record is known.
    package var stage: String?
    /// The key document.
    package var document: JSONValue
    /// Seconds since 1970.
    package var startedAt: Double
    package var seconds: Double
    package var cpuSeconds: Double
    package var peakMemoryBytes: Int
    package var environment: [String: String]
    /// Artifacts by role.
    package var outputs: [String: Digest]
    package var metrics: [String: Double]
    /// The objects that must exist for the outputs to be whole: manifests and members, sorted.
    package var objects: [Digest]
}

extension ExecutionRecord {
    /// The record that a row was made from.
    init(_ row: ExecutionRow) {
        self.init(
            key: row.key, keyDocument: row.document, outputs: row.outputs, metrics: row.metrics,
            startedAt: row.startedAt, seconds: row.seconds, cpuSeconds: row.cpuSeconds,
            peakMemoryBytes: row.peakMemoryBytes, environment: row.environment)
    }
}
