import Foundation
import Glibc

/// `collected/ab/cdef….json`: records of executions whose results were collected, or left out of what was imported.
///
/// They are history: no result is taken from them, but the metrics of earlier runs are when the catalogue is made anew. A
/// file's time of modification is the time of the collection.
extension Store {
    /// The keys of what was collected, sorted.
    package func collectedKeys() throws -> [Digest] { try scan("collected", suffix: ".json").digests }

    package func hasCollected(_ key: Digest) -> Bool { access(collectedPath(key), F_OK) == 0 }

    /// The record of a collected execution, and when it was collected, in seconds since 1970.
    ///
    /// - Throws: As `readExecution`.
    package func collectedExecution(_ key: Digest) throws -> (record: ExecutionRecord, time: Double) {
        let path = collectedPath(key)
        let record = try readExecution(key, at: path)
        var status = stat()
        guard stat(path, &status) == 0 else { throw StoreError(errno: errno, "read", path) }
        return (record, Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9)
    }

    /// Keeps the record of what was collected at this time.
    package func keep(collected record: ExecutionRecord, at time: Double) throws {
        let path = collectedPath(record.key)
        try write(record.json.canonicalBytes, to: path, mode: 0o644)
        let date = timespec(tv_sec: Int(time), tv_nsec: Int((time - time.rounded(.down)) * 1e9))
        utimensat(AT_FDCWD, path, [date, date], 0)
    }

    /// Gives an execution record that is about to be removed its place among the collected ones. No error if there is none.
    func keep(collectionOf key: Digest) throws(StoreError) {
        let (old, new) = (executionPath(key), collectedPath(key))
        try Folder.create(Folder.parent(of: new))
        unlink(new)
        // By a second name, so that one of the two is there at any moment.
        if link(old, new) != 0 {
            if errno == ENOENT { return }
            // A file system without hard links.
            guard rename(old, new) == 0 else { throw StoreError(errno: errno, "create", new) }
        }
        utimensat(AT_FDCWD, new, nil, 0)
    }
}
