import Artifacts
import Catalogue
import Foundation

/// Which runs of tests stay: those that one of the rules keeps.
package struct Retention: Hashable, Sendable {
    /// So many of the latest of each job and branch; nil keeps none by number.
    package var runs: Int?
    /// Those not older than so many days; nil keeps none by age.
    package var days: Double?
    /// Names of runs that stay in any case, such as a baseline.
    package var names: Set<String>

    package init(runs: Int?, days: Double?, names: Set<String> = []) {
        self.runs = runs
        self.days = days
        self.names = names
    }

    /// The runs that none of the rules keeps, the oldest first.
    func outdated(_ all: [TestRunRow], now: Double) -> [TestRunRow] {
        var counts: [[String?]: Int] = [:]
        return all.filter { row in
            counts[[row.run.job, row.run.branch], default: 0] += 1
            let place = counts[[row.run.job, row.run.branch]] ?? 0
            let isKept =
                runs.map { place <= $0 } == true || days.map { now - row.run.startedAt <= $0 * 86_400 } == true
            return !isKept && !names.contains(row.run.name)
        }.reversed()
    }
}

extension ReportArchive {
    /// Removes the records and rows of runs that aren't to stay, the oldest first, and says which those are.
    ///
    /// Their blobs stay until a collection. Waits for ingestions and runs under way to end.
    package func prune(_ retention: Retention, now: Double, dryRun: Bool) throws -> [TestRunRow] {
        if dryRun { return retention.outdated(try catalogue.testRuns(), now: now) }
        let lock = try FileLock.exclusive(store.locks.appendingPathComponent("gc"), wait: true)
        defer { withExtendedLifetime(lock) {} }
        let outdated = retention.outdated(try catalogue.testRuns(), now: now)
        // Records first: a call cut short leaves rows without records, which the next opening of the archive removes.
        let records = try catalogue.records(of: outdated)
        for record in records { try store.remove(report: record) }
        try catalogue.forget(reports: Set(records))
        try catalogue.forgetUnusedTests()
        return outdated
    }
}
