import Artifacts
import Foundation
import Pipelines
import Testing

@Suite("Interrupted runs") struct InterruptionTests {
    /// Runs until it is cancelled.
    private struct EndlessLauncher: WorkerLauncher {
        func launch(
            _ request: WorkerRequest, limits: StageLimits, onEvent: @escaping @Sendable (WorkerEvent) -> Void
        ) async -> WorkerOutcome {
            onEvent(.started)
            try? await Task.sleep(for: .seconds(60))
            return .interrupted
        }
    }

    @Test("a signal ends the workers and skips the rest; the result is complete", arguments: [SIGINT, SIGTERM])
    func signal(number: Int32) async throws {
        let workshop = try Workshop()
        _ = await workshop.run(pipeline(text("done", "x")))
        let (interrupts, interrupt) = AsyncStream.makeStream(of: Int32.self)
        let runner = workshop.runner({ $0.interrupts = interrupts }, launcher: EndlessLauncher())
        let result = await runner.run(
            pipeline(text("done", "x"), text("slow", "y"), join("next", ["slow"]))
        ) { event in
            if case .started = event { interrupt.yield(number) }
        }
        #expect(result.exit == 128 + number)
        #expect(result.states == ["done": .cached, "slow": .skipped, "next": .skipped])
        #expect(result.why("slow") == "interrupted while it ran")
        let name = number == SIGINT ? "SIGINT" : "SIGTERM"
        #expect(result.why("next") == "not started: the run was interrupted (\(name))")
    }

    @Test(
        "a run that waits for a collection to end hears of a signal, and goes on when it is over",
        arguments: [true, false])
    func waiting(isInterrupted: Bool) async throws {
        let workshop = try Workshop()
        let (interrupts, interrupt) = AsyncStream.makeStream(of: Int32.self)
        var collection: FileLock? = try FileLock.exclusive(
            workshop.store.locks.appendingPathComponent("gc"), wait: false)
        let run = Task { await workshop.run(pipeline(text("a", "x"))) { $0.interrupts = interrupts } }
        try await Task.sleep(for: .milliseconds(100))
        #expect(try workshop.catalogue.runs(limit: 1).isEmpty, "a run has begun beside a collection")
        if isInterrupted { interrupt.yield(SIGTERM) } else { collection = nil }
        let result = await run.value
        #expect(result.exit == (isInterrupted ? 143 : 0))
        #expect(result.states == ["a": isInterrupted ? .skipped : .executed])
        #expect(try workshop.catalogue.runs(limit: 1).first?.exit == result.exit)
        withExtendedLifetime(collection) {}
    }

    @Test("cancelling the run's task counts as SIGINT")
    func cancelled() async throws {
        let workshop = try Workshop()
        let runner = workshop.runner(launcher: EndlessLauncher())
        let started = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            await runner.run(pipeline(text("slow", "y"))) { event in
                if case .started = event { started.continuation.yield() }
            }
        }
        for await _ in started.stream { break }
        task.cancel()
        let result = await task.value
        #expect(result.exit == 130)
        #expect(result.states == ["slow": .skipped])
    }
}
