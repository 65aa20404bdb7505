import Foundation
import Glibc

/// The files below a folder that may be reports, links followed, each once.
///
/// Every folder is looked into once, by device and inode, so that links that lead in circles end; a link to a folder that
/// this one is in isn't followed. What can't be read costs itself alone. Paths are bytes: a name need not be UTF-8.
struct FolderSearch {
    struct Found {
        let path: BytePath
        /// Below the folder.
        let name: BytePath
        let modifiedAt: Double
    }

    struct Odd {
        let name: BytePath
        let reason: String
    }

    private(set) var found: [Found] = []
    private(set) var odd: [Odd] = []
    /// Results in other forms, and archives that aren't read.
    private(set) var unread: [String] = []
    private var folders: Set<FileIdentity> = []
    private var files: Set<FileIdentity> = []
    private var waiting: [(path: BytePath, name: BytePath)] = []
    /// Links are followed after all that isn't behind one, so that a file has the name of its own place.
    private var links: [(path: BytePath, name: BytePath)] = []

    private let folder: String

    init(_ folder: BytePath) {
        self.folder = folder.text
        folders = Self.ancestors(of: folder)
        waiting = [(folder, BytePath([]))]
        while let next = waiting.popLast() ?? links.popLast() { visit(next.path, next.name) }
        found.sort { $0.name < $1.name }
        odd.sort { $0.name < $1.name }
        unread.sort()
    }

    /// The folders that this one is in.
    private static func ancestors(of folder: BytePath) -> Set<FileIdentity> {
        guard let real = folder.withCString({ realpath($0, nil) }) else { return [] }
        defer { free(real) }
        var path = BytePath(Array(UnsafeBufferPointer(start: real, count: strlen(real))).map { UInt8(bitPattern: $0) })
        var found: Set<FileIdentity> = []
        while let parent = path.parent {
            if let status = parent.status() { found.insert(FileIdentity(status)) }
            path = parent
        }
        return found
    }

    private mutating func visit(_ path: BytePath, _ name: BytePath) {
        var status = stat()
        guard path.withCString({ stat($0, &status) }) == 0 else {
            // Of a link to nothing, only the name says whether it should have been a report.
            if isWanted(name.text) { odd.append(Odd(name: name, reason: reason(errno))) }
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            if folders.insert(FileIdentity(status)).inserted { list(path, name) }
        case S_IFREG:
            let text = name.text
            guard
                isWanted(text)
                    || UnnamedReport.mayHaveName(text) && UnnamedReport.isReport(path, name: text, in: folder)
            else {
                if UnreadForm.isArchive(text) { unread.append(text) }
                return
            }
            guard files.insert(FileIdentity(status)).inserted else { return }
            found.append(Found(path: path, name: name, modifiedAt: status.modifiedAt))
        default:
            if isWanted(name.text) {
                odd.append(Odd(name: name, reason: "it is \(status.kind), expected a file"))
            }
        }
    }

    private mutating func list(_ path: BytePath, _ name: BytePath) {
        guard let folder = path.withCString({ opendir($0) }) else {
            odd.append(Odd(name: name, reason: "the folder can't be read: \(String(cString: strerror(errno)))"))
            return
        }
        defer { closedir(folder) }
        errno = 0
        while let entry = readdir(folder) {
            let kind = Int(entry.pointee.d_type)
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            errno = 0
            if bytes == [0x2E] || bytes == [0x2E, 0x2E] { continue }
            let own = (path.appending(bytes), name.appending(bytes))
            if kind == Int(DT_LNK) {
                links.append(own)
            } else if kind == Int(DT_DIR) || kind == Int(DT_UNKNOWN) || isWanted(own.1.text)
                || kind == Int(DT_REG) && (UnnamedReport.mayHaveName(own.1.text) || UnreadForm.isArchive(own.1.text))
            {
                waiting.append(own)
            }
        }
        if errno != 0 {
            odd.append(Odd(name: name, reason: "the folder can't be read: \(String(cString: strerror(errno)))"))
        }
    }

    /// Whether a file of this name is taken, whatever it holds.
    private func isWanted(_ name: String) -> Bool {
        CompressedReport.isReport(name) || UnreadForm.isOfResults(name, in: folder)
    }

    private func reason(_ code: Int32) -> String {
        switch code {
        case ENOENT, ENOTDIR: "it is a link to nothing"
        case ELOOP: "it is a link that leads in a circle"
        default: "it can't be read: \(String(cString: strerror(code)))"
        }
    }
}
