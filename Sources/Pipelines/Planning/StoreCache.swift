import Artifacts
import Catalogue
import Synchronization

/// The earlier executions of a store: its records, which are the truth, and their index, the catalogue.
package struct StoreCache: ExecutionCache {
    let store: Store
    let catalogue: Catalogue
    private let expected = ExpectedResults()

    package init(store: Store, catalogue: Catalogue) {
        self.store = store
        self.catalogue = catalogue
    }

    /// Looks up what the latest run of the pipeline ended with, which is most often what is asked for next.
    package func prepare(for pipeline: String) throws {
        let (started, manifests) = try catalogue.latestResults(of: pipeline)
        expected.set(started, manifests)
    }

    package func execution(_ key: Digest, stage: String) throws -> CachedExecution? {
        // The record is the truth, which is read each time. The catalogue spares the reading of manifests, no more.
        guard let record = try store.execution(key) else { return nil }
        if let manifests = try expected.manifests(of: record) ?? catalogue.manifests(of: record) {
            return CachedExecution(record, stage: stage, manifests: manifests)
        }
        guard let manifests = try manifests(of: record) else { return nil }
        if !catalogue.isReadOnly { try catalogue.adopt(record, stage: stage, manifests: manifests) }
        return CachedExecution(record, stage: stage, manifests: manifests)
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
            return try catalogue.execution(key) == nil ? nil : "its execution record is missing"
        } catch let error as StoreError where error.code == .newerFormat {
            return "its execution record was written by a newer calm"
        } catch is StoreError {
            return "its execution record is damaged"
        }
    }

    package func nearestExecution(stage: String, kind: String, document: JSONValue) throws -> CachedExecution? {
        try catalogue.nearestExecution(stage: stage, kind: kind, document: document).map(CachedExecution.init)
    }

    package func contains(_ object: Digest) -> Bool { store.contains(object) }

    /// Indexes the execution on file; false if there is none, or one of its manifests is gone.
    @discardableResult
    func adopt(_ key: Digest, stage: String, in run: RunStageRow? = nil) throws -> Bool {
        guard let record = try store.execution(key) else { return false }
        guard let manifests = try manifests(of: record) else { return false }
        try catalogue.adopt(record, stage: stage, manifests: manifests, in: run)
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
    fileprivate init(_ row: ExecutionRow) {
        self.init(
            key: row.key, stage: row.stage, document: row.document, outputs: row.outputs, metrics: row.metrics,
            objects: row.objects)
    }

    fileprivate init(_ record: ExecutionRecord, stage: String, manifests: [Digest: Manifest]) {
        let members = manifests.values.flatMap { $0.members.values.map(\.digest) }
        self.init(
            key: record.key, stage: stage, document: record.keyDocument, outputs: record.outputs,
            metrics: record.metrics, objects: Set(manifests.keys).union(members).sorted())
    }
}

/// What the catalogue was asked for in advance.
private final class ExpectedResults: Sendable {
    private let results = Mutex<(started: [Digest: Double], manifests: [Digest: Manifest])>(([:], [:]))

    func set(_ started: [Digest: Double], _ manifests: [Digest: Manifest]) {
        results.withLock { $0 = (started, manifests) }
    }

    /// The manifests of a record's outputs, if this very record was among the results.
    func manifests(of record: ExecutionRecord) -> [Digest: Manifest]? {
        results.withLock { results in
            guard results.started[record.key] == record.startedAt else { return nil }
            let found = record.outputs.values.compactMap { digest in results.manifests[digest].map { (digest, $0) } }
            return found.count == record.outputs.count ? Dictionary(found) { first, _ in first } : nil
        }
    }
}
