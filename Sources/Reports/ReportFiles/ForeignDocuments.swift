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
        guard let said = ForeignDocument.failure(in: file.url) else { return }
        let format = ForeignDocument.format(refusal) ?? "another format"
        failures.append(
            UnreadableReport(
                name: file.name, origin: file.origin,
                refusal: RefusedReport(
                    file: file.shown,
                    reason: """
                        it is no JUnit report (\(format)), and says that tests failed (\(said)), which no JUnit report beside it \
                        does; have the tests write JUnit XML, or name the reports themselves
                        """, isForeign: false)))
    }

    /// Those that say that tests failed, where no report does: TestNG, for one, writes its own format beside JUnit's.
    package var failing: [UnreadableReport] { hasFailures ? [] : failures }
}
