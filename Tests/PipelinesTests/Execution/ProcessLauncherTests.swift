import Artifacts
import Foundation
import Pipelines
import Testing

/// The launcher against programs that stand in for `calm worker`: shell scripts that speak its lines.
@Suite("Worker processes") struct ProcessLauncherTests {
    private let folder: TemporaryFolder
    private let request: WorkerRequest

    init() throws {
        folder = try TemporaryFolder()
        request = WorkerRequest(
            store: folder.url, stage: "a", key: StageKey(kind: TextStage.self, parameters: [:], inputs: [:]),
            inputs: [:], environment: [:], threads: 1, log: folder.url.appendingPathComponent("a.log"), isForced: false)
    }

    private func launch(
        _ script: String, timeout: Double? = nil, memory: Int? = nil,
        onEvent: @escaping @Sendable (WorkerEvent) -> Void = { _ in }
    ) async -> WorkerOutcome {
        var limits = StageLimits()
        (limits.timeout, limits.memory) = (timeout, memory)
        return await ProcessLauncher(executable: "/bin/sh", arguments: ["-c", script])
            .launch(request, limits: limits, onEvent: onEvent)
    }

    private func isAlive(_ pidFile: String) throws -> Bool {
        let text = try String(contentsOf: folder.url.appendingPathComponent(pidFile), encoding: .utf8)
        let pid = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        // A zombie that nobody has reaped yet is dead enough.
        let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        return status.map { !$0.contains(") Z ") } ?? false
    }

    @Test("events arrive in order, and the last is the outcome")
    func events() async {
        let seen = Collector<WorkerEvent>()
        let outcome = await launch(
            """
            echo '{"event":"started"}'
            echo 'not an event'
            echo '{"completed":1,"event":"progress","total":2,"unit":"steps"}'
            echo '{"category":"badInput","event":"failed","message":"no"}'
            exit 4
            """
        ) { event in
            // Looks at the worker may fall in between.
            if case .usage = event {} else { seen.add(event) }
        }
        #expect(outcome == .failed(StageFailure(.badInput, "no")))
        #expect(seen.all == [.started, .progress(StageProgress(completed: 1, total: 2, unit: "steps"))])
        #expect((try? String(contentsOf: request.log, encoding: .utf8)) == "not an event\n")
    }

    @Test("the worker gets its request on standard input, which stays open, and single-threaded BLAS")
    func request() async throws {
        let path = folder.url.path
        let outcome = await launch(
            """
            read line; echo "$line" > \(path)/request; echo "$OPENBLAS_NUM_THREADS" > \(path)/threads
            exec 3<&0; (read more; echo closed > \(path)/closed) <&3 & sleep 0.3
            [ -e \(path)/closed ] && echo '{"category":"failed","event":"failed","message":"closed"}'
            kill $!
            """)
        #expect(
            try String(contentsOf: folder.url.appendingPathComponent("request"), encoding: .utf8) == request.line + "\n"
        )
        #expect(try String(contentsOf: folder.url.appendingPathComponent("threads"), encoding: .utf8) == "1\n")
        #expect(outcome == .failed(StageFailure(.crashed, "the worker ended with status 0 and without a result")))
    }

    @Test("death by a signal is a crash that names it, with the last words of the log")
    func crash() async {
        let outcome = await launch(
            "echo 'File.swift:1: Fatal error: out of cheese' >&2; seq 9 >&2; kill -SEGV $$")
        guard case .failed(let failure) = outcome else {
            Issue.record("expected a failure, found \(outcome)")
            return
        }
        #expect(failure.category == .crashed)
        #expect(failure.message.hasPrefix("killed by signal 11 (SIGSEGV)"))
        #expect(failure.message.hasSuffix("Fatal error: out of cheese"))
    }

    @Test("kill -9 is a crash too, and what the worker had started dies with it")
    func killed() async throws {
        let outcome = await launch("sleep 60 & echo $! > \(folder.url.path)/child; kill -9 $$")
        guard case .failed(let failure) = outcome else {
            Issue.record("expected a failure, found \(outcome)")
            return
        }
        #expect(failure.message.hasPrefix("killed by signal 9 (SIGKILL)"))
        try await Task.sleep(for: .milliseconds(50))
        #expect(try !isAlive("child"))
    }

    @Test("a worker that is asked to end may take its time to save what it has; what it started ends with it")
    func parting() async throws {
        let saved = folder.url.appendingPathComponent("saved")
        let task = Task {
            await launch(
                """
                trap 'sleep 4; echo > \(saved.path); exit 0' TERM
                sleep 600 & echo $! > \(folder.url.path)/child; wait
                """)
        }
        while !FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("child").path) {
            try await Task.sleep(for: .milliseconds(10))
        }
        task.cancel()
        #expect(await task.value == .interrupted)
        #expect(FileManager.default.fileExists(atPath: saved.path), "it was killed before it had saved its state")
        #expect(try !isAlive("child"))
    }

    @Test("a timeout counts from the stage's start and ends the worker with all that it started")
    func timeout() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let outcome = await launch(
            """
            sleep 0.3; echo '{"event":"started"}'
            sleep 600 & echo $! > \(folder.url.path)/child; wait
            """, timeout: 0.2)
        let seconds = (clock.now - start) / .seconds(1)
        #expect(outcome == .failed(StageFailure(.timeout, "killed: it took longer than its timeout of 0.2 seconds")))
        #expect(seconds > 0.5 && seconds < 300)
        try await Task.sleep(for: .milliseconds(50))
        #expect(try !isAlive("child"))
    }

    @Test("waiting for another run doesn't count towards the timeout")
    func waitingIsFree() async {
        let outcome = await launch(
            """
            echo '{"event":"waiting"}'; sleep 25; echo '{"event":"started"}'
            echo '{"category":"failed","event":"failed","message":"after all"}'
            """, timeout: 24)
        #expect(outcome == .failed(StageFailure(.failed, "after all")))
    }

    @Test("cancelling ends the worker, even one that ignores SIGTERM in its children")
    func cancellation() async throws {
        let task = Task {
            await launch("(trap '' TERM; echo $$ > \(folder.url.path)/child; sleep 60) & wait")
        }
        while !FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("child").path) {
            try await Task.sleep(for: .milliseconds(10))
        }
        task.cancel()
        #expect(await task.value == .interrupted)
        try await Task.sleep(for: .milliseconds(50))
        #expect(try !isAlive("child"))
    }

    @Test("a worker that can't be started is one clear failure")
    func noExecutable() async {
        let outcome = await ProcessLauncher(executable: "/no/such/program").launch(request, limits: StageLimits()) {
            _ in
        }
        guard case .failed(let failure) = outcome else {
            Issue.record("expected a failure, found \(outcome)")
            return
        }
        #expect(failure.message.hasPrefix("can't start the worker /no/such/program"))
    }
}
