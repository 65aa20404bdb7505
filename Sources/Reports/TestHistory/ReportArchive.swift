import Artifacts
import Catalogue
import Foundation

/// The ingested test reports of a store: blobs with a record each, and the catalogue's rows of them.
///
/// The records are the truth, and so are the files of quarantined and renamed tests. Whoever opens the archive has the rows
/// made that are missing, because a catalogue was made anew or an ingestion was killed, and those removed whose records are
/// gone.
package struct ReportArchive {
    let store: Store
    let catalogue: Catalogue
    /// Reports whose records or blobs can't be read.
    package let problems: [String]

    package init(_ store: Store, _ catalogue: Catalogue) throws {
        self.store = store
        self.catalogue = catalogue
        problems = try Self.adopt(store, catalogue)
        try adoptNotes()
    }

    /// Has the catalogue say of tests what the files say.
    package func adoptNotes() throws {
        try catalogue.adopt(try store.notes(TestAlias.self), try store.notes(QuarantinedTest.self))
    }

    private static func adopt(_ store: Store, _ catalogue: Catalogue) throws -> [String] {
        let reports = Set(try store.reportIdentifiers())
        let recorded = reports.union(try store.refusedIdentifiers())
        let indexed = try catalogue.indexedReports()
        guard recorded != indexed else { return [] }
        // Of a store that can't be written, the catalogue is a private copy.
        try catalogue.forget(reports: indexed.subtracting(recorded), evenIfReadOnly: true)
        var problems: [String] = []
        var missing: [ReportRecord] = []
        for id in recorded.subtracting(indexed).sorted() {
            do { missing.append(try reports.contains(id) ? store.report(id) : store.refused(id)) } catch {
                problems.append("\(error)")
            }
        }
        for record in missing.sorted(by: ReportRecord.areInOrder) {
            do {
                if record.refusal != nil {
                    try catalogue.indexReports(evenIfReadOnly: true) { writer in
                        try writer.index(record) { _ in TestSummary() }
                    }
                    continue
                }
                let file =
                    catalogue.isReadOnly
                    ? FileManager.default.temporaryDirectory.appendingPathComponent("calm-report-\(UUID().uuidString)")
                    : store.temporaryURL()
                defer { try? FileManager.default.removeItem(at: file) }
                try store.copy(record.blob, to: file)
                try catalogue.indexReports(evenIfReadOnly: true) { writer in
                    try writer.index(record) { try read(file, record.run, $0) }
                }
            } catch {
                problems.append("report \(record.id) isn't indexed: \(error)")
            }
        }
        return problems
    }

    static func read(_ file: URL, _ run: TestRun, _ writer: TestResultWriter) throws -> TestSummary {
        try JUnitReader.read(file, root: run.root, again: writer.reset, writer.add)
    }
}

extension ReportRecord {
    /// The order of their ingestion.
    static func areInOrder(_ first: ReportRecord, _ second: ReportRecord) -> Bool {
        (first.sequence, first.ingestedAt, first.id) < (second.sequence, second.ingestedAt, second.id)
    }
}
