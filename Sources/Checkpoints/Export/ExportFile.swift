import Foundation

/// A file that appears whole or not at all: it is written under another name in the same folder, and renamed when it is done.
final class ExportFile {
    let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private(set) var size = 0
    private var isDone = false

    init(_ path: String) throws(CheckpointError) {
        self.path = path
        temporaryPath = path + ".\(getpid()).partial"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CheckpointError(path, "the file can't be created: \(Self.reason)") }
    }

    deinit {
        close(descriptor)
        if !isDone { unlink(temporaryPath) }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        size += bytes.count
        if bytes.count < 1 << 16 {
            buffer += bytes
            if buffer.count >= 1 << 20 { try flush() }
        } else {
            try flush()
            try write(bytes)
        }
    }

    func append(_ bytes: [UInt8]) throws(CheckpointError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(CheckpointError) in try append(buffer) }
        }
        try result.get()
    }

    /// Adds zeros up to the next multiple of `alignment`.
    func pad(to alignment: Int) throws(CheckpointError) {
        try append([UInt8](repeating: 0, count: (alignment - size % alignment) % alignment))
    }

    /// Gives the file its name.
    func finish() throws(CheckpointError) {
        try flush()
        guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else {
            throw CheckpointError(path, "the file can't be written: \(Self.reason)")
        }
        isDone = true
    }

    private func flush() throws(CheckpointError) {
        let pending = buffer
        buffer = []
        let result = pending.withUnsafeBytes { bytes in
            Result { () throws(CheckpointError) in try write(bytes) }
        }
        try result.get()
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        var rest = bytes[...]
        while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
            let count = Foundation.write(descriptor, base, min(rest.count, 1 << 30))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CheckpointError(path, "the file can't be written: \(Self.reason)") }
            rest = rest.dropFirst(count)
        }
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
