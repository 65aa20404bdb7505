import Foundation
import Glibc

/// `checkpoints/KEY/`: the state of a stage under way, from which a killed one is taken up again.
extension Store {
    /// The folder of a stage's checkpoints; writing the first makes it.
    package func checkpoints(of key: Digest) -> URL {
        checkpoints.appendingPathComponent(key.hex, isDirectory: true)
    }

    /// Writes a file all at once and durably: after a crash, of the machine too, it is the old one or the new one, whole.
    ///
    /// Its folder is made if need be, durably as well.
    /// - Throws: `StoreError` with `.full`, `.readOnly` or `.io`; no temporary file is left behind.
    package func replace(_ file: URL, with parts: [Data]) throws(StoreError) {
        let temporary = try newTemporaryFile()
        for part in parts {
            let result = part.withUnsafeBytes { buffer in
                Result { () throws(StoreError) in try temporary.file.write(buffer) }
            }
            try result.get()
        }
        try temporary.commit(to: file.path, mode: 0o644)
    }

    /// Keys whose checkpoints nobody will read: their executions were recorded after them.
    ///
    /// One that is younger than the record is that of a later execution, which was forced.
    package func staleCheckpoints() throws -> [Digest] {
        try checkpointKeys().filter { key in
            guard let recorded = Self.modified(executionPath(key)) else { return false }
            let folder = checkpoints(of: key).path
            return try Folder.entries(folder).compactMap { Self.modified("\(folder)/\($0)") }.allSatisfy {
                $0 <= recorded
            }
        }
    }

    /// The keys that have checkpoints.
    package func checkpointKeys() throws -> [Digest] {
        try Folder.entries(path + "/checkpoints").compactMap { Digest(hex: $0) }
    }

    /// How long ago a checkpoint, or the file of it that changed last, was written.
    func age(ofCheckpoint key: Digest) -> Duration? {
        let folder = checkpoints(of: key).path
        let files = ((try? Folder.entries(folder)) ?? []).map { "\(folder)/\($0)" }
        return (files + [folder]).compactMap(Self.modified).max().map {
            .seconds(Date().timeIntervalSince1970) - $0
        }
    }

    /// Removes stale checkpoints, which whoever was killed between record and removal leaves behind; not those of stages
    /// under way.
    func sweepCheckpoints() throws {
        for key in try staleCheckpoints() {
            guard let lock = try? FileLock.exclusive(locks.appendingPathComponent(key.hex), wait: false) else {
                continue
            }
            try? FileManager.default.removeItem(at: checkpoints(of: key))
            lock.removeFile()
        }
    }

    private static func modified(_ path: String) -> Duration? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return .seconds(status.st_mtim.tv_sec) + .nanoseconds(status.st_mtim.tv_nsec)
    }
}
