/// Where a run stands among the others.
///
/// Runs are in the order in which they were ingested, whatever the clocks of their machines said; but history, a run of more
/// than a day before it was ingested, stands at its own time.
package enum RunOrder {
    static let freshness = 86_400.0

    /// - Parameters:
    ///   - time: that of the run, if somebody said one.
    ///   - now: by this machine's clock.
    ///   - latest: the last place so far.
    package static func place(_ time: Double?, now: Double, latest: Double?) -> Double {
        if let time, time < now - freshness { return time }
        guard let latest, latest >= now else { return now }
        // A clock was ahead of this one. By a millisecond, which a Double of seconds can tell apart for a long time.
        return max(latest + 0.001, latest.nextUp)
    }

    /// Whether what was ingested was history then.
    static func isHistory(_ orderedAt: Double, ingestedAt: Double) -> Bool { orderedAt < ingestedAt - freshness }
}
