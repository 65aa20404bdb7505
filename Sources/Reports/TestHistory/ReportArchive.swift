import Artifacts
import Catalogue
import Foundation

/// The ingested test reports of a store: blobs with a record each, and the catalogue's rows of them.
///
/// The records are the truth, and so are the files of quarantined and renamed tests. Whoever opens the archive has the rows
/// made that are missing, because a catalogue was made anew or an ingestion was killed, and those removed whose records are
/// gone.
package struct ReportArchive {
    package enum Outcome: Hashable, Sendable {
        case ingested(ReportRecord, TestSummary)
        /// The same bytes of the same run were ingested before, as this report.
        case known(Digest)
        case refused(RefusedReport)
    }

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
        let recorded = Set(try store.reportIdentifiers())
        let indexed = try catalogue.indexedReports()
        guard recorded != indexed else { return [] }
        // Of a store that can't be written, the catalogue is a private copy.
        try catalogue.forget(reports: indexed.subtracting(recorded), evenIfReadOnly: true)
        var problems: [String] = []
        var missing: [ReportRecord] = []
        for id in recorded.subtracting(indexed).sorted() {
            do { missing.append(try store.report(id)) } catch { problems.append("\(error)") }
        }
        for record in missing.sorted(by: { ($0.ingestedAt, $0.id) < ($1.ingestedAt, $1.id) }) {
            do {
                let file =
                    catalogue.isReadOnly
                    ? FileManager.default.temporaryDirectory.appendingPathComponent("calm-report-\(UUID().uuidString)")
                    : store.temporaryURL()
                defer { try? FileManager.default.removeItem(at: file) }
                try store.copy(record.blob, to: file)
                try catalogue.index(record, evenIfReadOnly: true) { try read(file, $0) }
            } catch {
                problems.append("report \(record.id) isn't indexed: \(error)")
            }
        }
        return problems
    }

    private static func read(_ file: URL, _ writer: TestResultWriter) throws -> TestSummary {
        try JUnitReader.read(file, again: writer.reset, writer.add)
    }

    /// Ingests files of one run, each by itself: one that is refused leaves nothing behind.
    ///
    /// - Parameters:
    ///   - run: its name is empty if nobody gave one; files that are known already, of a run that is alike, don't join it.
    ///   - each: called with each file's outcome, in order.
    package func ingest(_ files: [URL], run: TestRun, each: (URL, Outcome) throws -> Void) throws {
        // No collection may take a blob before its record is written.
        let lock = try FileLock.shared(store.locks.appendingPathComponent("gc"), wait: true)
        defer { withExtendedLifetime(lock) {} }
        var digests: [(file: URL, digest: Digest)] = []
        var known: [URL: Digest] = [:]
        for file in files {
            let digest = try Self.digest(of: file)
            digests.append((file, digest))
            if run.name.isEmpty { known[file] = try catalogue.report(of: digest, like: run) }
        }
        var run = run
        if run.name.isEmpty {
            run.name = Self.name(run, digests.filter { known[$0.file] == nil }.map(\.digest))
        }
        for (file, digest) in digests { try each(file, ingest(file, digest, run, known: known[file])) }
    }

    private func ingest(_ file: URL, _ digest: Digest, _ run: TestRun, known: Digest?) throws -> Outcome {
        let size = try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int
        let record = ReportRecord(
            blob: digest, size: size ?? 0, file: file.lastPathComponent, run: run,
            ingestedAt: Date().timeIntervalSince1970)
        if let id = try known ?? (catalogue.summary(ofReport: record.id) == nil ? nil : record.id) {
            // Mends a blob that was lost or damaged.
            _ = try store.put(file: file)
            return .known(id)
        }
        do {
            try catalogue.index(record) { writer in
                let summary = try Self.read(file, writer)
                guard try store.put(file: file).digest == digest else {
                    throw RefusedReport(file: file.path, reason: "it changed while it was read", isForeign: false)
                }
                try store.publish(record)
                return summary
            }
        } catch let refusal as RefusedReport {
            return .refused(refusal)
        }
        return .ingested(record, try catalogue.summary(ofReport: record.id) ?? TestSummary())
    }

    /// A name that the same reports of the same run always get.
    private static func name(_ run: TestRun, _ digests: [Digest]) -> String {
        let words = [run.commit, run.branch, run.job, run.attempt.map(String.init)].map { $0 ?? "" }
        let text = (words + digests.map(\.hex).sorted()).joined(separator: "\n")
        return String(Digest(of: Array(text.utf8)).hex.prefix(12))
    }

    private static func digest(of file: URL) throws -> Digest { try Digest(ofFile: file) }

    /// The JUnit files that paths name: files as they are, of folders every `.xml` below them, in the order of their names.
    package static func files(_ paths: [String]) throws -> [(file: URL, isNamed: Bool)] {
        var found: [(file: URL, isNamed: Bool)] = []
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw RefusedReport(file: path, reason: "there is no such file or folder", isForeign: false)
            }
            guard isFolder.boolValue else {
                found.append((URL(fileURLWithPath: path), true))
                continue
            }
            let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
            for name in names.sorted() where name.lowercased().hasSuffix(".xml") {
                found.append((URL(fileURLWithPath: path).appendingPathComponent(name), false))
            }
        }
        var seen: Set<String> = []
        return found.filter { seen.insert($0.file.standardizedFileURL.path).inserted }
    }
}
