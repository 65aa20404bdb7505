import Artifacts
import Catalogue
import Dispatch
import Synchronization

/// The earlier executions of a store: its records, which are the truth, and their index, the catalogue.
package struct StoreCache: ExecutionCache {
    let store: Store
    let catalogue: Catalogue
    private let expected: ExpectedExecutions
    /// The pipeline whose stages are looked up; nil as long as nobody has said.
    private let pipeline: PreparedPipeline

    package init(store: Store, catalogue: Catalogue, ahead: ReadAhead? = nil) {
        pipeline = PreparedPipeline()
        self.store = store
        self.catalogue = catalogue
        expected = ExpectedExecutions(ahead)
    }

    /// Looks up what the latest run of the pipeline ended with, which is most often what is asked for next.
    package func prepare(for pipeline: String) throws {
        self.pipeline.name = pipeline
        guard !expected.isSet(for: pipeline), let run = try catalogue.latestRun(ofPipeline: pipeline) else { return }
        try expected.set(executions(of: run), for: pipeline)
    }

    package func execution(_ key: Digest, stage: String) throws -> CachedExecution? {
        if let execution = expected.take(key) { return execution }
        // The record is the truth. The catalogue spares the reading of manifests, no more.
        guard let outcome = try store.outcome(of: key) else { return nil }
        if let manifests = try catalogue.manifests(of: outcome) { return CachedExecution(outcome, manifests) }
        guard let record = try store.execution(key), let manifests = try manifests(of: record) else { return nil }
        if !catalogue.isReadOnly { try catalogue.adopt(record, stage: stage, manifests: manifests) }
        return CachedExecution(record.outcome, manifests)
    }

    /// The executions of a run's stages as their records are now; those that the catalogue has otherwise are left out.
    func executions(of run: RunRow) throws -> [Digest: CachedExecution] {
        let started = try catalogue.startTimes(of: run)
        let keys = started.keys.sorted()
        // Records are many small files, and reading them is what a plan with nothing to do mostly does.
        let pieces = stride(from: 0, to: keys.count, by: 64).map { keys[$0..<min($0 + 64, keys.count)] }
        let manifests = Mutex<Result<[Digest: Manifest], any Error>>(.success([:]))
        let outcomes = Mutex<Result<[Digest: ExecutionOutcome], any Error>>(.success([:]))
        DispatchQueue.concurrentPerform(iterations: pieces.count + 1) { piece in
            if piece == 0 {
                let found = Result { try catalogue.manifests(of: run) }
                manifests.withLock { $0 = found }
                return
            }
            let found = Result {
                try pieces[piece - 1].compactMap { key in try store.outcome(of: key).map { (key, $0) } }
            }
            outcomes.withLock { outcomes in
                outcomes = outcomes.flatMap { all in found.map { all.merging($0) { first, _ in first } } }
            }
        }
        let found = try manifests.withLock(\.self).get()
        return try outcomes.withLock(\.self).get().compactMapValues { outcome in
            outcome.startedAt == started[outcome.key] ? CachedExecution(outcome, found) : nil
        }
    }

    package func loss(of key: Digest) throws -> String? {
        do {
            let record = try store.readExecution(key)
            for (_, output) in record.outputs.sorted(by: { $0.key < $1.key }) {
                do {
                    _ = try store.manifest(output)
                } catch let error as StoreError {
                    return "output blob \(output.short)… \(error.code == .missing ? "missing" : "damaged")"
                }
            }
            return nil
        } catch let error as StoreError where error.code == .missing {
            if let time = try catalogue.collectionTime(of: key) {
                return try Self.collected(key, at: time, from: store)
            }
            return try catalogue.execution(key) == nil ? nil : "its execution record is missing"
        } catch let error as StoreError where error.code == .newerFormat {
            return "its execution record was written by a newer calm"
        } catch is StoreError {
            return "its execution record is damaged"
        }
    }

    private static func collected(_ key: Digest, at time: Double, from store: Store) throws -> String {
        let day = UTCTime(time).day()
        // What an import knows only by its record counts as collected.
        let isImported = try store.imports().contains { $0.history.keys.contains(key) }
        return isImported
            ? "its record was imported on \(day) without its result"
            : "its result was collected by `calm store gc` on \(day)"
    }

    package func nearestExecution(stage: String, kind: String, document: JSONValue) throws -> NearestExecution? {
        try catalogue.nearestExecution(
            stage: stage, kind: kind, document: document, ofPipeline: pipeline.name
        ).map {
            NearestExecution(stage: $0.stage, document: $0.document)
        }
    }

    package func hasExecution(ofKind kind: String, where holds: (JSONValue) -> Bool) throws -> Bool {
        try catalogue.hasExecution(ofKind: kind, where: holds)
    }

    package func state(of object: Digest) -> ObjectState { store.state(of: object) }

    package func manifest(_ artifact: Digest) -> Manifest? { try? store.manifest(artifact) }

    /// Indexes the execution on file; false if there is none, or one of its manifests is gone.
    @discardableResult
    func adopt(_ key: Digest, stage: String, in run: RunStageRow? = nil) throws -> Bool {
        guard let record = try store.execution(key) else { return false }
        guard let manifests = try manifests(of: record) else { return false }
        try catalogue.adopt(record, stage: stage, manifests: manifests, in: run)
        // Another run may have executed the key once more since this one did.
        if let result = run?.keyedResult, result != record.keyedResult, let own = try store.superseded(result) {
            try catalogue.adopt(superseded: own)
        }
        return true
    }

    /// The manifests of a record's outputs, or nil if one is gone or damaged.
    private func manifests(of record: ExecutionRecord) throws -> [Digest: Manifest]? {
        do {
            return try Dictionary(record.outputs.values.map { ($0, try store.manifest($0)) }) { first, _ in first }
        } catch let error as StoreError where [.missing, .damaged, .hostile].contains(error.code) {
            return nil
        }
    }
}

extension CachedExecution {
    /// Nil if the manifest of an output isn't among those given.
    fileprivate init?(_ outcome: ExecutionOutcome, _ manifests: [Digest: Manifest]) {
        var objects = Set(outcome.outputs.values)
        for output in outcome.outputs.values {
            guard let manifest = manifests[output] else { return nil }
            objects.formUnion(manifest.members.values.map(\.digest))
        }
        self.init(outputs: outcome.outputs, metrics: outcome.metrics, objects: objects.sorted())
    }
}

private final class PreparedPipeline: Sendable {
    private let value = Mutex<String?>(nil)

    var name: String? {
        get { value.withLock(\.self) }
        set { value.withLock { $0 = newValue } }
    }
}

/// Executions that were read in advance. Each is given out once: who asks again wants to know what has become of it.
private final class ExpectedExecutions: Sendable {
    private let executions: Mutex<(pipeline: String?, byKey: [Digest: CachedExecution])>

    init(_ ahead: ReadAhead?) {
        executions = Mutex((ahead?.pipeline, ahead?.executions ?? [:]))
    }

    func isSet(for pipeline: String) -> Bool { executions.withLock { $0.pipeline == pipeline } }

    func set(_ byKey: [Digest: CachedExecution], for pipeline: String) {
        executions.withLock { $0 = (pipeline, byKey) }
    }

    func take(_ key: Digest) -> CachedExecution? { executions.withLock { $0.byKey.removeValue(forKey: key) } }
}
