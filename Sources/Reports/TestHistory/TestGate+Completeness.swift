import Artifacts
import Catalogue

/// Whether a run holds what it should: a report that was cut off says nothing of the tests that are missing.
extension TestGate {
    func completeness(
        of run: TestRunRow, since baseline: TestRunRow?, _ changes: [ChangedTest], _ catalogue: Catalogue,
        _ names: TestNaming
    ) throws -> (verdicts: [Verdict], notes: [String]) {
        let reports = try catalogue.reports(of: run)
        var verdicts = [completeReports(reports)]
        var notes: [String] = []
        let count = try catalogue.testNames(of: run).count
        if count < minTests || minTests != 1 {
            verdicts.append(
                Verdict(
                    rule: "tests", value: Double(count), limit: Double(minTests), passed: count >= minTests,
                    explanation: "\(count), at least \(minTests)"))
        }
        let removed = changes.filter { $0.change == .removed }
        if let maxRemoved {
            verdicts.append(
                Verdict(
                    rule: "removed tests", value: Double(removed.count), limit: Double(maxRemoved),
                    passed: removed.count <= maxRemoved,
                    explanation: "\(removed.count), at most \(maxRemoved)"
                        + (baseline.map { "; since \($0.run.name)" } ?? ""),
                    evidence: removed.map { names($0.test) }))
        } else if let baseline, !removed.isEmpty {
            let files = Set(reports.map(\.file))
            let before = try catalogue.reports(of: baseline).map(\.file)
            let gone = before.filter { !files.contains($0) }
            // Where all have other names now, their names say nothing.
            let isShort = !gone.isEmpty && gone.count < before.count
            let some = isShort ? ", and the report \(gone.prefix(5).joined(separator: ", "))" : ""
            notes.append(
                """
                \(counted(removed.count, "test")) of \(baseline.run.name) missing\(some); --max-removed 0 makes the gate \
                miss for that
                """)
        }
        return (verdicts, notes)
    }

    private func completeReports(_ reports: [TestReportRow]) -> Verdict {
        let incomplete = reports.filter { !$0.summary.incomplete.isEmpty }
        let count = incomplete.count
        let found = count == 0 ? "all \(reports.count)" : "\(count) of \(reports.count) incomplete"
        let rule = count == 0 ? "" : allowsIncomplete ? ", allowed" : ", none may be (--allow-incomplete accepts them)"
        return Verdict(
            rule: "complete reports", value: Double(count), limit: 0, passed: count == 0 || allowsIncomplete,
            explanation: found + rule,
            evidence: incomplete.flatMap { report in report.summary.incomplete.map { "\(report.file): \($0)" } })
    }
}
