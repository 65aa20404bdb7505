import Foundation

/// Where a stage's words go: a file below `runs/ID/`, shared with the standard error of its process.
package struct StageLog: Sendable {
    /// The file, or nil if the words go to standard error.
    package let file: URL?

    /// Standard error, which in a worker process is the log already.
    package init() {
        file = nil
    }

    package init(file: URL) {
        self.file = file
    }

    /// How long the file is.
    var byteCount: Int {
        let size = file.flatMap { try? FileManager.default.attributesOfItem(atPath: $0.path)[.size] as? Int }
        return size ?? 0
    }

    /// A descriptor of its own to append with, which doesn't outlive an exec.
    ///
    /// - Throws: `StageFailure` if the file can't be opened.
    func descriptor() throws -> Int32 {
        let descriptor =
            file.map { open($0.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644) }
            ?? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw StageFailure(.store, "can't write the log \(file?.path ?? "to standard error"): \(reason)")
        }
        return descriptor
    }

    /// Appends a line.
    package func write(_ line: String) {
        let descriptor = file.map { open($0.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644) } ?? STDERR_FILENO
        guard descriptor >= 0 else { return }
        defer { if file != nil { close(descriptor) } }
        let bytes = Array((line + "\n").utf8)
        // A full disk loses log lines; the outputs are what the stage lives or dies by.
        _ = Foundation.write(descriptor, bytes, bytes.count)
    }

    /// What a dead process said last; nil if nothing, or if the file can't be read.
    package static func lastWords(in file: URL) -> LastWords? {
        guard let handle = try? FileHandle(forReadingFrom: file) else { return nil }
        defer { try? handle.close() }
        // Room for the backtrace that follows a fatal error.
        let window: UInt64 = 64 << 10
        let end = (try? handle.seekToEnd()) ?? 0
        try? handle.seek(toOffset: end > window ? end - window : 0)
        guard let bytes = try? handle.readToEnd() else { return nil }
        return LastWords(of: String(decoding: bytes, as: UTF8.self), isPart: end > window)
    }
}
