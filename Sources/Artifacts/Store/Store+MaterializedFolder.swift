import Foundation
import Glibc

/// `materialized/DIGEST/`: the members of an artifact as plain files that can be mapped. Like everything there it can be made
/// again: the folder may go at any time. Whoever has a file open keeps it.
extension Store {
    /// The folder with an artifact's members, made unless it is there.
    ///
    /// Each file is verified by its SHA-256 while it is written, and the folder appears all at once.
    /// - Parameter verifies: Whether files that were there already are read and verified, too, rather than compared by size.
    /// - Throws: `StoreError` if the artifact is missing or damaged, or there is no room.
    package func materializedFolder(of artifact: Digest, verifies: Bool) throws -> URL {
        let folder = root.appendingPathComponent("materialized/\(artifact.hex)", isDirectory: true)
        let manifest = try manifest(artifact)
        if holds(folder, manifest, verifies: verifies) { return folder }
        try Folder.create(folder.deletingLastPathComponent().path)
        let lock = try FileLock.exclusive(locks.appendingPathComponent(artifact.hex), wait: true)
        defer { withExtendedLifetime(lock) {} }
        // Another process may have made it meanwhile.
        if holds(folder, manifest, verifies: verifies) { return folder }
        let temporary = temporaryURL()
        defer { _ = TreeRemoval.remove(temporary.path) }
        try restore(manifest, to: temporary)
        for (name, member) in manifest.members where member.kind == .file || member.kind == .executable {
            chmod(temporary.path + "/" + name, 0o444)
        }
        if let failure = TreeRemoval.remove(folder.path).first { throw StoreError(.io, failure.message) }
        guard rename(temporary.path, folder.path) == 0 else {
            throw StoreError(errno: errno, "rename", temporary.path)
        }
        return folder
    }

    /// The artifacts whose members stand in `materialized/` as plain files.
    func materializedFolders() throws(StoreError) -> [Digest] {
        let path = root.path + "/materialized"
        guard Folder.isFolder(path) else { return [] }
        return try Folder.entries(path).compactMap { Digest(hex: $0) }.filter { isFolder("\(path)/\($0.hex)") }
    }

    /// What its files take; an artifact that is gone takes nothing that could be told.
    func materializedBytes(of artifact: Digest) -> Int {
        (try? manifest(artifact))?.members.values.reduce(0) { $0 + $1.size } ?? 0
    }

    /// Links aren't followed.
    private func isFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private func holds(_ folder: URL, _ manifest: Manifest, verifies: Bool) -> Bool {
        guard isFolder(folder.path) else { return false }
        return manifest.members.allSatisfy { name, member in
            guard member.kind == .file || member.kind == .executable else { return true }
            let file = folder.appendingPathComponent(name, isDirectory: false)
            var status = stat()
            guard lstat(file.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size == member.size
            else { return false }
            return !verifies || (try? Digest(ofFile: file)) == member.digest
        }
    }
}
