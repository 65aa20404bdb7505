import Foundation
import Synchronization

/// The process that leads a worker's process group; nil until it has been started.
final class Leader: Sendable {
    private let identifier = Mutex<pid_t?>(nil)

    var process: pid_t? {
        get { identifier.withLock { $0 } }
        set { identifier.withLock { $0 = newValue } }
    }
}

/// Looks again and again at what a worker's process group uses: whoever is killed can't say it any more.
struct ProcessGroupMeter {
    /// While a limit may be crossed.
    private static let often = Duration.milliseconds(20)
    /// Where it is only for the record: at first, and ever more rarely.
    private static let rarely = (first: Duration.milliseconds(60), last: Duration.milliseconds(250))

    /// Bytes that all processes together may hold; what several share counts for each.
    let limit: Int?

    /// Ends with a failure once the group holds more than its limit, or with nil when it is cancelled.
    func watch(_ leader: Leader, onUsage: (ResourceUsage) -> Void) async -> WorkerOutcome? {
        var pause = limit == nil ? Self.rarely.first : Self.often
        while true {
            do {
                try await Task.sleep(for: pause)
            } catch {
                return nil
            }
            if limit == nil { pause = min(pause * 1.5, Self.rarely.last) }
            guard let group = leader.process else { continue }
            let usage = ResourceUsage.ofTree(group)
            // Nothing of a group that has just ended.
            if usage.peakMemoryBytes > 0 { onUsage(usage) }
            guard let limit, usage.peakMemoryBytes > limit else { continue }
            // At once: what is asked to end may take seconds, and memory, to do so.
            kill(-group, SIGKILL)
            let (found, allowed) = (Self.text(usage.peakMemoryBytes), Self.text(limit))
            return .failed(
                StageFailure(
                    .memory, "killed: it held \(found) of memory, its limit is \(allowed) (resources.memory)"))
        }
    }

    private static func text(_ bytes: Int) -> String {
        bytes >= 1 << 30
            ? String(format: "%.1f GiB", Double(bytes) / 0x1p30) : String(format: "%.0f MiB", Double(bytes) / 0x1p20)
    }
}
