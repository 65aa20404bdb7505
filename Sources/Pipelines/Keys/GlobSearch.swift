import Artifacts
import Foundation

/// The files that match a glob.
package struct GlobSearch: Hashable, Sendable {
    /// The folder from which the files' names count.
    package let folder: String
    /// Sorted by name.
    package private(set) var files: [FolderListing.Entry] = []
    /// Folders that match, too, which a glob doesn't take.
    package private(set) var matchingFolders = 0

    /// - Parameter folder: where the pattern begins.
    package init(_ pattern: GlobPattern, in folder: String) throws(FolderListing.Fault) {
        if pattern.base.isEmpty {
            self.folder = folder
        } else {
            self.folder = pattern.base.hasPrefix("/") ? pattern.base : "\(folder)/\(pattern.base)"
        }
        var search = Search(root: self.folder, parts: pattern.parts)
        try search.search("", 0)
        matchingFolders = search.folders.count
        files = search.found.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private struct Search {
        let root: String
        let parts: [GlobPattern.Part]
        var found: [String: FolderListing.Entry] = [:]
        var folders: Set<String> = []
        /// Places that were looked at for a part of the pattern: with two `**` they come up more than once.
        private var seen: Set<Place> = []

        private struct Place: Hashable {
            let folder: String
            let part: Int
        }

        init(root: String, parts: [GlobPattern.Part]) { (self.root, self.parts) = (root, parts) }

        /// - Parameter folder: from the root; empty for the root itself.
        mutating func search(_ folder: String, _ part: Int) throws(FolderListing.Fault) {
            guard seen.insert(Place(folder: folder, part: part)).inserted else { return }
            let isLast = part == parts.count - 1
            switch parts[part] {
            case .name(let name):
                let entry = Self.join(folder, name)
                if isLast { try take(entry, isNamed: true) } else if isFolder(entry) { try search(entry, part + 1) }
            case .pattern(let tokens):
                for name in try names(in: folder) where GlobPattern.matches(name, tokens) {
                    let entry = Self.join(folder, name)
                    if isLast {
                        try take(entry, isNamed: false)
                    } else if isFolder(entry) {
                        try search(entry, part + 1)
                    }
                }
            case .anyDepth:
                try search(folder, part + 1)
                for name in try names(in: folder) where name.utf8.first != UInt8(ascii: ".") {
                    let entry = Self.join(folder, name)
                    if isFolder(entry, followingLinks: false) { try search(entry, part) }
                }
            }
        }

        /// The names in a folder; none in a store, which changes with every run.
        private func names(in folder: String) throws(FolderListing.Fault) -> [String] {
            let path = path(folder)
            // Who names a folder that isn't there finds nothing.
            if folder.isEmpty, access(path, F_OK) != 0 { return [] }
            let names = try FolderListing.names(in: path, called: folder)
            return names.contains("format") && names.contains("objects") && StoreMark.isStore(path) ? [] : names
        }

        private mutating func take(_ name: String, isNamed: Bool) throws(FolderListing.Fault) {
            let path = path(name)
            var status = stat()
            guard stat(path, &status) == 0 else {
                let number = errno
                if isNamed, number == ENOENT || number == ENOTDIR, lstat(path, &status) != 0 { return }
                throw FolderListing.Fault(
                    message: "\(quoted(name)) can't be read: \(String(cString: strerror(number)))")
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: folders.insert(name)
            case S_IFREG:
                guard access(path, R_OK) == 0 else {
                    throw FolderListing.Fault(
                        message: "\(quoted(name)) can't be read: \(String(cString: strerror(errno)))")
                }
                if FileSignature.isMadeUp(path, status) {
                    throw FolderListing.Fault(message: "\(quoted(name)) \(FileSignature.madeUp)")
                }
                if let fault = Manifest.fault(ofMemberName: name) {
                    throw FolderListing.Fault(message: "the name \(quoted(name)) \(fault); rename it")
                }
                let signature = FileSignature(status)
                let entry = FolderListing.Entry(
                    name: name, kind: signature.isExecutable ? .executable : .file, signature: signature)
                if let other = found.updateValue(entry, forKey: name), !other.name.utf8.elementsEqual(name.utf8) {
                    throw FolderListing.Fault(
                        message:
                            "it finds two files called \(quoted(name)), written with different Unicode characters; "
                            + "rename one of them")
                }
                guard found.count <= FolderListing.maximumEntries else {
                    throw FolderListing.Fault(
                        message: "it finds more than \(FolderListing.maximumEntries) files, the limit")
                }
            default:
                throw FolderListing.Fault(
                    message: "\(quoted(name)) is \(FileSignature.kindName(status.st_mode)); expected ordinary files")
            }
        }

        private func path(_ name: String) -> String {
            name.isEmpty ? root : root.hasSuffix("/") ? root + name : "\(root)/\(name)"
        }

        private func isFolder(_ name: String, followingLinks: Bool = true) -> Bool {
            var status = stat()
            let code = followingLinks ? stat(path(name), &status) : lstat(path(name), &status)
            return code == 0 && status.st_mode & S_IFMT == S_IFDIR
        }

        private static func join(_ folder: String, _ name: String) -> String {
            folder.isEmpty ? name : "\(folder)/\(name)"
        }
    }
}
