import Catalogue

/// The documents of other formats that one call has passed over, and what the reports beside them say.
package struct ForeignDocuments {
    package private(set) var documents: [(file: ReportInput, refusal: RefusedReport)] = []
    private var failures: [UnreadableReport] = []
    private var hasFailures = false

    package init() {}

    /// A report of the same call.
    package mutating func note(_ summary: TestSummary) {
        if summary.failures + summary.errors > 0 { hasFailures = true }
    }

    /// Another document; its file must still be there.
    package mutating func add(_ file: ReportInput, _ refusal: RefusedReport) {
        documents.append((file, refusal))
        guard let alarm = ForeignDocument.alarm(in: file.url, root: ForeignDocument.root(refusal) ?? "") else { return }
        let said =
            switch alarm {
            case .failed(let said): "says that tests failed (\(said)), which no JUnit report beside it does"
            case .cut(let reason):
                "can't be read to its end (\(reason)), so that it may say of failures what no report does"
            }
        let format = ForeignDocument.format(refusal) ?? "another format"
        let reason =
            "it is no JUnit report (\(format)), and \(said); have the tests write JUnit XML, or name the reports themselves"
        failures.append(
            UnreadableReport(
                name: file.name, origin: file.origin,
                refusal: RefusedReport(file: file.shown, reason: reason, isForeign: false)))
    }

    /// Those that say that tests failed, or can't be read to their end, where no report says that any failed: TestNG, for one, writes its own format beside JUnit's.
    package var failing: [UnreadableReport] { hasFailures ? [] : failures }
}
