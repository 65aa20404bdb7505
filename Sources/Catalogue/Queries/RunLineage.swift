import Artifacts
import Foundation

/// Which execution each stage of a run took, and from which others it read.
package struct RunLineage: Hashable, Sendable {
    /// The stages' names by the keys of their executions; of several with one key, the first.
    package var names: [Digest: String] = [:]
    /// The executions' keys by the stages' names.
    package var keys: [String: Digest] = [:]
    /// The executions whose outputs one may have read.
    package var upstream: [Digest: Set<Digest>] = [:]

    package init() {}
}

extension Catalogue {
    /// What a run's stages read, as its own record says; if it can't be read, or doesn't, any of the stages before them.
    package func lineage(ofRun id: String) throws -> RunLineage {
        let stages = try stages(run: id).filter { ["cached", "executed"].contains($0.state) }
        let keys = Dictionary(stages.compactMap { stage in stage.key.map { (stage.name, $0) } }) { first, _ in first }
        let recorded = RunRecord.read(from: store.runs.appendingPathComponent(id))?.stages ?? []
        // Records of an earlier calm name nobody.
        let knowsUpstream = recorded.contains { !$0.upstream.isEmpty }
        let upstream = Dictionary(recorded.map { ($0.name, $0.upstream) }) { first, _ in first }
        var lineage = RunLineage()
        lineage.keys = keys
        for stage in stages {
            guard let key = stage.key else { continue }
            lineage.names[key] = lineage.names[key] ?? stage.name
            let before =
                knowsUpstream
                ? upstream[stage.name] ?? [] : stages.filter { $0.position < stage.position }.map(\.name)
            lineage.upstream[key, default: []].formUnion(before.compactMap { keys[$0] })
        }
        return lineage
    }
}
