import Artifacts
import Catalogue
import Foundation

/// The coordinator of `calm run`: decides stage by stage, starts workers, judges gates, keeps the catalogue.
package struct Runner: Sendable {
    let store: Store
    let catalogue: Catalogue
    let options: RunOptions
    let launcher: any WorkerLauncher
    let planner: Planner

    /// - Parameter ahead: What was read in advance of this very store.
    /// - Parameter launcher: How to run stages; by default each in a process of its own, from this very binary.
    package init(
        store: Store, catalogue: Catalogue, options: RunOptions = RunOptions(), ahead: ReadAhead? = nil,
        launcher: (any WorkerLauncher)? = nil
    ) {
        self.store = store
        self.catalogue = catalogue
        self.options = options
        self.launcher = launcher ?? ProcessLauncher()
        planner = Planner(
            cache: StoreCache(store: store, catalogue: catalogue, ahead: ahead), files: FileImporter(store: store),
            forced: options.forced, environment: options.environment, seal: VariableSeal(of: store))
    }

    /// What a run would do, in the pipeline's order; it imports the files beside the pipeline and does no more.
    ///
    /// - Throws: `StageFailure` for a file that can't be read, `StoreError` or what the catalogue throws.
    package func plan(_ pipeline: ResolvedPipeline, explains: Bool = false) throws -> [PlannedStage] {
        try planner.plan(pipeline, explains: explains)
    }

    /// Runs a pipeline to its end, whatever that is: the result names every stage.
    package func run(
        _ pipeline: ResolvedPipeline, events: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) async -> RunResult {
        let started = Date()
        let clock = ContinuousClock.now
        let ledger = RunLedger(store: store, catalogue: catalogue, pipeline: pipeline, options: options, at: started)
        var result = RunResult(
            run: ledger.run, pipeline: pipeline.name, exit: 0, startedAt: started, seconds: 0, stages: [], gates: [])
        let interruption = Interruption(options.interrupts)
        var session = RunSession(
            runner: self, pipeline: pipeline, ledger: ledger, interruption: interruption, events: events)
        do {
            let collection = try await admission(unless: interruption)
            defer { withExtendedLifetime(collection) {} }
            try ledger.begin()
            session.judge = try GateJudge(
                of: pipeline, before: ledger.run, store: store, catalogue: catalogue, options: options)
            events(.planned(run: ledger.run, stages: pipeline.stages.map(\.name)))
            if collection != nil {
                try store.sweepLeftovers()
                try planner.prepare(for: pipeline)
            }
            await session.execute()
            // Once more, for what the workers of a run that was killed just before this one left as they ended.
            if collection != nil { try? store.sweepLeftovers() }
        } catch {
            session.abandon(StageFailure(.store, StageFailure(describing: error).message))
        }
        result.stages = session.board.results.compactMap(\.self)
        result.gates = session.gates
        result.problem = session.problem
        func exit() -> Int32 {
            ExitCode.of(
                stages: result.stages, gates: result.gates, problem: result.problem, signal: session.signal)
        }
        result.exit = exit()
        result.seconds = (ContinuousClock.now - clock) / .seconds(1)
        do {
            try await ledger.finish(result)
        } catch {
            result.problem = result.problem ?? StageFailure(.store, StageFailure(describing: error).message)
            result.exit = exit()
        }
        return result
    }

    /// The lock that keeps collection away, once none is under way; nil if the run is interrupted first.
    private func admission(unless interruption: Interruption) async throws -> FileLock? {
        while interruption.signal == nil, !Task.isCancelled {
            do {
                return try FileLock.shared(store.locks.appendingPathComponent("gc"), wait: false)
            } catch let error as StoreError {
                guard error.code == .locked else { throw error }
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }
}
