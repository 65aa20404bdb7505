import Artifacts
import Catalogue
import Foundation

extension ReportArchive {
    /// Reads every ingested report again, compares the catalogue's rows with it, and adds what differs to a report.
    ///
    /// Reports that aren't indexed yet are left alone, and so are those whose blobs or records were found to be damaged.
    package static func verify(_ store: Store, _ report: inout VerificationReport) {
        do {
            let catalogue = try Catalogue(store: store)
            try refuseLost(store, catalogue)
            var records: [ReportRecord] = []
            for id in try store.reportIdentifiers() { if let record = try? store.report(id) { records.append(record) } }
            for id in try store.refusedIdentifiers() {
                if let record = try? store.refused(id) { records.append(record) }
            }
            records.sort(by: ReportRecord.areInOrder)
            // A run is what its first report says, from the earliest time that one says.
            var runs: [String: TestRun] = [:]
            for record in records {
                var run = runs[record.run.name] ?? record.run
                run.startedAt = min(run.startedAt, record.run.startedAt)
                runs[run.name] = run
            }
            for record in records {
                guard let run = runs[record.run.name] else { continue }
                guard let problem = try difference(record, run, store, catalogue) else { continue }
                report.damage.append(
                    VerificationReport.Damage(
                        subject: .catalogue, problem: .damaged,
                        message: """
                            report \(record.id) (\(record.file)): \(problem) aren't what the report says; \
                            `calm store rebuild-catalogue` makes the catalogue anew
                            """))
            }
        } catch {
            // The catalogue as a whole was looked at before; what it can't do is said there.
            report.notes.append(.uncheckedCatalogue("the rows of test reports aren't compared with them: \(error)"))
        }
    }

    private static func difference(
        _ record: ReportRecord, _ run: TestRun, _ store: Store, _ catalogue: Catalogue
    ) throws -> String? {
        if let summary = record.refusedSummary { return try catalogue.difference(record, run: run) { _ in summary } }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-report-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        do {
            try store.copy(record.blob, to: file)
        } catch let error as StoreError where error.code != .io {
            return nil
        }
        return try catalogue.difference(record, run: run) { comparison in
            try ReportReader.read(
                file, name: record.file, root: record.run.root, again: comparison.reset, comparison.add)
        }
    }
}
