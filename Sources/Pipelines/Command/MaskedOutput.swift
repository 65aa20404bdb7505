import Foundation
import Synchronization

/// A pipe for what a program prints, which goes to the log masked.
///
/// Only for programs that were given values to mask: all others write to the log themselves.
final class MaskedOutput: Sendable {
    /// The pipe's end for the program; whoever starts the program closes it.
    let writing: Int32
    private let reading: Int32
    private let finished = DispatchSemaphore(value: 0)
    private let isAbandoned = Mutex(false)

    /// - Parameter log: Where the masked text goes; closed at the end.
    /// - Throws: `StageFailure` if there can be no pipe.
    init(_ mask: SecretMask, to log: Int32) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            let reason = String(cString: strerror(errno))
            close(log)
            throw StageFailure(.failed, "can't make a pipe for what the program prints: \(reason)")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (reading, writing) = (ends[0], ends[1])
        Thread.detachNewThread { self.pass(through: mask, to: log) }
    }

    /// Waits until all that was printed is in the log; not for ever, should a process that can't be ended hold the pipe.
    func finish() {
        if finished.wait(timeout: .now() + 5) == .timedOut {
            isAbandoned.withLock { $0 = true }
            finished.wait()
        }
    }

    private func pass(through mask: SecretMask, to log: Int32) {
        var stream = SecretMask.Stream(mask)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while !isAbandoned.withLock(\.self) {
            var state = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
            guard poll(&state, 1, 200) != 0 else { continue }
            let count = read(reading, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            Self.write(stream.take(buffer[..<count]), to: log)
        }
        Self.write(stream.end(), to: log)
        close(reading)
        close(log)
        finished.signal()
    }

    /// A full disk loses log lines; the outputs are what the stage lives or dies by.
    private static func write(_ bytes: [UInt8], to log: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(log, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
