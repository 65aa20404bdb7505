import Artifacts
import Foundation

/// One run under way: which stages are ready, running and done.
struct RunSession {
    private enum Happening: Sendable {
        case ended(Waiting, ResourceBudget.Share, WorkerOutcome)
        /// A failed stage has paused long enough to be tried again.
        case rested(Waiting)
        /// It is time to look again for what another run may have given back.
        case waited
        case interrupted(Int32)
        case nobodyInterrupts
    }

    let runner: Runner
    private let ledger: RunLedger
    private let interruption: Interruption
    let events: @Sendable (RunEvent) -> Void

    private(set) var board: StageBoard
    /// Nil only before the run has begun.
    var judge: GateJudge?
    var judged: [Int: [GateResult]] = [:]
    /// Cached stages that the catalogue doesn't know of yet as part of this run.
    private var unrecorded: [Int] = []
    private var hasRecordedBeginning = false
    private(set) var problem: StageFailure?
    private(set) var signal: Int32?
    private var budget: ResourceBudget
    /// Stages that pause before they are tried again.
    private var resting = 0
    private var isWatchingOthers = false
    /// Why stages that had ended run after all: what they gave was found damaged. At most once each.
    private var repairs: [Int: String] = [:]
    /// Stages that were sent back since what they read was damaged, though nothing of it was found to be.
    private var sentBack: Set<Int> = []
    /// The stages that run just now, by their positions.
    private var underway: [Int: Waiting] = [:]
    /// Stages that have to run, in the pipeline's order, until there are cores for them.
    private var queue: [Waiting] = []
    /// The stage after whose failure no other starts.
    private var stopper: String?

    init(
        runner: Runner, pipeline: ResolvedPipeline, ledger: RunLedger, interruption: Interruption,
        events: @escaping @Sendable (RunEvent) -> Void
    ) {
        self.runner = runner
        self.ledger = ledger
        self.interruption = interruption
        self.events = events
        board = StageBoard(pipeline.stages)
        let (cores, memory) = (max(1, runner.options.cores), runner.options.memory)
        budget = ResourceBudget(
            cores: cores, jobs: max(1, runner.options.jobs ?? cores), memory: memory,
            slots: ResourceSlots(
                store: runner.store, cores: max(cores, ProcessInfo.processInfo.activeProcessorCount), memory: memory))
    }

