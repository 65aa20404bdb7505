import Foundation
import Glibc
import Synchronization

/// Names below `tmp/` that say that calm made them, and whether the process which did still lives.
///
/// `PID-START-N.calm`: the process identifier, its start time in clock ticks since boot (so that a reused identifier isn't
/// taken for the dead process), and a counter. The suffix tells them from a user's names, such as `2026-11-29`, which are
/// never removed. Earlier versions of calm wrote no suffix: what they left is known by a start time that a process can have.
enum TemporaryName {
    private static let counter = Atomic<Int>(0)
    private static let suffix = ".calm"
    /// This process and its start time, which is asked for once: files are made by the thousand.
    private static let own = (process: getpid(), startTime: startTime(of: getpid()) ?? 0)

    static func next() -> String {
        let number = counter.add(1, ordering: .relaxed).newValue
        return "\(own.process)-\(own.startTime)-\(number)\(suffix)"
    }

    /// Whether the name has the form that calm gives its own.
    static func isOwn(_ name: String) -> Bool { parse(name) != nil }

    /// Whether calm made `name`, in a process that is gone.
    static func isLeftover(_ name: String) -> Bool {
        guard let (process, start) = parse(name) ?? parseWithoutSuffix(name) else { return false }
        guard let found = status(of: process) else {
            // Without /proc only the identifier can be asked for.
            return kill(process, 0) != 0 && errno == ESRCH
        }
        // Dead, and nobody has asked for its end yet: in a container without an init process nobody ever will.
        if ["Z", "X"].contains(found.state) { return true }
        return start != 0 && found.startTime != start
    }

    private static func parse(_ name: String) -> (process: Int32, start: Int)? {
        guard name.hasSuffix(suffix) else { return nil }
        let parts = name.dropLast(suffix.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let process = Int32(parts[0]), let start = Int(parts[1]), let number = Int(parts[2]),
            process > 0, "\(process)-\(start)-\(number)\(suffix)" == name
        else { return nil }
        return (process, start)
    }

    /// As earlier versions of calm wrote them. No process of calm starts in the first ten seconds after boot, and no machine is up
    /// for thirty years; years, months, days and their like are smaller.
    private static func parseWithoutSuffix(_ name: String) -> (process: Int32, start: Int)? {
        guard let found = parse(name + suffix), (1_000..<100_000_000_000).contains(found.start),
            !(1900...2999).contains(found.start)
        else { return nil }
        return found
    }

    private static func startTime(of process: Int32) -> Int? { status(of: process)?.startTime }

    /// Fields 3 and 22 of `/proc/PID/stat`; the second field is a name in parentheses that may contain anything.
    private static func status(of process: Int32) -> (state: Substring, startTime: Int)? {
        guard let file = try? OpenFile(reading: "/proc/\(process)/stat"), let bytes = try? file.read(4096, at: 0) else {
            return nil
        }
        guard let parenthesis = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = String(decoding: bytes[(parenthesis + 1)...], as: UTF8.self).split(separator: " ")
        guard fields.count > 19, let startTime = Int(fields[19]) else { return nil }
        return (fields[0], startTime)
    }
}
