import Artifacts
import Foundation

/// The shell that runs a stage's script, as the parameter `shell` says.
enum CommandShell: String, CaseIterable {
    /// `true`: bash, or where there is none a /bin/sh with `pipefail`.
    case strict = "true"
    case bash
    /// /bin/sh, which may have no `pipefail`.
    case sh
    /// /bin/sh that goes on after a command that failed.
    case lenient

    /// The words beside `true` and `false`.
    static let words = allCases.filter { $0 != .strict }.map(\.rawValue)

    /// Nil for `false`.
    init?(_ value: JSONValue) {
        switch value {
        case .bool(true): self = .strict
        case .string(let word): self.init(rawValue: word)
        default: return nil
        }
    }

    /// The program and the arguments that run a script.
    ///
    /// - Parameter path: The PATH of the program's own environment.
    /// - Throws: `StageFailure` if this machine has no shell that stops at every failure, but one was asked for.
    func command(for script: String, path: String) throws -> [String] {
        switch self {
        case .strict:
            if let bash = Self.bash(path) { return [bash, "-euo", "pipefail", "-c", script] }
            guard Self.standardShellHasPipefail else {
                throw StageFailure(
                    .failed,
                    """
                    shell: true needs bash, or a /bin/sh with `pipefail`, so that a failure within a pipe isn't missed; this \
                    machine has neither. Install bash, or write shell: sh to do without `pipefail`
                    """)
            }
            return ["/bin/sh", "-eu", "-o", "pipefail", "-c", script]
        case .bash:
            guard let bash = Self.bash(path) else {
                throw StageFailure(.failed, "shell: bash needs bash, which is neither in /bin nor along PATH (\(path))")
            }
            return [bash, "-euo", "pipefail", "-c", script]
        case .sh: return ["/bin/sh", "-eu", "-c", script]
        case .lenient: return ["/bin/sh", "-c", script]
        }
    }

    private static func bash(_ path: String) -> String? {
        let folders = ["/bin", "/usr/bin", "/usr/local/bin"] + path.split(separator: ":").map(String.init)
        return folders.map { "\($0)/bash" }.first { $0.hasPrefix("/") && access($0, X_OK) == 0 }
    }

    /// Whether `set -o pipefail` is known to /bin/sh: dash has it since 0.5.13.
    private static var standardShellHasPipefail: Bool {
        let words = ["/bin/sh", "-c", "set -o pipefail 2> /dev/null"]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var (process, status) = (pid_t(), Int32(0))
        guard posix_spawn(&process, "/bin/sh", nil, nil, &arguments, environ) == 0 else { return false }
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return false }
        }
        return status == 0
    }
}