    /// Runs until every stage has ended.
    mutating func execute() async {
        signal = interruption.signal
        await withTaskGroup(of: Happening.self) { group in
            let interrupts = interruption.signals
            group.addTask {
                for await signal in interrupts { return .interrupted(signal) }
                return .nobodyInterrupts
            }
            while true {
                settle()
                startWhatFits(in: &group)
                guard budget.running > 0 || resting > 0 || isWatchingOthers, let happening = await group.next() else {
                    break
                }
                switch happening {
                case .nobodyInterrupts: break
                case .interrupted(let number):
                    signal = number
                    group.cancelAll()
                case .waited: isWatchingOthers = false
                case .rested(let stage):
                    resting -= 1
                    queue.append(stage)
                    queue.sort { $0.position < $1.position }
                case .ended(let stage, let share, let outcome):
                    budget.giveBack(share)
                    underway[stage.position] = nil
                    if let failure = outcome.failure, await retry(stage, after: failure, in: &group) { continue }
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

    private var isInterrupted: Bool { signal != nil || Task.isCancelled }

    /// Decides about each stage whose inputs are known; a cached one may make others ready.
    private mutating func settle() {
        var seen = SeenFiles()
        while !isInterrupted, let position = board.takeReady() {
            let stage = board.stages[position]
            do {
                let inputs = try runner.planner.bind(stage, outputs: board.outputs, seen: &seen)
                let assessment = try runner.planner.assess(stage, inputs: inputs)
                switch assessment.decision {
                case .cached(let outputs, let metrics):
                    var result = blank(position, .cached, why: "nothing changed")
                    result.key = assessment.key.digest
                    result.outputs = outputs
                    result.metrics = metrics
                    end(position, result)
                case .runs(var why):
                    if let repair = repairs[position] { why = repair }
                    let log = ledger.log(of: stage.name, position: position)
                    queue.append(
                        Waiting(
                            position: position, assessment: assessment, demand: stage.coreDemand, why: why, log: log))
                case .waits(let upstream): preconditionFailure("\(stage.name) is ready, yet waits for \(upstream)")
                }
            } catch {
                fail(position, StageFailure(describing: error))
            }
        }
        queue.sort { $0.position < $1.position }
    }

    /// Before work starts that may be cut short: collection must know what a killed run had found.
    private mutating func recordWhatIsCached() {
        guard !queue.isEmpty else { return }
        do {
            if !hasRecordedBeginning { try ledger.recordBeginning() }
            hasRecordedBeginning = true
            if unrecorded.isEmpty { return }
            try ledger.record(unrecorded.compactMap { position in board.results[position].map { (position, $0) } })
        } catch {
            problem = StageFailure(.store, StageFailure(describing: error).message)
        }
        unrecorded = []
    }

    private mutating func startWhatFits(in group: inout TaskGroup<Happening>) {
        guard !isInterrupted, stopper == nil else { return }
        recordWhatIsCached()
        budget.beginRound()
        defer {
            if budget.waitsForOthers, !isWatchingOthers {
                isWatchingOthers = true
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(50))
                    return .waited
                }
            }
        }
        for waiting in queue {
            let stage = board.stages[waiting.position]
            guard let share = budget.take(waiting.demand, stage.limits) else { continue }
            queue.removeAll { $0.position == waiting.position }
            var waiting = waiting
            (waiting.startedAt, waiting.startedOn, waiting.threads) = (.now, Date(), share.threads)
            waiting.usage = SeenUsage()
            underway[waiting.position] = waiting
            let attempt = waiting.attempt > 1 ? "; attempt \(waiting.attempt) of \(stage.limits.retries + 1)" : ""
            events(.started(stage: stage.name, why: waiting.why + attempt))
            var request = WorkerRequest(
                store: runner.store.root, stage: stage.name, key: waiting.assessment.key,
                inputs: waiting.assessment.inputs, environment: waiting.assessment.environment, threads: share.threads,
                log: waiting.log, isForced: runner.options.forced.includes(stage.name))
            request.pipelineFolder = stage.folder
            request.unkeyedParameters = stage.unkeyedParameters
            let (launcher, events) = (runner.launcher, events)
            group.addTask { [waiting, request] in
                let outcome = await launcher.launch(request, limits: stage.limits) { event in
                    switch event {
                    case .progress(let progress): events(.progress(stage: stage.name, progress))
                    case .usage(let usage): waiting.usage.raise(to: usage)
                    case .started: waiting.usage.start()
                    case .waiting, .done, .failed: break
                    }
                }
                return .ended(waiting, share, outcome)
            }
        }
    }
}

extension RunSession {
    /// Sends a failed stage back to be tried again, if there is reason to expect that it goes well then.
    private mutating func retry(
        _ stage: Waiting, after failure: StageFailure, in group: inout TaskGroup<Happening>
    ) async -> Bool {
        guard !isInterrupted else { return false }
        if repair(stage, after: failure) { return true }
        let limits = board.stages[stage.position].limits
        guard failure.category.isWorthRetrying, stage.attempt <= limits.retries, stopper == nil else { return false }
        let pause = limits.pause(after: stage.attempt)
        let line = failure.message.prefix { !$0.isNewline }
        var next = stage
        next.attempt += 1
        let why =
            "attempt \(stage.attempt) of \(limits.retries + 1) failed: \(line); tried again in \(pause.formatted()) s"
        let log = StageLog(file: stage.log)
        // Still of the attempt that failed.
        log.write("calm: \(why)")
        events(.failedAttempt(stage: board.stages[stage.position].name, why: why))
        next.failed.append(FailedAttempt(failure: failure, seconds: stage.elapsed, logEnd: log.byteCount))
        resting += 1
        group.addTask { [next] in
            try? await Task.sleep(for: .seconds(pause))
            return .rested(next)
        }
        return true
    }

    /// If a stage failed since what it reads is damaged or gone, has that made anew and the stage run after it.
    private mutating func repair(_ stage: Waiting, after failure: StageFailure) -> Bool {
        let ancestors = board.ancestors(of: stage.position)
        let broken = ancestors.filter { position in
            guard let result = board.results[position] else { return false }
            return !result.outputs.values.allSatisfy(runner.store.isComplete)
        }
        // Being made anew just now, for another reader.
        let isUnderWay = ancestors.contains { board.results[$0] == nil }
        // Of several damaged inputs, one after another is found. Each is made anew once, so that this ends.
        guard broken.allSatisfy({ repairs[$0] == nil }),
            !broken.isEmpty || isUnderWay
                || (failure.category == .damage && sentBack.insert(stage.position).inserted)
        else { return false }
        let reader = board.stages[stage.position].name
        for position in broken {
            let roles =
                board.results[position]?.outputs.filter { !runner.store.isComplete($0.value) }.keys.sorted() ?? []
            repairs[position] =
                "its output \(roles.joined(separator: ", ")) was found damaged or gone by stage \(reader)"
            board.reopen(position)
        }
        board.reopen(stage.position)
        // They were bound to what is now made anew.
        for waiting in queue
        where !broken.isEmpty && board.ancestors(of: waiting.position).contains(where: broken.contains) {
            board.reopen(waiting.position)
            queue.removeAll { $0.position == waiting.position }
        }
        return true
    }

    private mutating func conclude(_ stage: Waiting, _ outcome: WorkerOutcome) {
        let position = stage.position
        switch outcome {
        case .done(let report):
            var result = blank(position, report.isAdopted ? .cached : .executed, why: stage.why)
            if report.isAdopted {
                result.why = origin(of: report, stage)
            } else {
                result.seconds = report.seconds
                result.cpuSeconds = report.cpuSeconds
                result.peakMemoryBytes = report.peakMemoryBytes
                result.log = stage.log
                (result.startedAt, result.threads) = (stage.startedOn, stage.threads)
                if stage.attempt > 1 {
                    result.why += "; done at attempt \(stage.attempt) of \(board.stages[position].limits.retries + 1)"
                }
                result.why += repeatability(of: stage, report)
                for note in report.notes { result.why += "; \(note)" }
            }
            result.attempts = stage.attempt
            result.failedAttempts = stage.failed
            result.key = stage.assessment.key.digest
            result.outputs = report.outputs
            result.metrics = report.metrics
            do {
                try ledger.adopt(result, position: position)
            } catch {
                problem = StageFailure(.store, StageFailure(describing: error).message)
            }
            end(position, result)
        case .failed(let failure): fail(position, failure, of: stage)
        case .interrupted:
            var result = blank(position, .skipped, why: "interrupted while it ran")
            stopped(stage, &result)
            end(position, result)
        }
    }

    /// Who gave a stage that was to run its result before its turn came.
    private func origin(of report: WorkerReport, _ stage: Waiting) -> String {
        let key = stage.assessment.key.digest
        let executed = board.results.lazy.compactMap(\.self).filter { $0.state == .executed }
        if let twin = executed.first(where: { $0.key == key }) { return "stage \(twin.name) of this run executed it" }
        // Which has published its result, and not said so yet.
        if underway.values.contains(where: { $0.assessment.key.digest == key && $0.usage.hasStarted }) {
            return "another stage of this run executed it"
        }
        guard stage.assessment.earlier != nil else { return "another run executed it meanwhile" }
        let outputs = Set(report.outputs.values)
        let other = executed.first { !outputs.isDisjoint(with: $0.outputs.values) }
        return "its outputs are there again" + (other.map { ": stage \($0.name) of this run gave them" } ?? "")
    }

    /// Whether a key that was executed before gave the same outputs and metrics again, which is news if it did not.
    private func repeatability(of stage: Waiting, _ report: WorkerReport) -> String {
        guard let earlier = stage.assessment.earlier else { return "" }
        let outputs = report.outputs.filter { earlier.outputs[$0.key] != nil && earlier.outputs[$0.key] != $0.value }
        let metrics = board.stages[stage.position].kind.changes(of: earlier.metrics, to: report.metrics).map(\.name)
        var changed: [String] = []
        if !outputs.isEmpty { changed.append("another " + outputs.keys.sorted().joined(separator: ", ")) }
        if !metrics.isEmpty { changed.append("other metrics (\(metrics.joined(separator: ", ")))") }
        guard !changed.isEmpty else { return "; gave the same outputs as before" }
        return "; gave \(changed.joined(separator: " and ")) than before, so the stage isn't reproducible"
    }

    private mutating func fail(_ position: Int, _ failure: StageFailure, of stage: Waiting? = nil) {
        var line = String(failure.message.prefix { !$0.isNewline })
        if let stage, stage.attempt > 1 {
            line += " (attempt \(stage.attempt) of \(board.stages[position].limits.retries + 1))"
        }
        var result = blank(position, .failed, why: line)
        result.failure = failure
        if let stage { stopped(stage, &result) }
        end(position, result)
        // Who follows its log must not wait until the run has ended. What can't be written now is written then.
        if stage != nil { try? ledger.record([(position, result)]) }
        for dependent in board.dependents(of: position) {
            end(dependent, blank(dependent, .skipped, why: "stage \(result.name), which it needs, failed"))
        }
        if !runner.options.keepGoing, stopper == nil { stopper = result.name }
    }

    /// What is known of a stage that was started and has no execution.
    private func stopped(_ stage: Waiting, _ result: inout StageResult) {
        result.attempts = stage.attempt
        result.failedAttempts = stage.failed
        result.key = stage.assessment.key.digest
        result.document = stage.assessment.key.document
        result.log = stage.log
        result.seconds = stage.elapsed
        (result.startedAt, result.threads) = (stage.startedOn, stage.threads)
        let usage = stage.usage.value
        (result.cpuSeconds, result.peakMemoryBytes) = (usage.cpuSeconds, usage.peakMemoryBytes)
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
        if result.state == .cached { unrecorded.append(position) }
        if result.state == .cached || result.state == .executed { judgeGates(of: position, result) }
    }
}
