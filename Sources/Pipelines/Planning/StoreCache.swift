import Artifacts
import Catalogue

/// The earlier executions of a store: its catalogue first, and on a miss the records, which are the truth.
package struct StoreCache: ExecutionCache {
    let store: Store
    let catalogue: Catalogue

    package init(store: Store, catalogue: Catalogue) {
        self.store = store
        self.catalogue = catalogue
    }

    package func execution(_ key: Digest, stage: String) throws -> CachedExecution? {
        // The record is the truth: what only the catalogue knows is executed again, and so recorded again.
        if store.hasExecution(key), let row = try catalogue.execution(key) { return CachedExecution(row) }
        guard try adopt(key, stage: stage) else { return nil }
        return try catalogue.execution(key).map(CachedExecution.init)
    }

    package func nearestExecution(stage: String, kind: String, document: JSONValue) throws -> CachedExecution? {
        try catalogue.nearestExecution(stage: stage, kind: kind, document: document).map(CachedExecution.init)
    }

    package func contains(_ object: Digest) -> Bool { store.contains(object) }

    /// Indexes the execution on file; false if there is none, or one of its manifests is gone.
    @discardableResult
    func adopt(_ key: Digest, stage: String, in run: RunStageRow? = nil) throws -> Bool {
        guard let record = try store.execution(key) else { return false }
        var manifests: [Digest: Manifest] = [:]
        for output in record.outputs.values {
            do {
                manifests[output] = try store.manifest(output)
            } catch let error as StoreError where [.missing, .damaged, .hostile].contains(error.code) {
                return false
            }
        }
        try catalogue.adopt(record, stage: stage, manifests: manifests, in: run)
        return true
    }
}

extension CachedExecution {
    fileprivate init(_ row: ExecutionRow) {
        self.init(
            key: row.key, stage: row.stage, document: row.document, outputs: row.outputs, metrics: row.metrics,
            objects: row.objects)
    }
}
