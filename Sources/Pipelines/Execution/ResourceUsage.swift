import Foundation

/// What this process and its finished children have used so far.
struct ResourceUsage: Sendable {
    let cpuSeconds: Double
    /// The largest resident set of any one of them.
    let peakMemoryBytes: Int

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
}
