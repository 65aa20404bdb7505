import Artifacts
import GRDB

/// An artifact that a stage of a run gave, whether it ran or was cached.
package struct OutputRow: Hashable, Sendable {
    package var run: String
    package var stage: String
    package var role: String
    package var artifact: Digest
    package var type: ArtifactType
    /// The sum over the members, uncompressed.
    package var bytes: Int
}

extension OutputRow: FetchableRecord {
    package init(row: Row) throws {
        try self.init(
            run: row.value("run"), stage: row.value("stage"), role: row.value("role"), artifact: row.digest("artifact"),
            type: ArtifactType(rawValue: row.value("type")), bytes: row.value("bytes"))
    }
}
