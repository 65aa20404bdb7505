import Foundation

/// `reports/ID.json`: which test reports were ingested; the catalogue's rows of them are made from these and the blobs.
extension Store {
    private var reportFolder: String { path + "/reports" }

    private var refusedFolder: String { reportFolder + "/refused" }

    package func reportPath(_ id: Digest) -> String { "\(reportFolder)/\(id.hex).json" }

    /// Where the record of a refused file is.
    package func refusedPath(_ id: Digest) -> String { "\(refusedFolder)/\(id.hex).json" }

    /// The identities of all ingested reports, sorted.
    package func reportIdentifiers() throws(StoreError) -> [Digest] { try Self.identifiers(reportFolder) }

    /// The identities of the files that were refused in runs, sorted.
    package func refusedIdentifiers() throws(StoreError) -> [Digest] { try Self.identifiers(refusedFolder) }

    private static func identifiers(_ folder: String) throws(StoreError) -> [Digest] {
        try Folder.entries(folder).compactMap { name in
            name.hasSuffix(".json") ? Digest(hex: String(name.dropLast(".json".count))) : nil
        }.sorted()
    }

    /// The record of an ingested report.
    ///
    /// - Throws: `StoreError` with `.missing`, `.damaged`, `.newerFormat`, `.hostile` for one that is too large, or `.io`.
    package func report(_ id: Digest) throws(StoreError) -> ReportRecord { try record(id, at: reportPath(id)) }

    /// The record of a refused file.
    ///
    /// - Throws: as for an ingested report.
    package func refused(_ id: Digest) throws(StoreError) -> ReportRecord { try record(id, at: refusedPath(id)) }

    private func record(_ id: Digest, at path: String) throws(StoreError) -> ReportRecord {
        let bytes = try OpenFile(reading: path).contents(limit: 1 << 20)
        let record: ReportRecord
        do {
            record = try ReportRecord(json: JSONValue(parsing: bytes))
        } catch {
            let code = (error as? StoreError)?.code ?? .damaged
            throw StoreError(code, "the report's record \(path) can't be read: \(error)")
        }
        guard record.id == id else {
            throw StoreError(.damaged, "the report's record \(path) can't be read: it is the record of \(record.id)")
        }
        return record
    }

    /// Every ingested report.
    ///
    /// - Throws: `StoreError` for one that can't be read: nothing may be collected then.
    package func reports() throws(StoreError) -> [ReportRecord] {
        var records: [ReportRecord] = []
        for id in try reportIdentifiers() { records.append(try report(id)) }
        return records
    }

    /// Records a report whose blob is stored, or a refused file. Atomic and durable.
    package func publish(_ record: ReportRecord) throws(StoreError) {
        let path = record.refusal == nil ? reportPath(record.id) : refusedPath(record.id)
        try write(record.json.canonicalBytes, to: path, mode: 0o644)
    }

    /// Removes a report's record: its rows go when the catalogue is next opened for reports, its blob with a collection.
    package func remove(report id: Digest) throws(StoreError) {
        for (path, folder) in [(reportPath(id), reportFolder), (refusedPath(id), refusedFolder)] {
            if unlink(path) == 0 {
                try Folder.synchronize(folder)
            } else if errno != ENOENT {
                throw StoreError(errno: errno, "remove", path)
            }
        }
    }
}
