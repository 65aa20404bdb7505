import Foundation
import Glibc

/// Where a path leads, so that two spellings of one file are known to be one: links, `..`, hard links, and another case on file
/// systems that don't tell cases apart. The file need not be there.
struct FilePlace {
    /// Absolute and without links.
    let path: String
    private let inode: Inode?

    private struct Inode: Equatable {
        let device: dev_t
        let number: ino_t
    }

    init(_ path: String) {
        self.path = Self.resolved(path.hasPrefix("/") ? path : "\(ProjectFolder.current)/\(path)", links: 40)
        var status = stat()
        inode = stat(self.path, &status) == 0 ? Inode(device: status.st_dev, number: status.st_ino) : nil
    }

    func isSame(as other: FilePlace) -> Bool {
        if path == other.path { return true }
        if let inode, inode == other.inode { return true }
        guard path.lowercased() == other.path.lowercased() else { return false }
        return Self.ignoresCase(folder) || Self.ignoresCase(other.folder)
    }

    /// Whether it lies below a folder.
    func isBelow(_ other: FilePlace) -> Bool { path.hasPrefix(other.path == "/" ? "/" : other.path + "/") }

    private var folder: String { Self.split(path).folder }

    /// As the kernel would go, as far as the folders are there; the rest by its letters.
    private static func resolved(_ path: String, links: Int) -> String {
        if let real = realpath(path, nil) {
            defer { free(real) }
            return String(cString: real)
        }
        let (folder, name) = split(path)
        guard !path.isEmpty, path != "/" else { return "/" }
        if name.isEmpty || name == "." { return resolved(folder, links: links) }
        let parent = resolved(folder, links: links)
        if name == ".." { return split(parent).folder }
        let place = parent == "/" ? "/\(name)" : "\(parent)/\(name)"
        // A link to a file that isn't there yet.
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink(place, &target, target.count - 1)
        guard count > 0, links > 0 else { return place }
        let text = String(decoding: target.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return resolved(text.hasPrefix("/") ? text : "\(parent)/\(text)", links: links - 1)
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("/", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }

    /// Whether another spelling of something in a folder leads to the same; false if there is nothing to try with.
    private static func ignoresCase(_ folder: String) -> Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names.prefix(100) {
            let other = name == name.lowercased() ? name.uppercased() : name.lowercased()
            guard other != name, !names.contains(other) else { continue }
            var (first, second) = (stat(), stat())
            guard lstat("\(folder)/\(name)", &first) == 0 else { continue }
            return lstat("\(folder)/\(other)", &second) == 0 && first.st_ino == second.st_ino
                && first.st_dev == second.st_dev
        }
        return false
    }
}
