import Artifacts
import Foundation

/// What stands in a folder, as an artifact of type `folder` has it: files, links that stay in it, and empty folders.
package struct FolderListing: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        /// The path from the folder.
        package let name: String
        let kind: Manifest.Member.Kind
        /// Of files.
        let signature: FileSignature?
    }

    /// What a folder holds that no artifact can, or why it can't be read.
    package struct Fault: Error, Hashable {
        /// A clause without the folder's name: `the entry 'socket' is a socket; …`.
        package let message: String
    }

    static let maximumEntries = 100_000

    /// Sorted by name.
    private(set) var entries: [Entry] = []

    /// Looks through the folder: one lstat(2) and one access(2) for each entry. Links aren't followed, but for `path` itself.
    init(of path: String) throws(Fault) {
        try read(path, below: "")
        entries.sort { $0.name < $1.name }
        // Names may differ as bytes and yet be one text, as é has two forms.
        for (entry, next) in zip(entries, entries.dropFirst()) where entry.name == next.name {
            throw Fault(
                message: "it has two entries called \(quoted(entry.name)), written with different Unicode characters; "
                    + "rename one of them")
        }
        let links = FolderLinks(
            Dictionary(
                entries.compactMap { if case .link(let target) = $0.kind { ($0.name, target) } else { nil } }
            ) { first, _ in first })
        for entry in entries {
            guard case .link = entry.kind, let fault = links.fault(of: entry.name) else { continue }
            throw Fault(
                message: "the entry \(quoted(entry.name)) \(fault); put what it leads to into the folder instead")
        }
    }

    private mutating func read(_ path: String, below parent: String) throws(Fault) {
        let names = try Self.names(in: path, called: parent)
        if names.contains("format"), names.contains("objects"), StoreMark.isStore(path) {
            throw Fault(
                message: "\(parent.isEmpty ? "it" : "the folder \(quoted(parent)) in it") is a calm store, which "
                    + "changes with every run; name a folder without it")
        }
        if names.isEmpty, !parent.isEmpty { add(Entry(name: parent, kind: .folder, signature: nil)) }
        for entry in names {
            let name = parent.isEmpty ? entry : "\(parent)/\(entry)"
            let file = "\(path)/\(entry)"
            if let fault = Manifest.fault(ofMemberName: name) {
                throw Fault(message: "the name of the entry \(quoted(name)) \(fault); rename it")
            }
            var status = stat()
            guard lstat(file, &status) == 0 else { throw Self.unreadable(name, errno) }
            switch status.st_mode & S_IFMT {
            case S_IFREG:
                guard access(file, R_OK) == 0 else { throw Self.unreadable(name, errno) }
                if FileSignature.isMadeUp(file, status) {
                    throw Fault(message: "the entry \(quoted(name)) \(FileSignature.madeUp)")
                }
                let signature = FileSignature(status)
                add(Entry(name: name, kind: signature.isExecutable ? .executable : .file, signature: signature))
            case S_IFDIR: try read(file, below: name)
            case S_IFLNK: add(Entry(name: name, kind: .link(target: try Self.target(of: file, name)), signature: nil))
            default:
                throw Fault(
                    message:
                        "the entry \(quoted(name)) is \(FileSignature.kindName(status.st_mode)); a folder can hold "
                        + "files, folders and links")
            }
            guard entries.count <= Self.maximumEntries else {
                throw Fault(message: "it has more than \(Self.maximumEntries) entries, the limit")
            }
        }
    }

    private mutating func add(_ entry: Entry) { entries.append(entry) }

    /// The names of a folder's entries, sorted.
    ///
    /// - Parameter name: what the folder is called in messages; empty for the outermost.
    static func names(in path: String, called name: String) throws(Fault) -> [String] {
        guard let folder = opendir(path) else {
            let reason = String(cString: strerror(errno))
            throw Fault(message: "\(name.isEmpty ? "it" : "the folder \(quoted(name)) in it") can't be read: \(reason)")
        }
        defer { closedir(folder) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else {
                guard errno == 0 else { throw unreadable(name, errno) }
                break
            }
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Fault(
                    message:
                        "the name of the entry \(quoted(String(decoding: bytes, as: UTF8.self))) isn't UTF-8; rename it"
                )
            }
            if text != "." && text != ".." { names.append(text) }
        }
        return names.sorted()
    }

    private static func target(of file: String, _ name: String) throws(Fault) -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(file, &bytes, bytes.count)
        guard count >= 0 else { throw unreadable(name, errno) }
        let text = bytes.prefix(count).map(UInt8.init(bitPattern:))
        guard let target = String(validating: text, as: UTF8.self) else {
            throw Fault(message: "the target of the link \(quoted(name)) isn't UTF-8; link it to another name")
        }
        return target
    }

    private static func unreadable(_ name: String, _ number: Int32) -> Fault {
        Fault(message: "the entry \(quoted(name)) can't be read: \(String(cString: strerror(number)))")
    }
}

/// Where a run keeps its results, whether the store is there already or not.
package struct StorePlace: Hashable, Sendable {
    /// Without links, as far as it is there.
    let path: String

    package init(_ url: URL) {
        var (existing, missing) = (url.standardizedFileURL.path, "")
        while true {
            if let resolved = realpath(existing, nil) {
                defer { free(resolved) }
                path = (existing == "/" ? "" : String(cString: resolved)) + missing
                return
            }
            let name = URL(fileURLWithPath: existing).lastPathComponent
            (existing, missing) = (
                URL(fileURLWithPath: existing).deletingLastPathComponent().path, "/\(name)\(missing)"
            )
        }
    }

    /// Whether it is the folder, or in it at any depth.
    func lies(in folder: String) -> Bool {
        guard let resolved = realpath(folder, nil) else { return false }
        defer { free(resolved) }
        let folder = String(cString: resolved)
        return folder == "/" || path == folder || path.hasPrefix(folder + "/")
    }
}

/// Tells stores from other folders.
enum StoreMark {
    static func isStore(_ folder: String) -> Bool {
        guard let bytes = FileManager.default.contents(atPath: folder + "/format") else { return false }
        return bytes.starts(with: "calm store ".utf8)
    }
}
