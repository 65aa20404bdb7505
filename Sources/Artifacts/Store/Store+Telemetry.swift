import Foundation

/// `telemetry/ab/cdef….json`: how an execution went, by its stage key, such as the speed of a training over its steps.
///
/// Neither key nor artifact: its absence is no damage, and what it says of time differs from one execution to the next.
extension Store {
    private static let telemetryLimit = 4 << 20

    /// What an execution of `key` left; nil if it left nothing, or nothing that can be read.
    package func telemetry(of key: Digest) -> [UInt8]? {
        try? OpenFile(reading: telemetryPath(key)).contents(limit: Self.telemetryLimit)
    }

    /// Keeps it, in place of what an earlier execution of `key` left. All at once.
    package func keep(telemetry: [UInt8], of key: Digest) throws(StoreError) {
        try write(telemetry, to: telemetryPath(key), mode: 0o644)
    }

    /// The keys of which there is telemetry, sorted.
    package func telemetryKeys() throws -> [Digest] { try scan("telemetry", suffix: ".json").digests }
}
