import Catalogue

/// The documents of other formats that one call has passed over, and what the reports beside them say.
package struct ForeignDocuments {
    package private(set) var documents: [(file: ReportInput, refusal: RefusedReport)] = []
    private var alarms: [(file: ReportInput, format: String, finding: ForeignDocument.Finding)] = []
    /// How many cases of the reports failed.
    private var failures = 0

    package init() {}

    /// A report of the same call.
    package mutating func note(_ summary: TestSummary) { failures += summary.failures + summary.errors }

    /// Another document; its file must still be there.
    package mutating func add(_ file: ReportInput, _ refusal: RefusedReport) {
        documents.append((file, refusal))
        guard let finding = ForeignDocument.finding(in: file.url, root: ForeignDocument.root(refusal) ?? "") else {
            return
        }
        alarms.append((file, ForeignDocument.format(refusal) ?? "another format", finding))
    }

    /// Those that say of more tests that they failed than fail in the reports, or that can't be read to their end: TestNG, for one,
    /// writes its own format beside JUnit's, of the same tests.
    ///
    /// Whether the reports' own failures count makes no difference: what only such a document knows of is neither old nor
    /// quarantined.
    package var failing: [UnreadableReport] {
        alarms.compactMap { item in
            if let count = item.finding.failures, count <= failures { return nil }
            let reason =
                "it is no JUnit report (\(item.format)), and \(said(item.finding)); have the tests write JUnit XML, or name "
                + "the reports themselves"
            return UnreadableReport(
                name: item.file.name, origin: item.file.origin,
                refusal: RefusedReport(file: item.file.shown, reason: reason, isForeign: false))
        }
    }

    private func said(_ finding: ForeignDocument.Finding) -> String {
        switch finding.alarm {
        case .failed(let said) where failures == 0:
            "says that tests failed (\(said)), which no JUnit report beside it does"
        case .failed(let said):
            if let count = finding.failures {
                "says that \(counted(count, "test")) failed (\(said)), of which the JUnit reports beside it have \(failures)"
            } else {
                "says that tests failed (\(said)), and can't be read to its end, so that they may be more than in the JUnit "
                    + "reports beside it"
            }
        case .cut(let reason):
            "can't be read to its end (\(reason)), so that it may say of failures what no report does"
        }
    }
}
