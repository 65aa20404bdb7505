import Artifacts
import GRDB

extension Catalogue {
    /// The manifests of an execution's outputs; nil unless this very one is indexed and the rows of its artifacts are sound.
    package func manifests(of outcome: ExecutionOutcome) throws -> [Digest: Manifest]? {
        let key: StatementArguments = [outcome.key.hex]
        return try read { db in
            let started = try db.cachedStatement(sql: "SELECT started_at FROM executions WHERE key = ?")
            guard try Double.fetchOne(started, arguments: key) == outcome.startedAt else { return nil }
            let manifests = try Self.manifests("(SELECT artifact FROM execution_outputs WHERE key = ?)", key, db)
            return outcome.outputs.values.allSatisfy { manifests[$0] != nil } ? manifests : nil
        }
    }

    /// What the stages of a run gave: when each of its executions started, and the manifests of their outputs. Three
    /// statements, however many stages.
    package func results(of run: RunRow) throws -> (started: [Digest: Double], manifests: [Digest: Manifest]) {
        try read { db in
            let keys = "SELECT key FROM run_stages WHERE key IS NOT NULL AND run = ?"
            var started: [Digest: Double] = [:]
            try db.each("SELECT key, started_at FROM executions WHERE key IN (\(keys))", [run.id]) { row in
                started[try row.digest("key")] = try row.value("started_at")
            }
            let artifacts = "(SELECT artifact FROM execution_outputs WHERE key IN (\(keys)))"
            return (started, try Self.manifests(artifacts, [run.id], db))
        }
    }

    /// The manifests of the artifacts that `list`, an SQL list or query, names; only those whose rows hash to their name.
    static func manifests(
        _ list: String, _ arguments: StatementArguments = [], _ db: Database
    ) throws -> [Digest: Manifest] {
        var found: [Digest: Manifest] = [:]
        try db.each("SELECT digest, type, metadata FROM artifacts WHERE digest IN \(list)", arguments) { row in
            guard case .object(let metadata) = try row.json("metadata") else { return }
            let type = ArtifactType(rawValue: try row.value("type"))
            found[try row.digest("digest")] = Manifest(type: type, metadata: metadata)
        }
        try db.each("SELECT * FROM artifact_members WHERE artifact IN \(list)", arguments) { row in
            let member = Manifest.Member(digest: try row.digest("digest"), size: try row.value("size"))
            try found[row.digest("artifact")]?.members[row.value("name")] = member
        }
        return found.filter { $0.value.digest == $0.key }
    }
}

extension Database {
    /// Runs a query that is kept prepared, row by row.
    func each(_ sql: String, _ arguments: StatementArguments, _ body: (Row) throws -> Void) throws {
        let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
        while let row = try rows.next() { try body(row) }
    }
}
