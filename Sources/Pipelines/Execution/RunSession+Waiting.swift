import Foundation
import Synchronization

extension RunSession {
    /// A stage that has to run.
    struct Waiting: Sendable {
        let position: Int
        let assessment: Planner.Assessment
        let demand: CoreDemand
        let why: String
        let log: URL
        /// Counted from 1.
        var attempt = 1
        var failed: [FailedAttempt] = []
        var startedAt: ContinuousClock.Instant?
        /// The same moment by the calendar.
        var startedOn: Date?
        /// How many it was given.
        var threads = 0
        /// What it has been seen to use since it was started.
        var usage = SeenUsage()

        /// Seconds since it was started.
        var elapsed: Double { startedAt.map { ($0.duration(to: .now)) / .seconds(1) } ?? 0 }
    }

    /// What a worker uses while it runs, for a stage that doesn't live to say it.
    final class SeenUsage: Sendable {
        private let state = Mutex((usage: ResourceUsage(), hasStarted: false))

        var value: ResourceUsage { state.withLock(\.usage) }
        /// Whether the stage's own code began: until then its worker may wait for another that runs the same key.
        var hasStarted: Bool { state.withLock(\.hasStarted) }

        func raise(to usage: ResourceUsage) { state.withLock { $0.usage.raise(to: usage) } }
        func start() { state.withLock { $0.hasStarted = true } }
    }
}
