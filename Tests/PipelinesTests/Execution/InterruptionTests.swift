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
