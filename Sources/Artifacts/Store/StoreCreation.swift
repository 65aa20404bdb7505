import Foundation
import Glibc

/// The making of a store for what is about to be stored, which is taken back if that fails.
package struct StoreCreation {
    private let path: String
    private let isNew: Bool
    /// Folders that weren't there, the store's own first.
    private let folders: [String]
    private let hadIgnoreFile: Bool

    private static let ignoreFile = ".gitignore"
    private static let ignoreText = "*\n"
    private static let locks = ["gc", "catalogue", "secret"]

    /// To be made before the store is opened.
    package init(of root: URL) {
        path = root.absoluteURL.standardizedFileURL.path
        isNew = access(path + "/format", F_OK) != 0
        var folders: [String] = []
        var folder = path
        while access(folder, F_OK) != 0, Folder.parent(of: folder) != folder {
            folders.append(folder)
            folder = Folder.parent(of: folder)
        }
        self.folders = folders
        hadIgnoreFile = access("\(path)/\(Self.ignoreFile)", F_OK) == 0
    }

    /// Keeps an empty folder that becomes a store out of the git repository that it may lie in. Not synced to the disk, and no
    /// error if it can't be written: nothing depends on it.
    static func ignoreInGit(_ path: String) {
        guard let file = try? OpenFile(creating: "\(path)/\(ignoreFile)", mode: 0o644) else { return }
        var text = ignoreText
        text.withUTF8 { try? file.write(UnsafeRawBufferPointer($0)) }
    }

    /// Removes the store if it wasn't there before, nothing was stored and nobody else put anything into its folder: what
    /// stood in it stays.
    package func undo() {
        guard isNew, let store = try? Store(opening: URL(fileURLWithPath: path, isDirectory: true), create: false),
            // Whoever uses it meanwhile holds this.
            let collection = try? FileLock.exclusive(store.locks.appendingPathComponent("gc"), wait: false)
        else { return }
        defer { withExtendedLifetime(collection) {} }
        let filled = Store.folders + Store.laterFolders
        guard filled.allSatisfy({ $0 == "locks" || (try? Folder.entries("\(path)/\($0)"))?.isEmpty == true }),
            (try? store.foreignFiles())?.isEmpty == true,
            (try? Folder.entries("\(path)/locks"))?.allSatisfy({ Self.locks.contains($0) }) == true
        else { return }
        for name in ["format", "secret", "catalogue.sqlite", "catalogue.sqlite-wal", "catalogue.sqlite-shm"] {
            unlink("\(path)/\(name)")
        }
        for name in Self.locks { unlink("\(path)/locks/\(name)") }
        if !hadIgnoreFile, (try? Store.contentsIfPresent("\(path)/\(Self.ignoreFile)")) == Array(Self.ignoreText.utf8) {
            unlink("\(path)/\(Self.ignoreFile)")
        }
        for folder in Store.folders.map({ "\(path)/\($0)" }) + folders { rmdir(folder) }
    }
}
