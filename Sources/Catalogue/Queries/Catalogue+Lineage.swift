import Artifacts
import GRDB

/// What a prefix of a digest, key or run identifier can mean.
package enum CatalogueMatch: Hashable, Sendable {
    case artifact(Digest, ArtifactType)
    /// A member of artifacts.
    case blob(Digest)
    case execution(Digest, stage: String?)
    case run(String)
}

extension Catalogue {
    /// The executions that made an artifact, or artifacts with this blob as a member; the oldest first.
    package func producers(of digest: Digest) throws -> [LineageRow] {
        try uses(
            """
            SELECT executions.key, kind, stage, role, artifact, started_at, 0 AS is_superseded
            FROM execution_outputs JOIN executions ON executions.key = execution_outputs.key
            UNION ALL
            SELECT superseded_executions.key, kind, stage, role, artifact, started_at, 1
            FROM superseded_outputs JOIN superseded_executions USING (key, result)
            """, of: digest)
    }

    /// The executions that read an artifact, or artifacts with this blob as a member; the oldest first.
    package func consumers(of digest: Digest) throws -> [LineageRow] {
        try uses(
            """
            SELECT DISTINCT executions.key, kind, stage, role, artifact, started_at, 0 AS is_superseded
            FROM execution_inputs JOIN executions ON executions.key = execution_inputs.key
            """, of: digest)
    }

    private func uses(_ uses: String, of digest: Digest) throws -> [LineageRow] {
        try read { db in
            try LineageRow.fetchAll(
                db,
                sql: """
                    SELECT * FROM (\(uses))
                    WHERE artifact = ?1 OR artifact IN (SELECT artifact FROM artifact_members WHERE digest = ?1)
                    ORDER BY started_at, key, role
                    """, arguments: [digest.hex])
        }
    }

    /// Everything that starts with `prefix`: artifacts, blobs, executions, runs.
    package func resolve(prefix: String, limit: Int = 100) throws -> [CatalogueMatch] {
        let range: StatementArguments = [prefix, prefix.afterAllThatStartWithIt, limit]
        return try read { db in
            func rows(_ columns: String, _ table: String, _ column: String) throws -> [Row] {
                try Row.fetchAll(
                    db,
                    sql: """
                        SELECT DISTINCT \(columns) FROM \(table) WHERE \(column) >= ? AND \(column) < ?
                        ORDER BY \(column) LIMIT ?
                        """, arguments: range)
            }
            let artifacts = try rows("digest, type", "artifacts", "digest")
                .map { CatalogueMatch.artifact(try $0.digest("digest"), ArtifactType(rawValue: $0["type"])) }
            let blobs = try rows("digest", "artifact_members", "digest")
                .map { CatalogueMatch.blob(try $0.digest("digest")) }
            let executions = try rows("key, stage", "executions", "key")
                .map { CatalogueMatch.execution(try $0.digest("key"), stage: $0["stage"]) }
            let runs = try rows("id", "runs", "id").map { CatalogueMatch.run($0["id"]) }
            return artifacts + blobs + executions + runs
        }
    }
}
