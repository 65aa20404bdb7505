import Artifacts
import Foundation

/// Runs stages again that are cached, away from the store, and compares what they give, outputs and metrics, with what is
/// recorded: whether the cache tells the truth.
package struct Audit: Sendable {
    package enum Verdict: Sendable, Hashable {
        /// Every output and metric came out the same.
        case same
        case different([Change], metrics: [RunComparison.Change<Double>])
        case failed(StageFailure)
        /// Nothing to compare: it is not cached, or was made on a processor that rounds otherwise.
        case incomparable(String)
    }

    /// An output that came out otherwise.
    package struct Change: Sendable, Hashable {
        package let role: String
        package let recorded: Digest
        /// Nil if it didn't come out at all.
        package let now: Digest?
    }

    let store: Store
    let launcher: any WorkerLauncher
    /// What this machine is, as executions record it.
    let environment: WorkerBody.Environment
    let options: RunOptions

    package init(
        store: Store, environment: @escaping WorkerBody.Environment, options: RunOptions = RunOptions(),
        launcher: (any WorkerLauncher)? = nil
    ) {
        self.store = store
        self.environment = environment
        self.options = options
        self.launcher = launcher ?? ProcessLauncher()
    }

    /// Audits one stage after another, in the pipeline's order.
    ///
    /// - Throws: `StoreError` if the scratch store can't be made.
    package func run(
        _ pipeline: ResolvedPipeline, _ runner: Runner, only names: StageNames?,
        onVerdict: (String, Verdict) throws -> Void
    ) async throws -> [(stage: String, verdict: Verdict)] {
        let collection = try FileLock.shared(store.locks.appendingPathComponent("gc"), wait: true)
        defer { withExtendedLifetime(collection) {} }
        let scratch = try ScratchStore(beside: store)
        defer { scratch.remove() }
        var known: [String: [String: Digest]] = [:]
        var verdicts: [(stage: String, verdict: Verdict)] = []
        for stage in pipeline.stages {
            let verdict: Verdict
            let isWanted = names?.include(stage.name) ?? true
            if let missing = stage.upstream.first(where: { known[$0] == nil }) {
                verdict = .incomparable("stage \(missing), which it needs, isn't cached: run the pipeline first")
            } else {
                let assessment = try runner.planner.assess(
                    stage, inputs: runner.planner.bind(stage, outputs: known))
                if case .cached(let outputs, let metrics) = assessment.decision {
                    known[stage.name] = outputs
                    guard isWanted else { continue }
                    verdict = try await audit(stage, assessment, outputs, metrics, in: scratch.store)
                } else {
                    verdict = .incomparable("it isn't cached: run the pipeline first")
                }
            }
            guard isWanted else { continue }
            verdicts.append((stage.name, verdict))
            try onVerdict(stage.name, verdict)
        }
        return verdicts
    }

    private func audit(
        _ stage: ResolvedStage, _ assessment: Planner.Assessment, _ recorded: [String: Digest],
        _ metrics: [String: Double], in scratch: Store
    ) async throws -> Verdict {
        let profile = try store.execution(assessment.key.digest)?.environment ?? [:]
        for (fact, own) in try environment(stage.kind).sorted(by: { $0.key < $1.key }) {
            if let recorded = profile[fact], recorded != own {
                return .incomparable("it was made with \(fact) \(recorded), this machine has \(own)")
            }
        }
        let demand = ResourceBudget(cores: max(1, options.cores), jobs: 1, memory: .max)
        var request = WorkerRequest(
            store: scratch.root, stage: stage.name, key: assessment.key, inputs: assessment.inputs,
            environment: assessment.environment, threads: demand.threads(stage.coreDemand, stage.limits),
            log: scratch.runs.appendingPathComponent("\(assessment.key.digest.short).log"), isForced: true)
        request.pipelineFolder = stage.folder
        request.unkeyedParameters = stage.unkeyedParameters
        switch await launcher.launch(request, limits: stage.limits, onEvent: { _ in }) {
        case .done(let report):
            let changed = recorded.filter { report.outputs[$0.key] != $0.value }.sorted { $0.key < $1.key }
            let metrics = stage.kind.changes(of: metrics, to: report.metrics)
            if changed.isEmpty, metrics.isEmpty { return .same }
            return .different(
                changed.map { Change(role: $0.key, recorded: $0.value, now: report.outputs[$0.key]) }, metrics: metrics)
        case .failed(let failure): return .failed(failure)
        case .interrupted: return .failed(StageFailure(.failed, "interrupted"))
        }
    }
}

extension Audit.Verdict {
    package var text: String {
        switch self {
        case .same: "same"
        case .different(let roles, let metrics):
            "different: "
                + (roles.map {
                    "\($0.role) is recorded as \($0.recorded.short)…, came out as \($0.now?.short ?? "nothing")…"
                }
                + metrics.map { metric in
                    let (before, now) = (metric.before.map { "\($0)" }, metric.now.map { "\($0)" })
                    return
                        "metric \(metric.name) is recorded as \(before ?? "nothing"), came out as \(now ?? "nothing")"
                }).joined(separator: "; ")
        case .failed(let failure): "failed: \(failure.message)"
        case .incomparable(let why): "not compared: \(why)"
        }
    }

    package var word: String {
        switch self {
        case .same: "same"
        case .different: "different"
        case .failed: "failed"
        case .incomparable: "not-compared"
        }
    }
}

/// A store of its own below `tmp/`, which has the objects of another by hard links and nothing else of it.
private struct ScratchStore {
    let store: Store

    init(beside other: Store) throws {
        let root = other.temporaryURL()
        store = try Store(opening: root, create: true)
        do {
            for digest in try other.objectDigests() {
                let target = store.objectURL(digest)
                try FileManager.default.createDirectory(
                    at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
                try FileManager.default.linkItem(at: other.objectURL(digest), to: target)
            }
        } catch {
            try? FileManager.default.removeItem(at: root)
            throw StoreError(.io, "can't link the store's objects to \(root.path): \(error.localizedDescription)")
        }
    }

    func remove() { try? FileManager.default.removeItem(at: store.root) }
}
