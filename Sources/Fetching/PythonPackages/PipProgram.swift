import Foundation
import Glibc

/// The pip that is installed, asked for what no setting says: the index that it uses by default.
///
/// `pip download --help` states it, also where a distribution has changed it.
package struct PipProgram: Sendable {
    package static let variables = ["PATH", "HOME", "VIRTUAL_ENV", "PYENV_VERSION", "LD_LIBRARY_PATH"]

    let environment: [String: String]
    /// Seconds after which it is given up.
    package var patience = 30.0

    package init(environment: [String: String]) { self.environment = environment }

    /// The URL, or path, of pip's default index; or a failure (refused) that says how to name an index instead.
    package func defaultIndex() -> Result<String, FetchFailure> {
        var problems: [String] = []
        for (file, arguments, name) in candidates {
            switch help(of: file, arguments) {
            case .failure(let problem): problems.append("'\(name)' \(problem.text)")
            case .success(let text):
                if let index = Self.index(inHelp: text) { return .success(index) }
                problems.append("'\(name)' doesn't state it in its help")
            }
        }
        let why = problems.isEmpty ? "neither python3 nor pip is in PATH" : problems.joined(separator: ", ")
        return .failure(
            FetchFailure(
                .refused,
                "no package index is configured, and pip could not be asked for its default (\(why)): set PIP_INDEX_URL, "
                    + "or the stage's parameter 'index', to the URL of an index"))
    }

    /// `https://host/simple` in `Base URL of the Python Package Index (default https://host/simple).`; nil if pip hides a
    /// part of it, as it does with passwords.
    static func index(inHelp text: String) -> String? {
        guard let option = text.range(of: "--index-url "),
            let start = text.range(of: "(default ", range: option.upperBound..<text.endIndex),
            let end = text.range(of: ")", range: start.upperBound..<text.endIndex)
        else { return nil }
        let index = String(text[start.upperBound..<end.lowerBound]).trimmed
        let isPlace = index.hasPrefix("/") || index.hasPrefix("file:") || (try? WebAddress(index)) != nil
        return isPlace && !index.contains("****") && !index.contains(where: \.isWhitespace) ? index : nil
    }

    /// What may be pip, the likeliest first.
    private var candidates: [(file: String, arguments: [String], name: String)] {
        let virtual = environment["VIRTUAL_ENV"].flatMap { $0.isEmpty ? nil : "\($0)/bin" }
        let folders =
            [virtual].compactMap(\.self) + (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        func find(_ name: String) -> String? {
            folders.lazy.filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }
                .first { FileManager.default.isExecutableFile(atPath: $0) }
        }
        let question = ["download", "--help"]
        return [
            find("python3").map { ($0, ["-m", "pip"] + question, "python3 -m pip") },
            find("pip3").map { ($0, question, "pip3") }, find("pip").map { ($0, question, "pip") },
        ].compactMap(\.self)
    }

    private struct Problem: Error { let text: String }

    private func help(of file: String, _ arguments: [String]) -> Result<String, Problem> {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: file)
        process.arguments = arguments
        // Wide enough that no URL is broken over two lines.
        process.environment = environment.merging(["COLUMNS": "10000", "PIP_DISABLE_PIP_VERSION_CHECK": "1"]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        let hasEnded = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in hasEnded.signal() }
        do { try process.run() } catch { return .failure(Problem(text: "can't be run")) }
        guard let text = Self.read(output.fileHandleForReading.fileDescriptor, seconds: patience),
            hasEnded.wait(timeout: .now() + patience) == .success
        else {
            kill(process.processIdentifier, SIGKILL)
            return .failure(Problem(text: "doesn't answer"))
        }
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            return .failure(Problem(text: "fails"))
        }
        return .success(text)
    }

    /// What a program prints until it closes its output; nil if that takes too long, or it prints more than any help.
    private static func read(_ descriptor: Int32, seconds: Double) -> String? {
        let end = ContinuousClock.now + .seconds(seconds)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < 1 << 20 {
            let left = (end - ContinuousClock.now) / .milliseconds(1)
            var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard left > 0, poll(&state, 1, Int32(min(left, 1e6))) >= 0 || errno == EINTR else { return nil }
            guard state.revents != 0 else { continue }
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            if count > 0 { bytes += piece[..<count] } else if errno != EINTR { return nil }
        }
        return nil
    }
}
