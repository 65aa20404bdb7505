import Artifacts
import Foundation

/// One run under way: which stages are ready, running and done.
struct RunSession {
    private enum Happening: Sendable {
        case ended(Waiting, threads: Int, WorkerOutcome)
        case interrupted(Int32)
        case nobodyInterrupts
    }

    /// A stage that has to run.
    private struct Waiting: Sendable {
        let position: Int
        let assessment: Planner.Assessment
        let why: String
        let log: URL
        var startedAt: ContinuousClock.Instant?

        /// Seconds since it was started.
        var elapsed: Double { startedAt.map { ($0.duration(to: .now)) / .seconds(1) } ?? 0 }
    }

    private let runner: Runner
    private let ledger: RunLedger
    private let events: @Sendable (RunEvent) -> Void

    private(set) var board: StageBoard
    private var judged: [Int: [GateResult]] = [:]
    private(set) var problem: StageFailure?
    private(set) var signal: Int32?
    private var budget: CoreBudget
    /// Stages that have to run, in the pipeline's order, until there are cores for them.
    private var queue: [Waiting] = []
    /// The stage after whose failure no other starts.
    private var stopper: String?

    init(
        runner: Runner, pipeline: ResolvedPipeline, ledger: RunLedger, events: @escaping @Sendable (RunEvent) -> Void
    ) {
        self.runner = runner
        self.ledger = ledger
        self.events = events
        board = StageBoard(pipeline.stages)
        let cores = max(1, runner.options.cores)
        budget = CoreBudget(cores: cores, jobs: max(1, runner.options.jobs ?? cores))
    }

    /// Runs until every stage has ended.
    mutating func execute() async {
        await withTaskGroup(of: Happening.self) { group in
            let interrupts = runner.options.interrupts
            group.addTask {
                for await signal in interrupts { return .interrupted(signal) }
                return .nobodyInterrupts
            }
            while true {
                settle()
                startWhatFits(in: &group)
                guard budget.running > 0, let happening = await group.next() else { break }
                switch happening {
                case .nobodyInterrupts: break
                case .interrupted(let number):
                    signal = number
                    group.cancelAll()
                case .ended(let stage, let threads, let outcome):
                    budget.giveBack(threads)
                    conclude(stage, outcome)
                }
            }
            group.cancelAll()
        }
        if Task.isCancelled, signal == nil { signal = SIGINT }
        skipTheRest()
    }

    /// Ends every stage as skipped, for a run that couldn't begin.
    mutating func abandon(_ failure: StageFailure) {
        problem = failure
        skipTheRest()
    }

    /// In the pipeline's order, whatever the stages' order in time.
    var gates: [GateResult] { board.stages.indices.flatMap { judged[$0] ?? [] } }

    private var isInterrupted: Bool { signal != nil || Task.isCancelled }

    /// Decides about each stage whose inputs are known; a cached one may make others ready.
    private mutating func settle() {
        while !isInterrupted, let position = board.takeReady() {
            let stage = board.stages[position]
            do {
                let inputs = try runner.planner.bind(stage, outputs: board.outputs)
                let assessment = try runner.planner.assess(stage, inputs: inputs)
                switch assessment.decision {
                case .cached(let outputs, let metrics):
                    var result = blank(position, .cached, why: "nothing changed")
                    result.key = assessment.key.digest
                    result.outputs = outputs
                    result.metrics = metrics
                    end(position, result)
                case .runs(let why):
                    let log = ledger.log(of: stage.name, position: position)
                    queue.append(Waiting(position: position, assessment: assessment, why: why, log: log))
                case .waits(let upstream): preconditionFailure("\(stage.name) is ready, yet waits for \(upstream)")
                }
            } catch {
                fail(position, StageFailure(describing: error))
            }
        }
        queue.sort { $0.position < $1.position }
    }

