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

/// Looks again and again at what a process group holds in memory.
struct MemoryWatch {
    /// Bytes that all processes together may hold; what several share counts for each.
    let limit: Int

    /// Ends with a failure once the group holds more, or with nil when it is cancelled.
    func watch(_ leader: Leader) async -> WorkerOutcome? {
        while true {
            do {
                try await Task.sleep(for: .milliseconds(20))
            } catch {
                return nil
            }
            guard let group = leader.process else { continue }
            let held = Self.residentBytes(ofGroup: group)
            guard held > limit else { continue }
            // At once: what is asked to end may take seconds, and memory, to do so.
            kill(-group, SIGKILL)
            let (found, allowed) = (Self.text(held), Self.text(limit))
            return .failed(
                StageFailure(
                    .memory, "killed: it held \(found) of memory, its limit is \(allowed) (resources.memory)"))
        }
    }

    /// Resident bytes of all processes of a group, from `/proc`.
    static func residentBytes(ofGroup group: pid_t) -> Int {
        guard let folder = opendir("/proc") else { return 0 }
        defer { closedir(folder) }
        var pages = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let process = pid_t(name), getpgid(process) == group,
                let text = try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)
            else { continue }
            // Sizes in pages: the whole, then what is resident.
            pages += text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func text(_ bytes: Int) -> String {
        bytes >= 1 << 30
            ? String(format: "%.1f GiB", Double(bytes) / 0x1p30) : String(format: "%.0f MiB", Double(bytes) / 0x1p20)
    }
}
