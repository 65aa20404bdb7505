import Foundation
import Glibc

extension Store {
    /// Writes the members of an artifact below a folder, which is made if need be: files with their modes, links, empty folders.
    /// Each is verified. Nothing is synchronized, since the store has it.
    ///
    /// - Parameter manifest: one that was read from the store, so that its names and links are known to stay in the folder.
    /// - Throws: `StoreError` as `copy(_:to:expecting:)`.
    package func restore(_ manifest: Manifest, to folder: URL) throws {
        var made: Set<String> = []
        func make(_ path: String) throws(StoreError) {
            guard made.insert(path).inserted else { return }
            _ = try Folder.make(path)
        }
        try make(folder.path)
        let members = manifest.members.sorted { $0.key < $1.key }
        for (name, member) in members {
            let path = folder.path + "/" + name
            switch member.kind {
            case .file, .executable:
                try make(Folder.parent(of: path))
                let mode: mode_t = member.kind == .executable ? 0o755 : 0o644
                try copy(
                    member.digest, to: URL(fileURLWithPath: path, isDirectory: false), expecting: member.size,
                    mode: mode)
            case .folder: try make(path)
            case .link: break
            }
        }
        // Last, so that nothing is written through them.
        for case (let name, .link(let target)) in members.map({ ($0.key, $0.value.kind) }) {
            let path = folder.path + "/" + name
            try make(Folder.parent(of: path))
            guard symlink(target, path) == 0 else { throw StoreError(errno: errno, "create", path) }
        }
    }
}