    private mutating func startWhatFits(in group: inout TaskGroup<Happening>) {
        guard !isInterrupted, stopper == nil else { return }
        for waiting in queue {
            let stage = board.stages[waiting.position]
            guard let threads = budget.take(stage.coreDemand) else { continue }
            queue.removeAll { $0.position == waiting.position }
            var waiting = waiting
            waiting.startedAt = .now
            events(.started(stage: stage.name, why: waiting.why))
            let request = WorkerRequest(
                store: runner.store.root, stage: stage.name, key: waiting.assessment.key,
                inputs: waiting.assessment.inputs, environment: waiting.assessment.environment, threads: threads,
                log: waiting.log, isForced: runner.options.forced.includes(stage.name))
            let (launcher, events) = (runner.launcher, events)
            group.addTask { [waiting] in
                let outcome = await launcher.launch(request, timeout: stage.timeout) { event in
                    if case .progress(let progress) = event { events(.progress(stage: stage.name, progress)) }
                }
                return .ended(waiting, threads: threads, outcome)
            }
        }
    }
}

extension RunSession {
    private mutating func conclude(_ stage: Waiting, _ outcome: WorkerOutcome) {
        let position = stage.position
        switch outcome {
        case .done(let report):
            var result = blank(position, report.isAdopted ? .cached : .executed, why: stage.why)
            if report.isAdopted {
                result.why = "another run executed it meanwhile"
            } else {
                result.seconds = report.seconds
                result.cpuSeconds = report.cpuSeconds
                result.peakMemoryBytes = report.peakMemoryBytes
                result.log = stage.log
                result.why += repeatability(of: stage, report.outputs)
            }
            result.key = stage.assessment.key.digest
            result.outputs = report.outputs
            result.metrics = report.metrics
            do {
                try ledger.adopt(stage.assessment.key.digest, stage: result.name)
            } catch {
                problem = StageFailure(.store, StageFailure(describing: error).message)
            }
            end(position, result)
        case .failed(let failure): fail(position, failure, of: stage)
        case .interrupted:
            var result = blank(position, .skipped, why: "interrupted while it ran")
            result.key = stage.assessment.key.digest
            result.log = stage.log
            result.seconds = stage.elapsed
            end(position, result)
        }
    }

    /// Whether a key that was executed before gave the same outputs again, which is news if it did not.
    private func repeatability(of stage: Waiting, _ outputs: [String: Digest]) -> String {
        guard let earlier = stage.assessment.earlier?.outputs else { return "" }
        let changed = outputs.filter { earlier[$0.key] != nil && earlier[$0.key] != $0.value }.keys.sorted()
        guard !changed.isEmpty else { return "; gave the same outputs as before" }
        return "; gave another \(changed.joined(separator: ", ")) than before, so the stage isn't reproducible"
    }

    private mutating func fail(_ position: Int, _ failure: StageFailure, of stage: Waiting? = nil) {
        let line = failure.message.prefix { !$0.isNewline }
        var result = blank(position, .failed, why: String(line))
        result.failure = failure
        result.key = stage?.assessment.key.digest
        result.log = stage?.log
        result.seconds = stage?.elapsed ?? 0
        end(position, result)
        for dependent in board.dependents(of: position) {
            end(dependent, blank(dependent, .skipped, why: "stage \(result.name), which it needs, failed"))
        }
        if !runner.options.keepGoing, stopper == nil { stopper = result.name }
    }

    private mutating func skipTheRest() {
        for position in board.unended {
            let why: String
            if let signal {
                why = "not started: the run was interrupted (\(SignalName.of(signal)))"
            } else if let stopper {
                why = "not started: stage \(stopper) failed (--keep-going runs what doesn't need it)"
            } else {
                why = "not started: \(problem?.message ?? "the run ended early")"
            }
            end(position, blank(position, .skipped, why: why))
        }
    }

    private func blank(_ position: Int, _ state: StageState, why: String) -> StageResult {
        let stage = board.stages[position]
        return StageResult(name: stage.name, kind: stage.kind.name, state: state, why: why, location: stage.location)
    }

    private mutating func end(_ position: Int, _ result: StageResult) {
        board.end(position, result)
        events(.finished(result))
        guard result.state == .cached || result.state == .executed else { return }
        let gates = GateJudge.judge(board.stages[position].gates, of: result.name, metrics: result.metrics)
        judged[position] = gates
        for gate in gates { events(.gate(gate)) }
    }
}

extension ResolvedStage {
    /// How many cores the stage can use.
    fileprivate var coreDemand: CoreDemand {
        func demand<Kind: StageKind>(_ kind: Kind.Type) -> CoreDemand {
            kind.cores(Kind.Parameters(canonical: parameters))
        }
        return demand(kind)
    }
}
