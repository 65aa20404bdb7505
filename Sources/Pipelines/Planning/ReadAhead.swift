import Artifacts
import Catalogue
import Foundation

/// A store's catalogue, opened while a pipeline's file is still being read, and what the file's latest run came to.
///
/// Nothing depends on it but time: what it doesn't have is looked up as the plan gets there.
package struct ReadAhead: Sendable {
    package let catalogue: Catalogue
    /// The name of the pipeline that was run.
    let pipeline: String?
    let executions: [Digest: CachedExecution]
    /// What was read is there as long as nothing is collected.
    private let collection: FileLock

    /// Nil if the store isn't there yet, can't be read or is being collected just now: who opens it next will say.
    package init?(store folder: URL, pipelineFile: String) {
        do {
            let store = try Store(opening: folder, create: false)
            collection = try FileLock.shared(store.locks.appendingPathComponent("gc"), wait: false)
            catalogue = try Catalogue(store: store)
            let run = try catalogue.latestRun(ofFile: pipelineFile)
            pipeline = run?.pipeline
            let cache = StoreCache(store: store, catalogue: catalogue)
            executions = try run.map(cache.executions(of:)) ?? [:]
        } catch {
            return nil
        }
    }
}
