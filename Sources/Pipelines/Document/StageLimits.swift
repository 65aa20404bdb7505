/// What a stage may take, and how often it may be tried. Not in its key: none of it changes a result.
package struct StageLimits: Hashable, Sendable {
    /// Seconds that its own code may take; nil for no limit.
    package var timeout: Double?
    /// Cores it is given instead of what its kind asks for.
    package var cores: Int?
    /// Bytes that all its processes together may hold in memory, and that the scheduler sets aside for it.
    package var memory: Int?
    /// How often it is started again after a failure.
    package var retries = 0
    /// Seconds before it is started again; twice as many each further time.
    package var backoff = 1.0

    package init() {}

    /// Seconds to wait after the attempt of this number, counted from 1; at most an hour.
    package func pause(after attempt: Int) -> Double {
        attempt > 20 ? 3_600 : min(3_600, backoff * Double(1 << (attempt - 1)))
    }
}
