import Foundation
import Glibc

/// A process whose wall time and processor time are measured, its descendants' included.
struct TimedProcess {
    struct Measurement {
        let seconds: Double
        /// User and system time.
        let cpuSeconds: Double
        /// Standard output, or the beginning of a long one.
        let output: String
    }

    private let program: String
    private let arguments: [String]
    private let folder: URL

    init(_ program: String, _ arguments: [String], in folder: URL) {
        self.program = program
        self.arguments = arguments
        self.folder = folder
    }

    /// Runs it to its end. Its words go to a file, as they would in CI.
    ///
    /// - Throws: `BenchError` if it can't be started or doesn't end with status 0.
    func run() throws -> Measurement {
        let words = folder.appendingPathComponent(".calm-bench-words").path
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, words, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var list: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        list.append(nil)
        defer { for item in list { free(item) } }
        // Nothing else goes on in this process, and a helper that changes the folder would be measured as well.
        guard chdir(folder.path) == 0 else { throw BenchError("can't enter \(folder.path)") }
        var process: pid_t = 0
        var status: Int32 = 0
        var usage = rusage()
        let start = ContinuousClock.now
        let code = posix_spawn(&process, program, &actions, nil, list, environ)
        guard code == 0 else { throw BenchError("can't start \(program): \(String(cString: strerror(code)))") }
        while wait4(process, &status, 0, &usage) < 0 && errno == EINTR {}
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let file = try? FileHandle(forReadingFrom: URL(fileURLWithPath: words))
        let output = String(decoding: (try? file?.read(upToCount: 100_000)) ?? Data(), as: UTF8.self)
        guard status == 0 else {
            let command = ([program] + arguments).joined(separator: " ")
            throw BenchError("\(command) ended with status \(status):\n\(output.suffix(2000))")
        }
        return Measurement(seconds: seconds, cpuSeconds: Self.cpuSeconds(usage), output: output)
    }

    private static func cpuSeconds(_ usage: rusage) -> Double {
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
