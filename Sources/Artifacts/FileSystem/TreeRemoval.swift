import Foundation
import Glibc

/// Removes folders that programs have left, whatever they did to them.
package enum TreeRemoval {
    /// Removes a file, or a folder with everything in it. Folders that their owner may not write to, list or enter are given
    /// those rights first; links aren't followed.
    ///
    /// - Returns: what couldn't be removed and why; all the rest is gone. Nothing is wrong if there is no such file.
    package static func remove(_ path: String) -> [StoreError] {
        var removal = Removal()
        let parent = open(Folder.parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else {
            return errno == ENOENT ? [] : [StoreError(errno: errno, "remove", path)]
        }
        defer { close(parent) }
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8[path.utf8.index(after: $0)...] }
        removal.remove(Array(name ?? path.utf8[...]).map(CChar.init(bitPattern:)) + [0], in: parent, path, depth: 0)
        return removal.failures
    }
}

private struct Removal {
    /// Folders further down are moved up first: each level costs a descriptor.
    private static let maximumDepth = 100

    var failures: [StoreError] = []
    /// The outermost folder, how many were moved to it, and whether some were since it was listed.
    private var top: Int32?
    private var moved = 0
    private var hasMoved = false

    /// - Parameter name: ends with 0; as bytes, since it needn't be UTF-8.
    mutating func remove(_ name: [CChar], in parent: Int32, _ path: String, depth: Int) {
        var status = stat()
        guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return fail(path) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            if unlinkat(parent, name, 0) != 0 { fail(path) }
            return
        }
        if depth > Self.maximumDepth, let top {
            moved += 1
            let place = Array(".deep-\(getpid())-\(moved)".utf8CString)
            if renameat(parent, name, top, place) == 0 {
                hasMoved = true
                return
            }
        }
        // Who isn't the owner can't, and may not need to.
        if status.st_mode & S_IRWXU != S_IRWXU { fchmodat(parent, name, S_IRWXU, 0) }
        let descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return fail(path) }
        guard let folder = fdopendir(descriptor) else {
            fail(path)
            close(descriptor)
            return
        }
        defer { closedir(folder) }
        let isTop = top == nil
        if isTop { top = descriptor }
        let before = failures.count
        // What was moved to the outermost folder is seen when that is listed again.
        repeat {
            if isTop { hasMoved = false }
            for entry in entries(folder) {
                let text = String(decoding: entry.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
                remove(entry, in: descriptor, path + "/" + text, depth: depth + 1)
            }
        } while isTop && hasMoved && failures.count == before
        if failures.count > before { return }
        if unlinkat(parent, name, AT_REMOVEDIR) != 0 { fail(path) }
    }

    private func entries(_ folder: OpaquePointer) -> [[CChar]] {
        rewinddir(folder)
        var names: [[CChar]] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                bytes.prefix { $0 != 0 }.map(CChar.init(bitPattern:)) + [0]
            }
            if name != [46, 0] && name != [46, 46, 0] { names.append(name) }
        }
        return names
    }

    private mutating func fail(_ path: String) {
        let number = errno
        guard number != ENOENT else { return }
        let reason = String(cString: strerror(number))
        let advice = [EACCES, EPERM].contains(number) ? "; remove it as its owner" : ""
        failures.append(StoreError(.io, "can't remove \(path): \(reason)\(advice)"))
    }
}
