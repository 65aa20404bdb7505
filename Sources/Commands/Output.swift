import Foundation
import Pipelines

/// Writes to standard output, all of it or with an error; a reader that has gone away ends the command quietly.
func output(_ text: String, terminator: String = "\n") throws {
    let bytes = Array((text + terminator).utf8)
    var written = 0
    while written < bytes.count {
        let count = bytes[written...].withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if count >= 0 {
            written += count
        } else if errno == EPIPE {
            return
        } else if errno != EINTR {
            let reason = String(cString: strerror(errno))
            throw CommandFailure("error: can't write to standard output: \(reason)", exitCode: Pipelines.ExitCode.store)
        }
    }
}
