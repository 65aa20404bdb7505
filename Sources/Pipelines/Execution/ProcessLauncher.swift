import Artifacts
import Foundation
import Subprocess
import Synchronization

/// Runs each stage in a process of its own, so that a crash, a kill or a timeout fails that stage alone.
///
/// The worker leads a process group: what it started ends with it. Its standard input stays open as long as the
/// coordinator lives, and its standard error is the stage's log.
package struct ProcessLauncher: WorkerLauncher {
    /// How long a stage that leaves a checkpoint when it is asked to end may take for that, which is a step of its training
    /// and writing its state. All others end at once, and so does everything at the second Ctrl-C.
    private static let patience = Duration.seconds(30)

    private let executable: String
    private let arguments: [String]

    /// - Parameter executable: By default this very binary, even if the file has been replaced since it was started.
    package init(executable: String = "/proc/self/exe", arguments: [String] = ["worker"]) {
        self.executable = executable
        self.arguments = arguments
        // A worker that dies before it has read its request must not take the coordinator along, nor must a limit on
        // file sizes: ignored, both become errors with a message.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    package func launch(
        _ request: WorkerRequest, limits: StageLimits, onEvent: @escaping @Sendable (WorkerEvent) -> Void
    ) async -> WorkerOutcome {
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        let leader = Leader()
        return await withTaskGroup(of: WorkerOutcome?.self) { group in
            group.addTask {
                defer { start.finish() }
                return await supervise(request, as: leader) { event in
                    if event == .started { start.finish() }
                    onEvent(event)
                }
            }
            group.addTask {
                await ProcessGroupMeter(limit: limits.memory).watch(leader) { onEvent(.usage($0)) }
            }
            if let timeout = limits.timeout {
                group.addTask {
                    for await _ in starts {}
                    do {
                        try await Task.sleep(for: .seconds(timeout))
                    } catch {
                        return nil
                    }
                    if let group = leader.process { onEvent(.usage(.ofTree(group))) }
                    let limit = timeout.formatted(.number.precision(.fractionLength(0...3)))
                    return .failed(
                        StageFailure(.timeout, "killed: it took longer than its timeout of \(limit) seconds"))
                }
            }
            // The first to have something to say wins; the other is cancelled, which ends a process that still runs.
            var outcome: WorkerOutcome = .interrupted
            for await case .some(let first) in group {
                outcome = first
                break
            }
            group.cancelAll()
            return outcome
        }
    }

    private func supervise(
        _ request: WorkerRequest, as leader: Leader, onEvent: @escaping @Sendable (WorkerEvent) -> Void
    ) async -> WorkerOutcome {
        let log = open(request.log.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard log >= 0 else {
            let reason = String(cString: strerror(errno))
            return .failed(StageFailure(.store, "can't write the log \(request.log.path): \(reason)"))
        }
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: Self.patience)
        ]
        // Whatever the worker started and left behind, such as the children of a command.
        defer { if let group = leader.process { kill(-group, SIGKILL) } }
        do {
            let result = try await Subprocess.run(
                .path(.init(executable)),
                arguments: Arguments(executablePathOverride: CommandLine.arguments.first, remainingValues: arguments),
                // BLAS reads it while it is loaded: one thread each, since the stage divides its work itself.
                environment: .inherit.updating(["OPENBLAS_NUM_THREADS": "1"]), platformOptions: options,
                input: .inputWriter, output: .sequence,
                error: .fileDescriptor(.init(rawValue: log), closeAfterSpawningProcess: true)
            ) { process in
                leader.process = process.processIdentifier.value
                _ = try? await process.standardInputWriter.write(request.line + "\n")
                let lines = process.standardOutput.strings(
                    separatedBy: .unicodeScalarSequence(["\n"]), bufferingPolicy: .unbounded)
                // A task of its own, which isn't cancelled with this one: to end here would close the worker's standard
                // input, hence end it at once, while it has been asked to leave a checkpoint first.
                return try await Task {
                    var last: WorkerEvent?
                    for try await line in lines {
                        switch WorkerEvent(line: line) {
                        case .some(let event) where event.isLast: last = event
                        case .some(let event): onEvent(event)
                        case nil: StageLog(file: request.log).write(line)
                        }
                    }
                    return last
                }.value
            }
            let outcome = outcome(of: result.terminationStatus, last: result.closureResult, log: request.log)
            guard case .failed(let failure) = outcome, failure.category == .crashed else { return outcome }
            // Out of the group by setsid(1), and without the worker that would have ended it.
            if let worker = leader.process { ProcessTree.killStrays(ofWorker: worker, in: request.store) }
            // Who ends a run may signal all its processes, workers first, as Jenkins and Slurm do: what such a worker died
            // of is the interruption, of which this process hears a moment later.
            try? await Task.sleep(for: .milliseconds(200))
            return Task.isCancelled ? .interrupted : outcome
        } catch {
            if Task.isCancelled { return .interrupted }
            return .failed(StageFailure(.crashed, "can't start the worker \(executable): \(error)"))
        }
    }

    private func outcome(of status: TerminationStatus, last: WorkerEvent?, log: URL) -> WorkerOutcome {
        switch last {
        case .done(let report): return .done(report)
        // That of a stage which stopped because it was asked to isn't its own.
        case .failed(let failure): return Task.isCancelled ? .interrupted : .failed(failure)
        case .waiting, .started, .progress, .usage, nil: break
        }
        if Task.isCancelled { return .interrupted }
        var message =
            switch status {
            case .signaled(let number):
                "killed by signal \(number) (\(SignalName.of(number)))\(SignalName.hint(number))"
            case .exited(let code): "the worker ended with status \(code) and without a result"
            }
        if let words = StageLog.lastWords(in: log) { message += "\n\(words.text)" }
        return .failed(StageFailure(.crashed, message))
    }
}
