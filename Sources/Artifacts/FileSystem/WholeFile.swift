import Foundation
import Glibc

/// Files that stand at their place whole or not at all, but aren't synchronised: history and reports, not results.
///
/// After a crash of the machine such a file may be missing or empty.
package enum WholeFile {
    /// Writes a file beside its place and renames it, replacing what is there. A device or a pipe is written to, and a
    /// symbolic link followed.
    ///
    /// - Throws: `StoreError` with `.full`, `.readOnly` or `.io`.
    package static func write(_ bytes: some ContiguousBytes, to url: URL) throws(StoreError) {
        var path = url.path
        var status = stat()
        if stat(path, &status) == 0 {
            if [S_IFCHR, S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT) {
                return try write(bytes, to: OpenFile(writing: path))
            }
            if let resolved = realpath(path, nil) {
                path = String(cString: resolved)
                free(resolved)
            }
        }
        let temporary = Folder.parent(of: path) + "/." + TemporaryName.next()
        let file = try OpenFile(creating: temporary, mode: 0o666)
        do throws(StoreError) {
            try write(bytes, to: file)
            guard rename(temporary, path) == 0 else { throw StoreError(errno: errno, "write", path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Adds bytes at a file's end by one call, so that what several processes add doesn't mix; the file is made if need be.
    ///
    /// - Throws: `StoreError` with `.full`, `.readOnly` or `.io`.
    package static func append(_ bytes: some ContiguousBytes, to url: URL) throws(StoreError) {
        try write(bytes, to: OpenFile(appending: url.path))
    }

    private static func write(_ bytes: some ContiguousBytes, to file: borrowing OpenFile) throws(StoreError) {
        // The closure of `withUnsafeBytes` can't borrow a noncopyable value.
        let (descriptor, path) = (file.descriptor, file.path)
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(StoreError) in try OpenFile.write(buffer, to: descriptor, path) }
        }.get()
    }
}
