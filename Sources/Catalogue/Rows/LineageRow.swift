import Artifacts
import GRDB

/// An execution that made or read an artifact.
package struct LineageRow: Hashable, Sendable {
    package var key: Digest
    package var kind: String
    package var stage: String?
    /// The role under which the execution made or read it.
    package var role: String
    /// The artifact asked for, or one that the blob asked for is a member of.
    package var artifact: Digest
    /// Seconds since 1970.
    package var startedAt: Double
    /// Whether its key was executed again since, with another result.
    package var isSuperseded: Bool
}

extension LineageRow: FetchableRecord {
    package init(row: Row) throws {
        try self.init(
            key: row.digest("key"), kind: row.value("kind"), stage: row.value("stage"), role: row.value("role"),
            artifact: row.digest("artifact"), startedAt: row.value("started_at"),
            isSuperseded: row.value("is_superseded"))
    }
}
