import Foundation
import Subprocess
import Synchronization

/// One run of a program in its folder, with its words in the log.
struct CommandProcess {
    let arguments: [String]
    let environment: [String: String]
    let folder: URL
    /// Paths in the folder that are taken when the program has ended.
    let outputs: [String]
    let log: StageLog
    /// The stage's name, and the folder of the pipeline's file, for messages.
    let stage: String
    let pipelineFolder: String
    /// What is to be masked in what the program prints.
    let mask: SecretMask
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

    /// Blocks until the program has ended, and all that it started.
    ///
    /// - Returns: What it had left running, and was ended.
    /// - Throws: `StageFailure` if it can't be started or doesn't exit with status 0, or if what it left running may have
    ///   been writing outputs.
    @discardableResult
    func run() throws -> [RunningProcess] {
        var watch = try ProcessGroupWatch.ofWorker()
        defer { watch?.end() }
        let isWorker = watch != nil
        let words = try log.descriptor()
        let masked = try mask.isEmpty ? nil : MaskedOutput(mask, to: words)
        let finished = DispatchSemaphore(value: 0)
        let outcome = Mutex<Result<TerminationStatus, any Error>?>(nil)
        let spawn = self
        Task.detached {
            let result: Result<TerminationStatus, any Error>
            do {
                result = .success(try await spawn.status(printingTo: masked?.writing ?? words))
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
            if isWorker { onMemory(ResourceUsage.ofTree(getpid()).peakMemoryBytes) }
            pause = min(pause * 1.5, 0.1)
        }
        let result = outcome.withLock(\.self)
        var left: [RunningProcess] = []
        if ProcessTree.adoptsOrphans {
            // Of this process's children the watch would be the last.
            watch?.end()
            watch = nil
            defer { masked?.finish() }
            if case .success(.exited(0)) = result {
                left = try LeftoverProcesses(in: folder, outputs: outputs).end()
            } else {
                LeftoverProcesses.kill()
            }
        } else {
            masked?.finish()
        }
        switch result {
        case .success(.exited(0)): return left
        case .success(.exited(let code)):
            throw failure(.failed, "\(arguments[0]) exited with status \(code)\(Self.hint(code))")
        case .success(.signaled(let number)):
            throw failure(.crashed, "\(arguments[0]) was killed by signal \(number) (\(SignalName.of(number)))")
        // The folder is the store's, and so is the failure to enter it.
        case .failure(let error as SubprocessError) where error.code == .failedToChangeWorkingDirectory:
            let reason = error.underlyingError.map { ": \($0)" } ?? ""
            throw failure(.store, "can't start \(arguments[0]) in \(folder.path)\(reason)")
        case .failure(let error as SubprocessError) where error.code == .executableNotFound:
            throw failure(.failed, notFound)
        case .failure(let error): throw failure(.failed, "can't start \(arguments[0]): \(error)")
        case nil: preconditionFailure("the program ended without an outcome")
        }
    }

    /// A message, then the program's last words, where the rest of them is, and what helps against a common mistake.
    private func failure(_ category: StageFailure.Category, _ message: String) -> StageFailure {
        let words = log.file.flatMap { StageLog.lastWords(in: $0) }
        var lines = [message, words?.text].compactMap(\.self)
        if words?.isPart == true { lines.append("(all of it: calm log \(stage.shellWord))") }
        let undeclared = UndeclaredFile(
            in: arguments, of: lines.joined(separator: "\n"), beside: pipelineFolder, workingFolder: folder.path)
        if let undeclared { lines.append(undeclared.advice) }
        return StageFailure(category, lines.joined(separator: "\n"))
    }

    /// What can't be started, and where it was looked for.
    private var notFound: String {
        let program = arguments[0]
        return program.contains("/")
            ? "can't start \(program): not found, or not executable, seen from the working folder"
            : "can't start \(program): not found along PATH (\(environment["PATH"] ?? ""))"
    }

    /// What a status of a shell means that says nothing itself.
    private static func hint(_ status: TerminationStatus.Code) -> String {
        guard status == 128 + SIGPIPE else { return "" }
        return """
            : a program in a pipe was ended by SIGPIPE, as when `head` reads less than it is given; let that one's failure \
            pass (`(… || true) | head`), or write shell: lenient
            """
    }

    private func status(printingTo words: Int32) async throws -> TerminationStatus {
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
        return .path(.init(arguments[0].hasPrefix("/") ? arguments[0] : "\(folder.path)/\(arguments[0])"))
    }
}
