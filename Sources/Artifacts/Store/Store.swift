import Foundation
import Glibc

/// A content-addressed store on one file system: blobs, execution records, checkpoints, runs and locks.
///
/// ```
/// format                    the version of this layout: `calm store 1`
/// objects/ab/cdef…          one blob: an LZ4 frame named by the SHA-256 of its uncompressed content, read-only
/// executions/ab/cdef….json  execution records by stage key
/// collected/ab/cdef….json   records of executions whose results were collected: history
/// superseded/ab/cdef…-RESULT.json  records whose key was executed again with another result
/// telemetry/ab/cdef….json   how executions went, by stage key: a training's curves; no damage if absent
/// checkpoints/KEY/          state of stages under way
/// runs/ID/                  logs and reports, and run.json: what the catalogue knows of the run
/// pins/NAME.json            what a person wants kept
/// imports/DIGEST.json       what the stages of imported archives are called
/// reports/ID.json           which test reports were ingested
/// tests/quarantined/ID.json tests whose failures don't count for a while
/// tests/aliases/ID.json     renamed tests
/// catalogue.sqlite          index and history
/// secret                    the key of the digests that stand for the values of environment variables
/// imported                  digests of files beside pipelines, by size, time and inode
/// materialized/KEY          large files to be mapped, which can always be made again
/// materialized/ARTIFACT/    an artifact's members as plain files to be mapped, likewise
/// locks/  tmp/              on the same file system, so that rename is atomic
/// quarantine/               damaged objects and records, set aside
/// ```
package struct Store: Sendable {
    /// The version of the layout that this code writes, and the newest that it reads.
    package static let format = 1

    package let root: URL
    /// The root as an absolute path: paths are made from it on hot paths, where URLs are slow.
    let path: String
    /// Where what is written waits to become durable with other files; nil to make each durable by itself.
    var batch: WriteBatch?

    package var runs: URL { root.appendingPathComponent("runs", isDirectory: true) }
    package var checkpoints: URL { root.appendingPathComponent("checkpoints", isDirectory: true) }
    /// Pipelines that `calm compose` wrote.
    package var compositions: URL { root.appendingPathComponent("compositions", isDirectory: true) }
    package var locks: URL { root.appendingPathComponent("locks", isDirectory: true) }
    package var tmp: URL { root.appendingPathComponent("tmp", isDirectory: true) }
    package var quarantine: URL { root.appendingPathComponent("quarantine", isDirectory: true) }
    package var catalogue: URL { root.appendingPathComponent("catalogue.sqlite", isDirectory: false) }

    static let folders = [
        "objects", "executions", "collected", "checkpoints", "imports", "materialized", "pins", "reports", "runs",
        "telemetry", "locks", "tmp",
        "quarantine",
    ]
    /// Made when first needed.
    static let laterFolders = ["compositions", "superseded", "tests"]

    /// Opens the store at `root`, and with `create` makes it if it isn't there.
    ///
    /// A read-only store opens: what only reads works on it, and writing fails with `.readOnly`.
    /// - Throws: `StoreError` with `.notAStore`, `.newerFormat`, `.readOnly`, `.full` or `.io`.
    package init(opening root: URL, create: Bool) throws {
        self.root = root.absoluteURL.standardizedFileURL
        var path = self.root.path
        while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
        self.path = path
        var status = stat()
        if stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR {
            throw StoreError(.notAStore, "\(path) is a file, expected a folder to hold the store")
        }
        var isStore = try hasFormat()
        if !isStore {
            try refuseForeignFolder()
            isStore = try hasFormat()
        }
        guard isStore || create else {
            throw StoreError(
                .notAStore,
                "no store at \(path) (it has no file named format); `calm run` makes one, --store DIR names another")
        }
        guard create else {
            // Git keeps no empty folders, so that a store that was checked out lacks these. A read-only one does without.
            for folder in ["locks", "tmp"] where !Folder.isFolder(path + "/" + folder) {
                try? Folder.create(path + "/" + folder)
            }
            return
        }
        if !isStore { try make() }
        for folder in Self.folders where !Folder.isFolder(path + "/" + folder) {
            try Folder.create(path + "/" + folder)
        }
    }

    /// Makes the folder a store: its format comes first, so that whatever stands in a folder without one is somebody else's.
    private func make() throws(StoreError) {
        try Folder.create(path)
        if try Folder.entries(path).isEmpty { StoreCreation.ignoreInGit(path) }
        try Folder.create(path + "/tmp")
        try write(Array("calm store \(Self.format)\n".utf8), to: path + "/format", mode: 0o644)
    }

    /// Whether the folder says that it is a store which this code can read.
    ///
    /// - Throws: `StoreError` with `.notAStore` or `.newerFormat` if it says something else.
    func hasFormat() throws(StoreError) -> Bool {
        let file = path + "/format"
        var status = stat()
        guard stat(file, &status) == 0 else {
            if errno == ENOENT || errno == ELOOP { return false }
            throw StoreError(errno: errno, "read", file)
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= 4096 else {
            throw StoreError(
                .notAStore,
                "\(path) is not a calm store: its 'format' is not a small file; name another with --store DIR")
        }
        guard let bytes = try Self.contentsIfPresent(file) else { return false }
        try Self.check(format: bytes, at: path)
        return true
    }

    static func contentsIfPresent(_ path: String) throws(StoreError) -> [UInt8]? {
        do {
            return try OpenFile(reading: path).contents(limit: 4096)
        } catch let error where error.code == .missing {
            return nil
        }
    }

    private static func check(format bytes: [UInt8], at path: String) throws(StoreError) {
        let text = String(decoding: bytes, as: UTF8.self)
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 3, words[0] == "calm", words[1] == "store", let version = Int(words[2]), version > 0 else {
            throw StoreError(
                .notAStore,
                "\(path)/format says '\(text.prefix(40))', expected 'calm store \(format)': not a store, or a damaged one; --store DIR names another"
            )
        }
        guard version <= format else {
            throw StoreError(
                .newerFormat,
                "\(path) has store format \(version), this calm reads up to \(format): use a newer calm or another store"
            )
        }
    }

    /// Makes the folder of a run.
    ///
    /// - Throws: `StoreError` with `.full`, `.readOnly` or `.io`.
    package func makeFolder(ofRun run: String) throws(StoreError) -> URL {
        let folder = path + "/runs/" + run
        if mkdir(folder, 0o777) != 0, errno != EEXIST {
            guard errno == ENOENT else { throw StoreError(errno: errno, "create the folder", folder) }
            try Folder.create(folder)
        }
        return URL(fileURLWithPath: folder, isDirectory: true)
    }

    /// The folders of runs, sorted by name.
    ///
    /// - Throws: `StoreError` with `.io`.
    package func runFolders() throws(StoreError) -> [URL] {
        var folders: [URL] = []
        for name in try Folder.entries(path + "/runs") where try Folder.isSubfolder(path + "/runs/" + name) {
            folders.append(runs.appendingPathComponent(name, isDirectory: true))
        }
        return folders
    }

    /// The log of this name in a run's folder.
    package func log(_ name: String, ofRun run: String) -> URL {
        runs.appendingPathComponent(run, isDirectory: true).appendingPathComponent(name, isDirectory: false)
    }

    /// A new name below `tmp/`, recognised as a leftover once this process is gone.
    package func temporaryURL() -> URL {
        tmp.appendingPathComponent(TemporaryName.next())
    }

    var temporaryPath: String { path + "/tmp/" + TemporaryName.next() }

    /// Writes a small file atomically.
    func write(_ bytes: [UInt8], to destination: String, mode: mode_t) throws(StoreError) {
        let file = try newTemporaryFile()
        // The closure of `withUnsafeBytes` can't borrow a noncopyable value, hence the detour.
        let result = bytes.withUnsafeBytes { buffer in Result { () throws(StoreError) in try file.write(buffer) } }
        try result.get()
        try commit(file, bytes: bytes.count, to: destination, mode: mode)
    }

    /// A file below `tmp/`, which is made anew if somebody removed it.
    func newTemporaryFile() throws(StoreError) -> TemporaryFile {
        do {
            return try TemporaryFile(at: temporaryPath)
        } catch let error where error.code == .missing {
            try Folder.create(path + "/tmp")
            return try TemporaryFile(at: temporaryPath)
        }
    }
}
