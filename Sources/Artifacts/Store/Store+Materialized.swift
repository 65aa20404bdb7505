import Foundation
import Glibc

/// `materialized/KEY`: large files to be mapped into memory, which can always be made again. `KEY.sha256` beside each says
/// what it must contain. Neither their absence nor their damage is damage to the store.
extension Store {
    private var materializedPath: String { path + "/materialized" }

    private func materializedPath(_ key: Digest) -> String { materializedPath + "/" + key.hex }

    /// The file of this key, mapped and checked against its digest, or nil if it must be made. A damaged one is removed.
    package func materialized(_ key: Digest) throws(StoreError) -> Data? {
        let file = materializedPath(key)
        guard let record = try Self.contentsIfPresent(file + ".sha256"),
            let data = try? Data(contentsOf: URL(fileURLWithPath: file), options: .alwaysMapped)
        else { return nil }
        guard String(decoding: record.prefix(64), as: UTF8.self) == Digest(of: data).hex else {
            removeMaterialized(file)
            return nil
        }
        // The time of the last use decides which file goes first.
        utimensat(AT_FDCWD, file, nil, 0)
        return data
    }

    /// Makes the file of this key, of `bytes` bytes that `fill` writes in any order, and maps it. Others make room, those
    /// unused for longest first, so that all together have at most `limit` bytes. Files are made one after the other, so
    /// that this holds while they are made, too.
    package func materialize(
        _ key: Digest, bytes: Int, limit: Int, fill: (MaterializedWriter) throws -> Void
    ) throws -> Data {
        let file = materializedPath(key)
        try Folder.create(materializedPath)
        let lock = try FileLock.exclusive(materializedLock, wait: true)
        defer { withExtendedLifetime(lock) {} }
        removeMaterialized(file)
        try makeRoom(limit - bytes)
        let temporary = try newTemporaryFile()
        try temporary.file.allocate(bytes)
        try fill(MaterializedWriter(descriptor: temporary.file.descriptor, path: temporary.file.path, bytes: bytes))
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: temporary.file.path), options: .alwaysMapped)
        } catch {
            throw StoreError(.io, "can't map \(temporary.file.path): \(error.localizedDescription)")
        }
        try write(Array("\(Digest(of: data).hex)  \(key.hex)\n".utf8), to: file + ".sha256", mode: 0o644)
        try temporary.commit(to: file, mode: 0o444)
        return data
    }

    /// Removes files, those unused for longest first, until all together have at most `limit` bytes. Leaves that to whoever
    /// is making one just now, rather than wait for it.
    package func trimMaterialized(to limit: Int) throws {
        guard Folder.isFolder(materializedPath) else { return }
        do {
            let lock = try FileLock.exclusive(materializedLock, wait: false)
            defer { withExtendedLifetime(lock) {} }
            try makeRoom(limit)
        } catch let error as StoreError where error.code == .locked {}
    }

    private var materializedLock: URL { locks.appendingPathComponent("materialized") }

    /// Every file with its bytes, the one unused for longest first.
    package func materializedFiles() throws(StoreError) -> [(key: Digest, bytes: Int)] {
        guard Folder.isFolder(materializedPath) else { return [] }
        var files: [(key: Digest, bytes: Int, used: Int)] = []
        for name in try Folder.entries(materializedPath) {
            var status = stat()
            guard let key = Digest(hex: name), lstat(materializedPath(key), &status) == 0,
                status.st_mode & S_IFMT == S_IFREG
            else { continue }
            files.append((key, Int(status.st_size), Int(status.st_mtim.tv_sec)))
        }
        return files.sorted { ($0.used, $0.key) < ($1.used, $1.key) }.map { ($0.key, $0.bytes) }
    }

    /// Removes files until at most `room` bytes are left, and what a killed process left without one. Who has a file mapped
    /// keeps it.
    private func makeRoom(_ room: Int) throws(StoreError) {
        for name in try Folder.entries(materializedPath) where name.hasSuffix(".sha256") && Self.isMaterialized(name) {
            let file = materializedPath + "/" + name.dropLast(".sha256".count)
            if access(file, F_OK) != 0 { unlink(file + ".sha256") }
        }
        let files = try materializedFiles()
        var total = files.reduce(0) { $0 + $1.bytes }
        for (key, bytes) in files where total > room {
            removeMaterialized(materializedPath(key))
            total -= bytes
        }
    }

    private func removeMaterialized(_ file: String) {
        unlink(file + ".sha256")
        unlink(file)
    }
}

/// Fills a file of fixed size; used by several threads at once.
package struct MaterializedWriter: Sendable {
    let descriptor: Int32
    let path: String
    let bytes: Int

    package func write(_ buffer: UnsafeRawBufferPointer, at offset: Int) throws(StoreError) {
        precondition(offset >= 0 && offset + buffer.count <= bytes, "\(buffer.count) bytes at \(offset) of \(bytes)")
        guard let base = buffer.baseAddress else { return }
        var count = 0
        while count < buffer.count {
            let put = pwrite(descriptor, base + count, buffer.count - count, off_t(offset + count))
            if put < 0 {
                if errno == EINTR { continue }
                throw StoreError(errno: errno, "write", path)
            }
            count += put
        }
    }
}
