import Artifacts
import GRDB

/// How long a test took that passed, beside how long it took before.
package struct TestDuration: Hashable, Sendable {
    package let test: TestName
    package let seconds: Double
    /// Of its earlier passing durations; nil if there are none.
    package let earlier: Spread?
}

/// When a test is called slower than before.
package struct SlownessRules: Hashable, Sendable {
    /// How many of its latest passing durations are looked at, in runs of the same job and branch.
    package var last: Int
    /// Slower is more than the median and so many median absolute deviations,
    package var deviations: Double
    /// by more than so many seconds,
    package var seconds: Double
    /// if there are so many earlier durations.
    package var least: Int

    package init(last: Int = 20, deviations: Double = 3, seconds: Double = 0.05, least: Int = 5) {
        self.last = last
        self.deviations = deviations
        self.seconds = seconds
        self.least = least
    }

    /// What a test may take before it is called slower; nil if too little is known.
    package func limit(_ duration: TestDuration) -> Double? {
        guard let earlier = duration.earlier, earlier.count >= least else { return nil }
        return earlier.median + max(deviations * earlier.deviation, seconds)
    }

    package func isSlower(_ duration: TestDuration) -> Bool { limit(duration).map { duration.seconds > $0 } ?? false }
}

extension Catalogue {
    /// The durations of the tests that passed in a run, beside the latest `last` of each before it.
    ///
    /// Looks at most at the `last` × 5 runs before it: a test that was in none of them is as good as new.
    package func durations(in run: TestRunRow, last: Int) throws -> [TestDuration] {
        try read { db in
            let sql =
                "SELECT test, seconds FROM test_run_results WHERE run = ? AND status = 'passed' AND seconds IS NOT NULL"
            var seconds: [Int64: Double] = [:]
            try db.each(sql, [run.id]) { row in seconds[try row.value("test")] = try row.value("seconds") }
            let runs = try Int64.fetchAll(
                db,
                sql: """
                    SELECT id FROM test_runs WHERE job IS ? AND branch IS ? AND (ordered_at, id) < (?, ?)
                    ORDER BY ordered_at DESC, id DESC LIMIT ?
                    """, arguments: [run.run.job, run.run.branch, run.orderedAt, run.id, last * 5])
            var earlier: [Int64: [Double]] = [:]
            var unfinished = seconds.count
            for run in runs where unfinished > 0 {
                try db.each(sql, [run]) { row in
                    let test: Int64 = try row.value("test")
                    guard seconds[test] != nil, earlier[test, default: []].count < last else { return }
                    earlier[test, default: []].append(try row.value("seconds"))
                    if earlier[test]?.count == last { unfinished -= 1 }
                }
            }
            var names: [Int64: TestName] = [:]
            let named =
                "SELECT test, suite, class, name, qualifier FROM test_run_results JOIN tests ON tests.id = test WHERE run = ?"
            try db.each(named, [run.id]) { row in names[try row.value("test")] = try TestName(row: row) }
            return seconds.compactMap { test, seconds in
                names[test].map { TestDuration(test: $0, seconds: seconds, earlier: Spread(of: earlier[test] ?? [])) }
            }.sorted { ($1.seconds, $0.test) < ($0.seconds, $1.test) }
        }
    }
}
