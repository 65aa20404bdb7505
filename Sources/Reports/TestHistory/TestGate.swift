import Artifacts
import Catalogue

/// What a run of tests and the metrics of pipelines must meet in CI.
package struct TestGate: Sendable {
    package var maxNewFailures = 0
    /// From 0 to 1.
    package var maxFlakyShare = 1.0
    /// Nil if slower tests don't matter.
    package var maxSlower: Int?
    /// Whether reports that can't be taken for the whole run of their tests pass.
    package var allowsIncomplete = false
    package var minTests = 1
    /// Nil if tests that are gone since the baseline are only named.
    package var maxRemoved: Int?
    package var flaky = FlakyRules()
    package var slowness = SlownessRules()
    package var metrics: [Metric] = []

    package init() {}

    /// A metric that mustn't be worse than it was: below the median of its earlier values less so many of their median absolute
    /// deviations and a tolerance; or above, where less is better.
    package struct Metric: Hashable, Sendable {
        /// As it was given.
        package let text: String
        package let isBetterBelow: Bool
        package var last = 20
        package var deviations = 3.0
        package var tolerance = 0.0

        /// `STAGE.METRIC`; nil if there is no point that could part them.
        package init?(_ text: String, isBetterBelow: Bool) {
            self.text = text
            self.isBetterBelow = isBetterBelow
            if readings.isEmpty { return nil }
        }

        /// Where stage and metric may part, since both may hold points: at one outside of brackets, the last first.
        package var readings: [(stage: String, name: String)] {
            text.indices.reversed().filter { text[$0] == "." }.compactMap { point in
                let (stage, name) = (text[..<point], text[text.index(after: point)...])
                guard !stage.isEmpty, !name.isEmpty, !name.contains("]") else { return nil }
                return (String(stage), String(name))
            }
        }
    }

    /// One rule's answer.
    package struct Verdict: Hashable, Sendable {
        package let rule: String
        package let value: Double
        /// What the value is held against; nil where there is nothing yet to hold it against, which passes.
        package let limit: Double?
        package let passed: Bool
        package let explanation: String
        package var evidence: [String] = []
    }

    package struct Result: Sendable {
        package let verdicts: [Verdict]
        package let newFailures: [ChangedTest]
        /// New failures that don't count, and those whose quarantine is over and that count again.
        package let quarantined: [ChangedTest]
        package let expired: [ChangedTest]
        /// What isn't judged and yet should be known.
        package let notes: [String]
        package var passed: Bool { verdicts.allSatisfy(\.passed) }
    }

    /// - Parameters:
    ///   - run: nil judges metrics only.
    ///   - other: another run in which what fails now must have failed, too, or it is new.
    ///   - today: `2026-12-31`, in UTC.
    package func judge(
        _ run: TestRunRow?, against baseline: TestRunRow?, and other: TestRunRow? = nil, in catalogue: Catalogue,
        today: String
    ) throws -> Result {
        var verdicts: [Verdict] = []
        var notes: [String] = []
        var (counting, quarantined, expired): ([ChangedTest], [ChangedTest], [ChangedTest]) = ([], [], [])
        if let run {
            let names = try catalogue.testNaming()
            let changes = try catalogue.changes(from: baseline, to: run)
            let failures = try newFailures(changes, run, other, catalogue)
            quarantined = failures.filter { $0.isQuarantined(on: today) }
            counting = failures.filter { !$0.isQuarantined(on: today) }
            expired = counting.filter { $0.quarantinedUntil != nil }
            verdicts.append(newFailures(counting, quarantined.count, [baseline, other].compactMap(\.self), names))
            let size = try completeness(of: run, since: baseline, changes, catalogue, names)
            verdicts += size.verdicts
            notes += size.notes
            verdicts.append(try flakyShare(run, catalogue, today, names))
            if let maxSlower { verdicts.append(try slower(run, maxSlower, catalogue, names)) }
        }
        for metric in metrics { verdicts.append(try judge(metric, catalogue)) }
        return Result(
            verdicts: verdicts, newFailures: counting, quarantined: quarantined, expired: expired, notes: notes)
    }

    /// What fails, and didn't in the baseline or didn't in the other run.
    private func newFailures(
        _ changes: [ChangedTest], _ run: TestRunRow, _ other: TestRunRow?, _ catalogue: Catalogue
    ) throws -> [ChangedTest] {
        let failures = changes.filter { $0.change == .newFailure }
        guard let other else { return failures }
        let known = Set(failures.map(\.test))
        let more = try catalogue.changes(from: other, to: run)
        return failures + more.filter { $0.change == .newFailure && !known.contains($0.test) }
    }

    private func newFailures(
        _ failures: [ChangedTest], _ excepted: Int, _ baselines: [TestRunRow], _ names: TestNaming
    ) -> Verdict {
        let against =
            baselines.isEmpty
            ? "there is no baseline yet, the first run of its job and branch, so that every failure is new"
            : "not in " + baselines.map(\.run.name).joined(separator: ", or not in ")
        return Verdict(
            rule: "new failures", value: Double(failures.count), limit: Double(maxNewFailures),
            passed: failures.count <= maxNewFailures,
            explanation: "\(failures.count), at most \(maxNewFailures); \(against)"
                + (excepted > 0 ? "; \(excepted) quarantined besides" : ""),
            evidence: failures.map { names($0.test) + ($0.message.isEmpty ? "" : ": \($0.message.firstLine)") })
    }

    private func flakyShare(
        _ run: TestRunRow, _ catalogue: Catalogue, _ today: String, _ naming: TestNaming
    ) throws -> Verdict {
        let names = try catalogue.testNames(of: run)
        let found = try catalogue.flakyTests(flaky, upTo: run).filter {
            names.contains($0.test) && ($0.quarantinedUntil.map { $0 < today } ?? true) && $0.job == run.run.job
                && ($0.rule == .differentResults || $0.branch == run.run.branch)
        }
        let tests = Set(found.map(\.test))
        let share = names.isEmpty ? 0 : Double(tests.count) / Double(names.count)
        return Verdict(
            rule: "flaky share", value: share, limit: maxFlakyShare, passed: share <= maxFlakyShare,
            explanation: "\(tests.count) of \(names.count) tests, \(share.short), at most \(maxFlakyShare.short)",
            evidence: found.map { "\(naming($0.test)): \($0.summary)" })
    }

    private func slower(
        _ run: TestRunRow, _ limit: Int, _ catalogue: Catalogue, _ names: TestNaming
    ) throws -> Verdict {
        let found = try catalogue.durations(in: run, last: slowness.last).filter(slowness.isSlower)
        return Verdict(
            rule: "slower tests", value: Double(found.count), limit: Double(limit), passed: found.count <= limit,
            explanation: "\(found.count), at most \(limit)",
            evidence: found.map { "\(names($0.test)): \(slowness.words($0))" })
    }
}

/// A metric that no run has.
package struct UnknownMetric: Error, Hashable { package let name: String }

extension ChangedTest {
    /// Whether its failures don't count on a day, `2026-12-31`.
    package func isQuarantined(on day: String) -> Bool { quarantinedUntil.map { $0 >= day } ?? false }
}

extension Double {
    /// At most six decimals, no zeros at the end.
    var short: String {
        guard isFinite, abs(self) < 1e9 else { return "\(self)" }
        return "\((self * 1e6).rounded() / 1e6)"
    }
}
