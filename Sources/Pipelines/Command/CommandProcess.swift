import Foundation
import Subprocess
import Synchronization

/// One run of a program in its folder, with its words in the log.
struct CommandProcess {
    let arguments: [String]
    let environment: [String: String]
    let folder: URL
    let log: StageLog
    /// Is told now and then what the program, its descendants and this process hold in memory together.
    let onMemory: @Sendable (Int) -> Void

    /// What the program sees: a fixed base, then what the caller passes on, then what the stage sets.
    static func environment(
        _ parameters: CommandParameters, caller: [String: String?], folder: URL
    ) -> [String: String] {
        let base = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
            "HOME": folder.path, "TMPDIR": folder.path,
        ]
        return base.merging(caller.compactMapValues(\.self)) { _, new in new }
            .merging(parameters.settings) { _, new in new }
    }

    /// Blocks until the program has ended.
    ///
    /// - Throws: `StageFailure` if it can't be started or doesn't exit with status 0.
    func run() throws {
        let watch = try ProcessGroupWatch.ofWorker()
        defer { watch?.end() }
        let finished = DispatchSemaphore(value: 0)
        let outcome = Mutex<Result<TerminationStatus, any Error>?>(nil)
        let spawn = self
        Task.detached {
            let result: Result<TerminationStatus, any Error>
            do {
                result = .success(try await spawn.status())
            } catch {
                result = .failure(error)
            }
            outcome.withLock { $0 = result }
            finished.signal()
        }
        // The kernel remembers the peak of each process, not that of all together.
        // A look at all processes takes as long as much else that a small command needs.
        var pause = 0.04
        while finished.wait(timeout: .now() + pause) == .timedOut {
            // Nil in a process that leads no group.
            if watch != nil { onMemory(ResourceUsage.ofGroup(getpid()).peakMemoryBytes) }
            pause = min(pause * 1.5, 0.1)
        }
        switch outcome.withLock({ $0 }) {
        case .success(.exited(0)): break
        case .success(.exited(let code)): throw failure(.failed, "\(arguments[0]) exited with status \(code)")
        case .success(.signaled(let number)):
            throw failure(.crashed, "\(arguments[0]) was killed by signal \(number) (\(SignalName.of(number)))")
        // The folder is the store's, and so is the failure to enter it.
        case .failure(let error as SubprocessError) where error.code == .failedToChangeWorkingDirectory:
            let reason = error.underlyingError.map { ": \($0)" } ?? ""
            throw failure(.store, "can't start \(arguments[0]) in \(folder.path)\(reason)")
        case .failure(let error): throw failure(.failed, "can't start \(arguments[0]): \(error)")
        case nil: preconditionFailure("the program ended without an outcome")
        }
    }

    private func failure(_ category: StageFailure.Category, _ message: String) -> StageFailure {
        StageFailure(
            category,
            [message, log.file.flatMap { StageLog.lastWords(in: $0) }].compactMap(\.self).joined(separator: "\n"))
    }

    private func status() async throws -> TerminationStatus {
        let words =
            log.file.map { open($0.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644) } ?? dup(STDERR_FILENO)
        guard words >= 0 else { throw StageFailure(.store, "can't write the log") }
        // In the worker's process group, so that both end together.
        return try await Subprocess.run(
            executable, arguments: Arguments(Array(arguments.dropFirst())),
            environment: .custom(
                Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) })
            ),
            workingDirectory: .init(folder.path), input: .none,
            output: .fileDescriptor(.init(rawValue: words), closeAfterSpawningProcess: true),
            error: .combinedWithOutput
        ).terminationStatus
    }

    /// A name is looked up along the program's own PATH; what has a slash is a path, seen from the working folder.
    private var executable: Executable {
        guard arguments[0].contains("/") else { return .name(arguments[0]) }
        return .path(.init(URL(fileURLWithPath: arguments[0], relativeTo: folder).path))
    }
}
