import Foundation

/// What processes have used so far.
package struct ResourceUsage: Sendable, Hashable {
    package var cpuSeconds: Double = 0
    /// The most resident memory seen at once.
    package var peakMemoryBytes: Int = 0

    /// Takes over what is larger: of two looks at the same processes each may have missed something.
    mutating func raise(to other: ResourceUsage) {
        cpuSeconds = max(cpuSeconds, other.cpuSeconds)
        peakMemoryBytes = max(peakMemoryBytes, other.peakMemoryBytes)
    }
}

extension ResourceUsage {
    /// What this process and its finished children have used; the peak is the largest of any one of them.
    static var current: ResourceUsage {
        let usages = [RUSAGE_SELF, RUSAGE_CHILDREN].map { who in
            var usage = rusage()
            getrusage(who.rawValue, &usage)
            return usage
        }
        let times = usages.flatMap { [$0.ru_utime, $0.ru_stime] }
        // ru_maxrss counts units of 1,024 bytes on Linux.
        return ResourceUsage(
            cpuSeconds: times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 },
            peakMemoryBytes: usages.map { Int($0.ru_maxrss) * 1024 }.max() ?? 0)
    }

    /// What a process and all below it hold and have used, wherever these went: as of a group, which it must lead.
    ///
    /// Where the kernel doesn't list the children of a process, those of its group are taken.
    static func ofTree(_ root: pid_t) -> ResourceUsage {
        var (pages, ticks) = (0, 0)
        var open = [root]
        var seen: Set<pid_t> = []
        while let process = open.popLast() {
            guard seen.insert(process).inserted else { continue }
            guard let children = ProcessTree.children(of: process) else {
                if process == root { return ofGroup(root) }
                continue
            }
            open += children
            guard let found = fields(of: process) else { continue }
            pages += found[StatField.resident]
            ticks += found[StatField.times].reduce(0, +)
        }
        return ResourceUsage(pages: pages, ticks: ticks)
    }

    /// What all processes of a group hold in memory now, where what several share counts for each, and the processor time
    /// of them and of their finished children, from `/proc`.
    static func ofGroup(_ group: pid_t) -> ResourceUsage {
        guard let folder = opendir("/proc") else { return ResourceUsage() }
        defer { closedir(folder) }
        var (pages, ticks) = (0, 0)
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let process = pid_t(name), getpgid(process) == group, let fields = fields(of: process) else {
                continue
            }
            pages += fields[StatField.resident]
            ticks += fields[StatField.times].reduce(0, +)
        }
        return ResourceUsage(pages: pages, ticks: ticks)
    }

    private init(pages: Int, ticks: Int) {
        self.init(
            cpuSeconds: Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK))),
            peakMemoryBytes: pages * Int(sysconf(Int32(_SC_PAGESIZE))))
    }

    private static func fields(of process: pid_t) -> [Int]? {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
            // The second field is the program's name in parentheses, which may hold any bytes.
            let nameEnd = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = String(decoding: bytes[nameEnd...], as: UTF8.self).split(separator: " ").map { Int($0) ?? 0 }
        return fields.count > StatField.resident ? fields : nil
    }

    /// Fields of `/proc/PID/stat`, counted from the parenthesis that closes the program's name (proc(5) has them two more).
    private enum StatField {
        /// Ticks in user and in kernel mode, then those of finished children.
        static let times = 12...15
        /// Pages in memory.
        static let resident = 22
    }
}
