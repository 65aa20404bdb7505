import Foundation

/// Who hears how fetching goes.
package struct FetchObserver: Sendable {
    /// Bytes that have arrived, and how many there will be, if that is known.
    package var progress: @Sendable (_ count: Int, _ total: Int?) -> Void = { _, _ in }
    package var log: @Sendable (String) -> Void = { _ in }

    package init() {}
}

/// How often something is tried, and the pauses between: twice as long each time, with a random part, so that many clients
/// of a server that was down don't return at once.
package struct RetryPolicy: Sendable {
    /// How many failures in a row there may be, the last included.
    package var attempts = 6
    /// Seconds before the second attempt.
    package var firstPause = 0.5
    package var longestPause = 30.0
    /// The longest that a server may ask to wait; a longer `Retry-After` is an error at once.
    package var longestRequestedPause = 300.0
    package var sleep: @Sendable (Double) -> Void = { Thread.sleep(forTimeInterval: $0) }

    package init() {}

    /// The seconds to wait after so many failures in a row.
    ///
    /// - Throws: the failure, with words that say so, if no further attempt is to be made.
    func pause(after failures: Int, of failure: FetchFailure) throws(FetchFailure) -> Double {
        guard failure.reason == .transient else { throw failure }
        guard failures < attempts else {
            throw failure.adding(attempts > 1 ? "; \(attempts) attempts failed" : "")
        }
        let requested = failure.pause ?? 0
        guard requested <= longestRequestedPause else {
            throw failure.adding("; the server asks to wait for \(Int(requested)) seconds: run again later")
        }
        let exponential = min(longestPause, firstPause * pow(2, Double(failures - 1)))
        return max(requested, exponential * Double.random(in: 0.75...1.25))
    }

    /// The result of the first attempt that succeeds.
    func perform<Value>(_ observer: FetchObserver, _ attempt: () throws -> Value) throws -> Value {
        var failures = 0
        while true {
            do {
                return try attempt()
            } catch let failure as FetchFailure {
                failures += 1
                let pause = try pause(after: failures, of: failure)
                observer.log("\(failure); trying again in \(String(format: "%.1f", pause)) s")
                sleep(pause)
            }
        }
    }
}
