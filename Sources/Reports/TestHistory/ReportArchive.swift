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
    package let problems: [UnreadableRecord]

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

    private static func adopt(_ store: Store, _ catalogue: Catalogue) throws -> [UnreadableRecord] {
        try refuseLost(store, catalogue)
        let reports = Set(try store.reportIdentifiers())
        let recorded = reports.union(try store.refusedIdentifiers())
        let indexed = try catalogue.indexedReports()
        guard recorded != indexed else { return [] }
        // Of a store that can't be written, the catalogue is a private copy.
        try catalogue.forget(reports: indexed.subtracting(recorded), evenIfReadOnly: true)
        var problems: [UnreadableRecord] = []
        var missing: [ReportRecord] = []
        for id in recorded.subtracting(indexed).sorted() {
            do { missing.append(try reports.contains(id) ? store.report(id) : store.refused(id)) } catch {
                let path = reports.contains(id) ? store.reportPath(id) : store.refusedPath(id)
                problems.append(
                    UnreadableRecord(message: "\(error)", run: nil, writtenAt: BytePath(path).status()?.modifiedAt))
            }
        }
        for record in missing.sorted(by: ReportRecord.areInOrder) {
            do { try index(record, store, catalogue) } catch {
                problems.append(
                    UnreadableRecord(
                        message:
                            "report \(record.id) (\(record.file)) of run \(record.run.name) isn't indexed: \(error)",
                        run: record.run.name, writtenAt: record.ingestedAt))
            }
        }
        return problems
    }

    private static func index(_ record: ReportRecord, _ store: Store, _ catalogue: Catalogue) throws {
        if record.refusal != nil {
            try catalogue.indexReports(evenIfReadOnly: true) { writer in try writer.index(record) { _ in TestSummary() }
            }
            return
        }
        let file =
            catalogue.isReadOnly
            ? FileManager.default.temporaryDirectory.appendingPathComponent("calm-report-\(UUID().uuidString)")
            : store.temporaryURL()
        defer { try? FileManager.default.removeItem(at: file) }
        try store.copy(record.blob, to: file)
        try catalogue.indexReports(evenIfReadOnly: true) { writer in
            try writer.index(record) { try read(file, record, $0) }
        }
    }

    /// Keeps of reports whose damaged records were set aside that their runs lack them: a run without a report that failed would
    /// pass.
    static func refuseLost(_ store: Store, _ catalogue: Catalogue) throws {
        if catalogue.isReadOnly { return }
        for id in try catalogue.indexedReports().subtracting(store.reportIdentifiers())
        where store.isSetAside(report: id) {
            guard let lost = try catalogue.record(ofReport: id) else { continue }
            try store.publish(
                ReportRecord(
                    refused: lost.file, reason: "its record was damaged and is set aside: ingest the file again",
                    run: lost.run, ingestedAt: lost.ingestedAt, sequence: lost.sequence, orderedAt: lost.orderedAt))
        }
    }

    static func read(_ file: URL, _ record: ReportRecord, _ writer: TestResultWriter) throws -> TestSummary {
        try ReportReader.read(file, name: record.file, root: record.run.root, again: writer.reset, writer.add)
    }
}

/// A report that the catalogue lacks, since its record or its blob can't be read.
package struct UnreadableRecord: Hashable, Sendable {
    package let message: String
    /// Nil if its record doesn't say.
    let run: String?
    /// In seconds since 1970; nil if that isn't known.
    let writtenAt: Double?

    /// Whether it may be a report of this run, or of a later one that nothing is known of.
    package func mayConcern(_ run: TestRunRow, ingestedFrom first: Double) -> Bool {
        self.run == run.run.name || writtenAt.map { $0 >= first - 2 } ?? true
    }
}

extension ReportRecord {
    /// The order of their ingestion.
    static func areInOrder(_ first: ReportRecord, _ second: ReportRecord) -> Bool {
        (first.sequence, first.ingestedAt, first.id) < (second.sequence, second.ingestedAt, second.id)
    }
}
