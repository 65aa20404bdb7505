import Artifacts
import Catalogue

/// The documents of other formats that one call has passed over, and what the reports beside them say.
package struct ForeignDocuments {
    package private(set) var documents: [(file: ReportInput, refusal: RefusedReport)] = []
    private var alarms: [(file: ReportInput, format: String, finding: ForeignDocument.Finding)] = []

    package init() {}

    /// Another document; its file must still be there.
    package mutating func add(_ file: ReportInput, _ refusal: RefusedReport) {
        documents.append((file, refusal))
        guard let finding = ForeignDocument.finding(in: file.url, root: ForeignDocument.root(refusal) ?? "") else {
            return
        }
        alarms.append((file, ForeignDocument.format(refusal) ?? "another format", finding))
    }

    /// Whether one of them says that tests failed.
    package var areAlarming: Bool { !alarms.isEmpty }

    /// Those that say of tests that they failed of which the reports don't, or that can't be read to their end.
    ///
    /// TestNG, for one, writes its own format beside JUnit's, of the same tests. A failed test of such a document that has the name
    /// of a failed case of the reports is that case, be it new, old or quarantined. Others, which only their number is known of,
    /// are excused by as many failures that the gate counts: it is missed for those. A failure that is old or quarantined says
    /// nothing of them.
    ///
    /// - Parameter failures: Those of the reports of the same call.
    package func failing(beside failures: [ReportedFailure]) -> [UnreadableReport] {
        alarms.compactMap { item in
            guard let excess = excess(of: item.finding, item.file, failures) else { return nil }
            let reason =
                "it is no JUnit report (\(item.format)), and \(said(item.finding, excess)); have the tests write JUnit XML, or name "
                + "the reports themselves"
            return UnreadableReport(
                name: item.file.name, origin: item.file.origin,
                refusal: RefusedReport(file: item.file.shown, reason: reason, isForeign: false))
        }
    }

    /// How many failures of a document no report has, and how many reports have; nil if there is none.
    private func excess(
        of finding: ForeignDocument.Finding, _ file: ReportInput, _ failures: [ReportedFailure]
    ) -> (missing: Int, found: Int)? {
        guard let count = finding.failures else { return (0, 0) }
        var rest = failures
        var missing = count
        for test in finding.tests {
            guard let index = rest.firstIndex(where: { $0.isCalled(test) }) else { continue }
            rest.remove(at: index)
            missing -= 1
        }
        missing -= rest.count(where: \.counts)
        if missing <= 0 || isSummary(file, of: count, failures) { return nil }
        return (missing, count - missing)
    }

    /// Whether it is the summary that Failsafe writes beside its own reports, of as many failures as they have.
    private func isSummary(_ file: ReportInput, of count: Int, _ failures: [ReportedFailure]) -> Bool {
        func folder(_ name: String) -> Substring { name.lastIndex(of: "/").map { name[..<$0] } ?? "" }
        guard file.name.split(separator: "/").last == "failsafe-summary.xml" else { return false }
        return failures.count { $0.origin == file.origin && folder($0.file) == folder(file.name) } == count
    }

    private func said(_ finding: ForeignDocument.Finding, _ excess: (missing: Int, found: Int)) -> String {
        switch finding.alarm {
        case .failed(let said) where excess.found == 0 && finding.failures != nil:
            "says that tests failed (\(said)), which no JUnit report beside it does"
        case .failed(let said):
            if let count = finding.failures {
                "says that \(counted(count, "test")) failed (\(said)), of which the JUnit reports beside it have \(excess.found)"
            } else {
                "says that tests failed (\(said)), and can't be read to its end, so that they may be more than in the JUnit "
                    + "reports beside it"
            }
        case .cut(let reason):
            "can't be read to its end (\(reason)), so that it may say of failures what no report does"
        }
    }
}

/// A case of a report that failed.
package struct ReportedFailure: Hashable, Sendable {
    /// The report's file, and what was named on the command line.
    package let file: String
    package let origin: String
    package let test: TestName
    /// Whether a gate is missed for it: it is new, and not quarantined.
    package let counts: Bool

    package init(file: String, origin: String, test: TestName, counts: Bool) {
        self.file = file
        self.origin = origin
        self.test = test
        self.counts = counts
    }

    /// The same, where no gate is known that would count it.
    package var uncounted: ReportedFailure {
        ReportedFailure(file: file, origin: origin, test: test, counts: false)
    }

    /// Whether a test of another format is this one: by its name, alone or behind those of its class or suites; and, where the
    /// other format says more than the name, by the class.
    fileprivate func isCalled(_ other: NamedTest) -> Bool {
        let named = other.names.filter { Self.isEnd(test.name, of: $0) || Self.isEnd($0, of: test.name) }
        guard !named.isEmpty else { return false }
        let context = other.names.union(other.around).subtracting([test.name])
        guard !test.className.isEmpty, !context.isEmpty else { return true }
        let last = test.className.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" }).last ?? ""
        return context.contains { $0.contains(last) }
    }

    private static func isEnd(_ end: String, of name: String) -> Bool {
        guard !end.isEmpty, name.hasSuffix(end) else { return false }
        let before = name.dropLast(end.count).last
        return before.map { !$0.isLetter && !$0.isNumber && $0 != "_" } ?? true
    }
}
