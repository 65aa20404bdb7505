import Artifacts
import Foundation

/// Runs one stage against a store: the lock, a second look, the stage's code, the record, the clean-up.
///
/// It knows nothing of processes and never opens the catalogue, so it can run anywhere the store is.
package struct WorkerBody: Sendable {
    /// What the record of a kind's execution says of the machine, such as the numeric profile.
    package typealias Environment = @Sendable (any StageKind.Type) throws -> [String: String]

    let registry: StageRegistry
    let environment: Environment
    /// Seconds between the checkpoints of a stage that makes some.
    let checkpointInterval: Double
    /// Asks the stage to end early.
    let stop: StopRequest

    package init(
        registry: StageRegistry, environment: @escaping Environment = { _ in [:] }, checkpointInterval: Double = 5,
        stop: StopRequest = StopRequest()
    ) {
        self.registry = registry
        self.environment = environment
        self.checkpointInterval = checkpointInterval
        self.stop = stop
    }

    /// Ends with the event `done` or `failed`, which it returns as well.
    @discardableResult
    package func execute(_ request: WorkerRequest, emit: @escaping @Sendable (WorkerEvent) -> Void) -> WorkerEvent {
        let last: WorkerEvent
        do {
            last = .done(try perform(request, emit: emit))
        } catch {
            emit(.usage(.current))
            last = .failed(StageFailure(describing: error))
        }
        emit(last)
        return last
    }

    private func perform(
        _ request: WorkerRequest, emit: @escaping @Sendable (WorkerEvent) -> Void
    ) throws -> WorkerReport {
        let store = try Store(opening: request.store, create: false)
        let collection = try FileLock.shared(store.locks.appendingPathComponent("gc"), wait: true)
        let lock = try takeLock(request.key.digest, in: store, emit: emit)
        defer {
            lock.removeFile()
            withExtendedLifetime((collection, lock)) {}
        }
        let job = try job(for: request, in: store, emit: emit)
        if !request.isForced, let record = try store.execution(request.key.digest),
            job.outputs.allSatisfy({ record.outputs[$0.name].map(store.isComplete) ?? false })
        {
            return WorkerReport(record: record, isAdopted: true)
        }
        emit(.started)
        let (record, notes) = try run(job)
        try store.publish(record)
        try? FileManager.default.removeItem(at: store.checkpoints(of: record.key))
        return WorkerReport(record: record, isAdopted: false, notes: notes)
    }

    private func takeLock(
        _ key: Digest, in store: Store, emit: @Sendable (WorkerEvent) -> Void
    ) throws -> FileLock {
        let file = store.locks.appendingPathComponent(key.hex)
        do {
            return try FileLock.exclusive(file, wait: false)
        } catch let error as StoreError where error.code == .locked {
            emit(.waiting)
            return try FileLock.exclusive(file, wait: true)
        }
    }

    private func job(
        for request: WorkerRequest, in store: Store, emit: @escaping @Sendable (WorkerEvent) -> Void
    ) throws -> any StageJob {
        let fields = try MessageFields(request.key.document)
        let (name, version) = (try fields.string("kind"), try fields.int("version"))
        guard let kind = registry[name], kind.version == version else {
            throw StageFailure(
                .failed,
                "this worker has no stage kind \(name) of version \(version); run the pipeline again with one binary")
        }
        let parameters = try fields.object("with").merging(request.unkeyedParameters) { keyed, _ in keyed }
        func make<Kind: StageKind>(_ kind: Kind.Type) -> any StageJob {
            KindJob<Kind>(
                request: request, parameters: Kind.Parameters(canonical: parameters), store: store,
                checkpointInterval: checkpointInterval, stop: stop, progress: { emit(.progress($0)) })
        }
        return make(kind)
    }

    private func run(_ job: any StageJob) throws -> (record: ExecutionRecord, notes: [String]) {
        // Before the work, which a machine that computes wrongly must not begin.
        var environment = try environment(job.kind)
        environment["processor"] = Processor.description
        environment["threads"] = String(job.request.threads)
        let started = Date()
        let before = ResourceUsage.current
        var written = StageProduct()
        let seconds = try ContinuousClock().measure { written = try job.run() }
        var after = ResourceUsage.current
        after.raise(to: ResourceUsage(peakMemoryBytes: written.peakMemoryBytes))
        var record = ExecutionRecord(
            key: job.request.key.digest, keyDocument: job.request.key.document, outputs: written.outputs,
            metrics: written.metrics, startedAt: started.timeIntervalSince1970, seconds: seconds / .seconds(1),
            cpuSeconds: after.cpuSeconds - before.cpuSeconds, peakMemoryBytes: after.peakMemoryBytes,
            environment: environment)
        record.remarks = written.remarks
        return (record, written.notes)
    }
}

/// A stage kind with its parameters read, ready to run.
private protocol StageJob {
    var kind: any StageKind.Type { get }
    var request: WorkerRequest { get }
    var outputs: [OutputRole] { get }
    func run() throws -> StageProduct
}

private struct KindJob<Kind: StageKind>: StageJob {
    let request: WorkerRequest
    let parameters: Kind.Parameters
    let store: Store
    let checkpointInterval: Double
    let stop: StopRequest
    let progress: @Sendable (StageProgress) -> Void

    var kind: any StageKind.Type { Kind.self }
    var outputs: [OutputRole] { Kind.outputs(parameters) }

    func run() throws -> StageProduct {
        let context = StageContext(
            store: store, threads: request.threads, stage: request.stage, key: request.key.digest,
            inputs: request.inputs, lists: request.key.lists, outputs: outputs, environment: request.environment,
            log: StageLog(file: request.log), checkpointInterval: checkpointInterval, stop: stop,
            pipelineFolder: request.pipelineFolder, isForced: request.isForced, progress: progress)
        try Kind.run(parameters, context)
        return try context.recorder.finish()
    }
}
