import Synchronization

/// Whether a stage was asked to end early, as by Ctrl-C, and whether it listens.
///
/// A stage that listens ends by itself, in a state from which it can be taken up again; any other is just ended.
package final class StopRequest: Sendable {
    private struct State {
        var isMade = false
        var listeners = 0
    }

    private let state = Mutex(State())

    package init() {}

    package var isMade: Bool { state.withLock { $0.isMade } }

    /// Asks; false if nobody listens, so that the process is to be ended. To ask twice is to ask once: a service manager
    /// that signals every process of a run adds to what the coordinator does.
    package func make() -> Bool {
        state.withLock { state in
            state.isMade = true
            return state.listeners > 0
        }
    }

    /// Runs what looks at `isMade` now and then.
    package func listening<Value>(_ body: () throws -> Value) rethrows -> Value {
        state.withLock { $0.listeners += 1 }
        defer { state.withLock { $0.listeners -= 1 } }
        return try body()
    }
}
