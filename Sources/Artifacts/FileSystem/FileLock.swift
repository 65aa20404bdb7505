import Foundation
import Glibc

/// An advisory lock on a file, held until this object or its process is gone.
///
/// flock(2): the kernel lets go when a process dies, however it dies; child processes don't inherit it.
package final class FileLock: Sendable {
    private let descriptor: Int32
    private let path: String

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        // Not by closing alone: a process that is being started just now has the descriptor, too, until its program is there.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Takes the lock for itself alone. Waiting blocks the thread.
    ///
    /// - Throws: `StoreError` with `.locked` if another holds it and `wait` is false.
    package static func exclusive(_ url: URL, wait: Bool) throws -> FileLock {
        try take(url.path, LOCK_EX, wait: wait)
    }

    /// Takes the lock together with other sharers. Waiting blocks the thread.
    ///
    /// - Throws: `StoreError` with `.locked` if another holds it exclusively and `wait` is false.
    package static func shared(_ url: URL, wait: Bool) throws -> FileLock {
        try take(url.path, LOCK_SH, wait: wait)
    }

    /// As `shared`, of a file that is there: none is made.
    ///
    /// - Throws: `StoreError` with `.missing` if there is none, or `.locked` if another holds it exclusively.
    package static func sharedIfPresent(_ url: URL) throws -> FileLock {
        try take(url.path, LOCK_SH, wait: false, creates: false)
    }

    /// Removes the file of a lock held exclusively, so that finished work leaves none behind; the lock stays held.
    ///
    /// Safe: who waited on the removed file sees that its place is empty or taken anew, and starts over.
    package func removeFile() {
        unlink(path)
    }

    private static func take(
        _ path: String, _ kind: Int32, wait: Bool, creates: Bool = true
    ) throws(StoreError) -> FileLock {
        while true {
            let lock = FileLock(descriptor: try open(path, creates: creates), path: path)
            while flock(lock.descriptor, wait ? kind : kind | LOCK_NB) != 0 {
                if errno == EINTR { continue }
                if errno == EWOULDBLOCK {
                    throw StoreError(.locked, "\(path) is locked by another process; wait for it to end and run again")
                }
                throw StoreError(errno: errno, "lock", path)
            }
            if lock.isInPlace { return lock }
        }
    }

    private static func open(_ path: String, creates: Bool) throws(StoreError) -> Int32 {
        var descriptor = Glibc.open(path, O_RDWR | (creates ? O_CREAT : 0) | O_CLOEXEC, 0o666)
        if descriptor < 0 && (errno == EROFS || errno == EACCES) {
            let refusal = errno
            descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
            // Why it can't be made, rather than that it isn't there.
            if descriptor < 0 && errno == ENOENT { errno = refusal }
        }
        guard descriptor >= 0 else { throw StoreError(errno: errno, "lock", path) }
        return descriptor
    }

    /// Whether the path still leads to the locked file: its last holder may have removed it meanwhile.
    private var isInPlace: Bool {
        var held = stat()
        var found = stat()
        guard fstat(descriptor, &held) == 0, stat(path, &found) == 0 else { return false }
        return held.st_ino == found.st_ino && held.st_dev == found.st_dev
    }
}
