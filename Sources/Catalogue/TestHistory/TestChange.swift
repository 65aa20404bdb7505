import Artifacts

/// How a test's result differs between a baseline and a run.
package enum TestChange: String, Hashable, Sendable, CaseIterable {
    case newFailure = "new failure"
    case stillFailing = "still failing"
    case fixed
    case new
    case removed
    case newlySkipped = "newly skipped"

    /// Nil where there is nothing to say. A test that isn't in a run has no result there.
    package init?(was: TestStatus?, now: TestStatus?) {
        let wasFailing = was?.isFailing == true
        switch now {
        case nil: self = .removed
        case .failed, .error: self = wasFailing ? .stillFailing : .newFailure
        case _ where was == nil: self = .new
        case .passed where wasFailing: self = .fixed
        case .skipped where was != .skipped: self = .newlySkipped
        default: return nil
        }
    }
}

/// One test that changed.
package struct ChangedTest: Hashable, Sendable {
    package let change: TestChange
    package let test: TestName
    package let was: TestStatus?
    package let now: TestStatus?
    /// The first of the runs in a row, of this job and branch, in which it failed; nil unless it is still failing.
    package let failingSince: String?
    /// Of the first failure now.
    package let message: String
    /// The last day on which its failures don't count, which may be over; nil if it isn't quarantined.
    package let quarantinedUntil: String?
}
