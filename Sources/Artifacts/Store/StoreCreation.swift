import Foundation
import Glibc

/// The making of a store for what is about to be stored, which is taken back if that fails.
package struct StoreCreation {
    private let path: String
    private let isNew: Bool
    /// Folders that weren't there, the store's own first.
    private let folders: [String]

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
    }

    /// Removes the store if it wasn't there before and nothing was stored: what stood in its folder stays.
    package func undo() {
        guard isNew, let store = try? Store(opening: URL(fileURLWithPath: path, isDirectory: true), create: false),
            // Whoever uses it meanwhile holds this.
            let collection = try? FileLock.exclusive(store.locks.appendingPathComponent("gc"), wait: false)
        else { return }
        defer { withExtendedLifetime(collection) {} }
        let kept = ["executions", "objects", "runs", "pins", "reports", "tests"].map { "\(path)/\($0)" }
        guard kept.allSatisfy({ (try? Folder.entries($0))?.isEmpty == true }) else { return }
        for name in ["format", "catalogue.sqlite", "catalogue.sqlite-wal", "catalogue.sqlite-shm"] {
            unlink("\(path)/\(name)")
        }
        for name in ["gc", "catalogue"] { unlink("\(path)/locks/\(name)") }
        for folder in Store.folders.map({ "\(path)/\($0)" }) + folders { rmdir(folder) }
    }
}
