import Foundation
import Glibc
import Synchronization

/// The built `calm`, started as its own process with its words in files.
///
/// By posix_spawn(3): Foundation's `Process` crashes now and then when several threads start thousands.
final class CalmProcess: Sendable {
    /// How a process ended.
    struct Ending {
        let exit: Int32
        let output: String
        let errors: String
    }

    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    let identifier: Int32
    private let arguments: [String]
    private let outputFile: URL
    private let errorFile: URL
    /// What waitpid(2) said of the end, once it has.
    private let status = Mutex<Int32?>(nil)

    /// Starts `program` in `folder`, in a process group of its own and without input.
    init(_ program: URL, _ arguments: [String], in folder: URL, environment: [String: String] = [:]) throws {
        let name = UUID().uuidString
        outputFile = folder.appendingPathComponent(".\(name).out")
        errorFile = folder.appendingPathComponent(".\(name).err")
        self.arguments = arguments

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        for (descriptor, file) in [(STDOUT_FILENO, outputFile), (STDERR_FILENO, errorFile)] {
            posix_spawn_file_actions_addopen(&actions, descriptor, file.path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        }
        try Self.addChangeOfFolder(&actions, folder.path)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (all, none) = (sigset_t(), sigset_t())
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

        // Else the server that runs these tests would name the runs of tests that they make.
        let servers = [
            "GITHUB_", "GITLAB_", "CI", "BUILDKITE", "BUILD_", "JENKINS_", "JOB_", "TF_BUILD", "SYSTEM_", "TRAVIS",
            "TEAMCITY_", "DRONE", "BITBUCKET_", "APPVEYOR", "SEMAPHORE", "CODEBUILD_", "bamboo_", "BITRISE", "CF_",
            "GO_",
            "PROW_", "CONTINUOUS_INTEGRATION",
        ]
        let variables = ProcessInfo.processInfo.environment
            .filter { variable in !servers.contains { variable.key.hasPrefix($0) } }
            .merging(["LC_ALL": "C.UTF-8"]) { $1 }.merging(environment) { $1 }
        var words = ([program.path] + arguments).map { strdup($0) } + [nil]
        var settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + settings { free(text) } }
        var process = pid_t()
        let code = posix_spawn(&process, program.path, &actions, &attributes, &words, &settings)
        guard code == 0 else {
            throw Problem(description: "can't start \(program.path): \(String(cString: strerror(code)))")
        }
        identifier = process
    }

    /// posix_spawn_file_actions_addchdir_np(3), which glibc declares only under _GNU_SOURCE, hence by name.
    private static func addChangeOfFolder(_ actions: inout posix_spawn_file_actions_t, _ path: String) throws {
        typealias Function =
            @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>) -> Int32
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addchdir_np") else {
            throw Problem(description: "this C library can't start a process in another folder")
        }
        _ = unsafeBitCast(symbol, to: Function.self)(&actions, path)
    }

    /// Ends what a test left running, and leaves no zombie.
    deinit {
        if !hasEnded() {
            kill(identifier, SIGKILL)
            waitpid(identifier, nil, 0)
        }
    }

    /// The `calm` that was built with these tests: it lies beside the test executable.
    static func binary() throws -> URL {
        let executables = [Bundle.main.executableURL, CommandLine.arguments.first.map { URL(fileURLWithPath: $0) }]
        let places = executables.compactMap { $0?.resolvingSymlinksInPath().deletingLastPathComponent() }
        for place in places {
            let calm = place.appendingPathComponent("calm")
            if FileManager.default.isExecutableFile(atPath: calm.path) { return calm }
        }
        let list = places.map(\.path).joined(separator: " or ")
        throw Problem(description: "no executable 'calm' in \(list); `swift build --build-tests` makes it")
    }

    func send(_ signal: Int32) { if !hasEnded() { kill(identifier, signal) } }

    /// Waits until the process has ended; kills what takes too long.
    func wait(seconds: Double = 90) throws -> Ending {
        guard eventually(within: seconds, every: 2_000, hasEnded), let status = status.withLock({ $0 }) else {
            send(SIGKILL)
            throw Problem(description: "calm \(arguments) still ran after \(seconds) seconds")
        }
        let signal = status & 0x7f
        return Ending(
            exit: signal == 0 ? status >> 8 & 0xff : -signal,
            output: try String(contentsOf: outputFile, encoding: .utf8),
            errors: try String(contentsOf: errorFile, encoding: .utf8))
    }

    private func hasEnded() -> Bool {
        status.withLock { status in
            var found: Int32 = 0
            if status == nil, waitpid(identifier, &found, WNOHANG) == identifier { status = found }
            return status != nil
        }
    }
}

/// Asks again and again, at most `seconds`, until `condition` holds.
func eventually(
    within seconds: Double = 60, every microseconds: UInt32 = 10_000, _ condition: () throws -> Bool
) rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if try condition() { return true }
        usleep(microseconds)
    }
    return try condition()
}

/// The first place along PATH of a program, nil if it isn't installed.
func installed(_ program: String) -> URL? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { URL(fileURLWithPath: String($0)).appendingPathComponent(program) }
        .first { FileManager.default.isExecutableFile(atPath: $0.path) }
}
