import Artifacts
import GRDB

extension Catalogue {
    /// The execution of a key, if it is indexed.
    package func execution(_ key: Digest) throws -> ExecutionRow? { try executions([key])[key] }

    /// The indexed ones among the executions of `keys`: one transaction, four statements, however many keys.
    package func executions(_ keys: [Digest]) throws -> [Digest: ExecutionRow] {
        guard !keys.isEmpty else { return [:] }
        return try read { db in try Self.executions(keys, db) }
    }

    static func executions(_ keys: [Digest], _ db: Database) throws -> [Digest: ExecutionRow] {
        let list: StatementArguments = [JSONValue.array(keys.map { .string($0.hex) }).canonical]
        var found: [Digest: ExecutionRow] = [:]
        func each(_ sql: String, _ body: (Row) throws -> Void) throws {
            let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: list)
            while let row = try rows.next() { try body(row) }
        }
        try each("SELECT * FROM executions WHERE key IN (SELECT value FROM json_each(?))") { row in
            let execution = try ExecutionRow(row: row)
            found[execution.key] = execution
        }
        try each("SELECT * FROM execution_outputs WHERE key IN (SELECT value FROM json_each(?))") { row in
            let artifact = try row.digest("artifact")
            try found[row.digest("key")]?.outputs[row["role"]] = artifact
            try found[row.digest("key")]?.objects.append(artifact)
        }
        try each("SELECT * FROM metrics WHERE key IN (SELECT value FROM json_each(?))") { row in
            try found[row.digest("key")]?.metrics[row["name"]] = row["value"] ?? .nan
        }
        try each(
            """
            SELECT execution_outputs.key, artifact_members.digest FROM execution_outputs
            JOIN artifact_members ON artifact_members.artifact = execution_outputs.artifact
            WHERE execution_outputs.key IN (SELECT value FROM json_each(?))
            """
        ) { row in
            try found[row.digest("key")]?.objects.append(row.digest("digest"))
        }
        return found.mapValues { execution in
            var execution = execution
            execution.objects = Set(execution.objects).sorted()
            return execution
        }
    }

    /// The earlier execution that explains best why a stage runs now, or nil.
    ///
    /// The latest one of the same stage name and kind; else, among the latest 32 of the kind, the one whose document
    /// differs in the fewest fields.
    package func nearestExecution(stage: String, kind: String, document: JSONValue) throws -> ExecutionRow? {
        try read { db in
            guard let key = try Self.nearestKey(stage: stage, kind: kind, document: document, db) else { return nil }
            return try Self.executions([key], db)[key]
        }
    }

    private static func nearestKey(
        stage: String, kind: String, document: JSONValue, _ db: Database
    ) throws -> Digest? {
        let ofStage = """
            SELECT executions.key, executions.started_at FROM executions
            WHERE executions.stage = ?1 AND executions.kind = ?2 AND executions.document <> ?3
            UNION ALL
            SELECT executions.key, runs.started_at FROM run_stages
            JOIN executions ON executions.key = run_stages.key JOIN runs ON runs.id = run_stages.run
            WHERE run_stages.name = ?1 AND executions.kind = ?2 AND executions.document <> ?3
                AND run_stages.state IN ('cached', 'executed')
            ORDER BY 2 DESC, 1 LIMIT 1
            """
        let text = document.canonical
        if let row = try Row.fetchOne(db.cachedStatement(sql: ofStage), arguments: [stage, kind, text]) {
            return try row.digest("key")
        }
        let ofKind = """
            SELECT key, document FROM executions WHERE kind = ? AND document <> ?
            ORDER BY started_at DESC, key LIMIT 32
            """
        let rows = try Row.fetchAll(db.cachedStatement(sql: ofKind), arguments: [kind, text])
        let candidates = try rows.map { row in
            (key: try row.digest("key"), distance: try row.json("document").differences(from: document))
        }
        // The first of equals, which is the latest.
        return candidates.min { $0.distance < $1.distance }?.key
    }
}

extension ExecutionRow {
    fileprivate init(row: Row) throws {
        var environment: [String: String] = [:]
        if case .object(let members) = try row.json("environment") {
            for case (let name, .string(let value)) in members { environment[name] = value }
        }
        self.init(
            key: try row.digest("key"), kind: row["kind"], version: row["version"], stage: row["stage"],
            document: try row.json("document"), startedAt: row["started_at"], seconds: row["seconds"],
            cpuSeconds: row["cpu_seconds"], peakMemoryBytes: row["peak_memory_bytes"], environment: environment,
            outputs: [:], metrics: [:], objects: [])
    }
}

extension JSONValue {
    /// How many fields differ, at any depth; arrays that differ count as one.
    fileprivate func differences(from other: JSONValue) -> Int {
        guard case .object(let mine) = self, case .object(let others) = other else { return self == other ? 0 : 1 }
        return Set(mine.keys).union(others.keys).reduce(0) { count, name in
            guard let one = mine[name], let two = others[name] else { return count + 1 }
            return count + one.differences(from: two)
        }
    }
}
