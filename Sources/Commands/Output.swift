import Artifacts
import Foundation
import Pipelines
import Reports

/// Writes words for people to standard output, in signs that can be shown there.
func output(_ text: String, terminator: String = "\n") throws {
    try output(raw: Data((Terminal.standardOutput.spelled(text) + terminator).utf8))
}

/// Writes a JSON document and a line feed to standard output.
func output(json document: JSONValue) throws { try output(raw: Data((document.canonical + "\n").utf8)) }

/// Writes bytes to standard output, all of them or with an error; a reader that has gone away ends the command quietly.
func output(raw bytes: Data) throws {
    var written = 0
    while written < bytes.count {
        let count = bytes.dropFirst(written).withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
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

/// Writes a line for people to standard error, in signs that can be shown there.
func complain(_ message: String) {
    try? FileHandle.standardError.write(contentsOf: Data((Terminal.standardError.spelled(message) + "\n").utf8))
}
