import Artifacts
import Catalogue
import Foundation

/// Where a run leaves its traces: its folder `runs/ID/` and the catalogue.
struct RunLedger: Sendable {
    let run: String
    let folder: URL
    private let store: Store
    private let catalogue: Catalogue
    private let cache: StoreCache
    private let row: RunRow
    /// By position.
    private let upstream: [[String]]
    private let names: [String]
    private let plan = RunPlanLock()

    init(store: Store, catalogue: Catalogue, pipeline: ResolvedPipeline, options: RunOptions, at started: Date) {
        run = RunIdentifier.make(at: started)
        folder = store.runs.appendingPathComponent(run, isDirectory: true)
        self.store = store
        self.catalogue = catalogue
        cache = StoreCache(store: store, catalogue: catalogue)
        row = RunRow(
            id: run, pipeline: pipeline.name, file: options.file, startedAt: started.timeIntervalSince1970,
            commandLine: options.commandLine.map(\.shellWord).joined(separator: " "),
            parameters: .object(pipeline.parameters), isPartial: pipeline.isPart, checkout: options.checkout)
        upstream = pipeline.stages.map(\.upstream)
        names = pipeline.stages.map(\.name)
    }

    /// Makes the run's folder and says in the catalogue that it began.
    func begin() throws {
        plan.take(names, in: try store.makeFolder(ofRun: run))
        try catalogue.begin(run: row)
    }

    /// Says on file that the run began, before anything of it may be cut short. A run that executes nothing has no need of
    /// it: its record is written when it ends.
    func recordBeginning() throws { try RunRecord(run: row, stages: [], gates: []).write(to: folder) }

    /// Indexes what a worker has published, and that it belongs to this run, however the run ends.
    func adopt(_ stage: StageResult, position: Int) throws {
        guard let key = stage.key else { return }
        try cache.adopt(key, stage: stage.name, in: row(of: stage, position: position))
    }

    /// Says in the catalogue what these stages of the run gave, before the run has ended.
    func record(_ stages: [(position: Int, result: StageResult)]) throws {
        try catalogue.record(stages: stages.map { row(of: $0.result, position: $0.position) })
    }

    private func row(of stage: StageResult, position: Int) -> RunStageRow {
        var row = RunStageRow(
            run: run, position: position, name: stage.name, kind: stage.kind, state: stage.state.rawValue,
            key: stage.key, seconds: stage.seconds, cpuSeconds: stage.cpuSeconds,
            peakMemoryBytes: stage.peakMemoryBytes, why: stage.why,
            failureCategory: stage.failure?.category.rawValue, failureMessage: stage.failure?.message,
            log: stage.log?.path, location: stage.location.description, attempts: stage.attempts,
            document: stage.document)
        if row.isDone { row.result = ResultDigest(outputs: stage.outputs, metrics: stage.metrics) }
        (row.startedAt, row.threads) = (stage.startedAt?.timeIntervalSince1970, stage.threads)
        if upstream.indices.contains(position) { row.upstream = upstream[position] }
        return row
    }

    /// Writes all that happened, to the catalogue and to the run's own record, from which the catalogue can be made anew.
    ///
    /// Both at once: what only one of them has got is no damage.
    func finish(_ result: RunResult) async throws {
        let stages = result.stages.enumerated().map { position, stage in row(of: stage, position: position) }
        let gates = result.gates.map { gate in
            GateRow(
                run: run, stage: gate.stage, metric: gate.metric, expected: gate.expected, value: gate.value,
                passed: gate.passed, bound: gate.past?.bound.flatMap { $0.isFinite ? $0 : nil }, found: gate.found)
        }
        var ended = row
        (ended.exit, ended.seconds) = (result.exit, result.seconds)
        let record = RunRecord(run: ended, stages: stages, gates: gates)
        async let written: Void = record.write(to: folder)
        let indexed = Result {
            try catalogue.finish(run: run, exit: result.exit, seconds: result.seconds, stages: stages, gates: gates)
        }
        try await written
        try indexed.get()
        plan.release()
    }

    /// The file of a stage's log.
    func log(of stage: String, position: Int) -> URL {
        folder.appendingPathComponent(RunPlan.logName(of: stage, position: position), isDirectory: false)
    }
}
