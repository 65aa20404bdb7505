import Artifacts
import Foundation
import GRDB

/// A copy of a catalogue as it is, made before a migration and kept beside it.
enum CatalogueBackup {
    /// Writes `catalogue-version-N.sqlite`, or `catalogue-version-N-2.sqlite` and so on if there is one; returns its path.
    ///
    /// It appears whole and durable or not at all.
    /// - Throws: what SQLite throws, or `StoreError`.
    static func make(of database: any DatabaseWriter, version: Int, in store: Store) throws -> String {
        let draft = store.temporaryURL().path
        defer { unlink(draft) }
        try FileManager.default.createDirectory(at: store.tmp, withIntermediateDirectories: true)
        try database.writeWithoutTransaction { db in try db.execute(sql: "VACUUM INTO ?", arguments: [draft]) }
        try synchronize(draft)
        // The caller holds the lock under which catalogues are migrated, so that nobody else takes the name meanwhile.
        var (number, place) = (1, "")
        repeat {
            let name = "catalogue-version-\(version)" + (number == 1 ? "" : "-\(number)") + ".sqlite"
            (number, place) = (number + 1, store.root.appendingPathComponent(name).path)
        } while FileManager.default.fileExists(atPath: place)
        guard rename(draft, place) == 0 else { throw failure("create", place) }
        try synchronize(store.root.path)
        return place
    }

    private static func synchronize(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        // Some file systems can't fsync a folder and say EINVAL.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("write", path) }
    }

    private static func failure(_ action: String, _ path: String) -> StoreError {
        let code: StoreError.Code = errno == ENOSPC || errno == EDQUOT ? .full : .io
        return StoreError(code, "can't \(action) \(path): \(String(cString: strerror(errno)))")
    }
}
