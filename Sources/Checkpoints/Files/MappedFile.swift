internal import CMapping
import Foundation

/// A file mapped into memory for reading: opening it takes the same time for every size, and nothing is copied.
///
/// The file may be truncated, overwritten or lost with its disk while it is mapped. Bytes that are lost read as zeros
/// (see `CMapping`), and the reader finds out afterwards: ``withBytes(_:_:)`` throws, whatever its body made of the zeros.
/// Who keeps pointers into the file calls ``check()`` after reading and before using the result.
package final class MappedFile: @unchecked Sendable {
    package let path: String
    package let size: Int
    private let mapping: OpaquePointer?
    private let descriptor: Int32
    private let original: Identity

    /// What changes when a file is written to.
    private struct Identity: Equatable {
        let size: Int64
        let seconds: Int
        let nanoseconds: Int

        init?(_ descriptor: Int32) {
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            size = Int64(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    package init(_ path: String) throws(CheckpointError) {
        self.path = path
        // A pipe must not be waited for.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw CheckpointError(path, "the file can't be opened: \(String(cString: strerror(errno)))")
        }
        guard let identity = Identity(descriptor) else {
            close(descriptor)
            throw CheckpointError(path, "not a regular file")
        }
        original = identity
        size = Int(identity.size)
        guard size > 0 else {
            mapping = nil
            return
        }
        mapping = calm_map(descriptor, size)
        guard mapping != nil else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw CheckpointError(path, "the file can't be mapped into memory: \(reason)")
        }
    }

    deinit {
        if let mapping { calm_unmap(mapping) }
        close(descriptor)
    }

    /// All bytes. Valid as long as the file object is; check afterwards with ``check()``.
    package var bytes: UnsafeRawBufferPointer {
        guard let mapping else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: calm_mapping_base(mapping), count: size)
    }

    /// Runs `body` on a range of bytes where they lie.
    ///
    /// - Throws: `CheckpointError` if the file changed or was lost since it was opened, whatever `body` returned or threw.
    package func withBytes<Value>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Value
    ) throws -> Value {
        precondition(range.lowerBound >= 0 && range.upperBound <= size, "bytes \(range) of \(size) in \(path)")
        let result = Result { try body(UnsafeRawBufferPointer(rebasing: bytes[range])) }
        try check()
        return try result.get()
    }

    /// - Throws: `CheckpointError` if the file changed or was lost since it was opened: what was read from it isn't reliable.
    package func check() throws(CheckpointError) {
        let isLost = mapping.map { calm_mapping_is_lost($0) != 0 } ?? false
        let current = Identity(descriptor)
        if !isLost, current == original { return }
        if let current, current.size != original.size {
            throw CheckpointError(
                path, "the file changed while it was in use: \(current.size) bytes, \(size) when it was opened")
        }
        throw CheckpointError(
            path,
            current == original
                ? "a part of the file can't be read: the disk or its connection failed"
                : "the file changed while it was in use")
    }
}
