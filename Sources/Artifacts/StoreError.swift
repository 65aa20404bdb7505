import Foundation
import Glibc

/// What went wrong with a store: a code to act upon, and a message that says what, where and the way out.
package struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        /// The folder isn't a store.
        case notAStore
        /// Written by a newer version of calm.
        case newerFormat
        /// A blob or file that should be there isn't.
        case missing
        /// Bytes that aren't what their name says.
        case damaged
        case io
        /// No space, no quota, or a file size limit.
        case full
        case readOnly
        /// Another process holds the lock.
        case locked
        /// Well-formed content that mustn't be acted upon, such as a member named `../x`.
        case hostile
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

extension StoreError: LocalizedError {
    package var errorDescription: String? { message }
}

extension StoreError {
    /// The failure of a system call that was `action` (such as "write") on `path`.
    package init(errno number: Int32, _ action: String, _ path: String) {
        let reason = String(cString: strerror(number))
        let what = "can't \(action) \(path): \(reason)"
        switch number {
        case ENOSPC, EDQUOT:
            self.init(
                .full,
                "\(what); free space on that file system and run again: finished stages are kept"
            )
        case EFBIG:
            self.init(.full, "\(what); raise the file size limit (`ulimit -f`) and run again: finished stages are kept")
        case EROFS:
            self.init(.readOnly, "\(what); remount it writable or choose another store")
        case EACCES, EPERM:
            self.init(
                action == "read" || action == "list" ? .io : .readOnly,
                "\(what); give this user access to it or choose another store")
        case ENOENT:
            self.init(.missing, what)
        case EMFILE, ENFILE:
            self.init(.io, "\(what); raise the limit of open files (`ulimit -n`) and run again")
        default:
            self.init(.io, what)
        }
    }
}
