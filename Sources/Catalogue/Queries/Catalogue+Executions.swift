import Artifacts
import GRDB

extension Catalogue {
    /// The execution of a key, if it is indexed.
    package func execution(_ key: Digest) throws -> ExecutionRow? { try executions([key])[key] }

    /// The indexed ones among the executions of `keys`: one transaction, five statements, however many keys.
    ///
    /// Rows that don't have the digests under which they stand are as good as none: documents that don't hash to their
    /// key, artifacts whose rows don't give the manifest of their name. What was collected does without manifests.
    package func executions(_ keys: [Digest]) throws -> [Digest: ExecutionRow] {
        guard !keys.isEmpty else { return [:] }
        return try read { db in try Self.executions(keys, db) }
    }

    /// The executions whose results the stages of a run have, by the stages' names; superseded ones included, those that
    /// aren't known by their results left out.
    package func executions(of stages: [RunStageRow]) throws -> [String: ExecutionRow] {
        let results = Dictionary(stages.map { ($0.name, $0.keyedResult) }) { first, _ in first }.compactMapValues(
            \.self)
        guard !results.isEmpty else { return [:] }
        return try read { db in
            let current = try Self.executions(Set(results.values.map(\.key)).sorted(), db)
            return try results.compactMapValues { result in
                if let row = current[result.key], row.result == result.result { return row }
                return try Self.superseded(result, db)
            }
        }
    }

    /// A superseded execution; its outputs may be gone.
    private static func superseded(_ result: KeyedResult, _ db: Database) throws -> ExecutionRow? {
        let name: StatementArguments = [result.key.hex, result.result.hex]
        func query(_ table: String) -> String { "SELECT * FROM \(table) WHERE key = ? AND result = ?" }
        guard
            let row = try Row.fetchOne(db.cachedStatement(sql: query("superseded_executions")), arguments: name),
            Digest(of: Array(try row.value("document", as: String.self).utf8)) == result.key
        else { return nil }
        var execution = try ExecutionRow(row: row)
        try db.each(query("superseded_outputs"), name) { row in
            execution.outputs[try row.value("role")] = try row.digest("artifact")
        }
        try db.each(query("superseded_metrics"), name) { row in
            execution.metrics[try row.value("name")] = try row.value("value", as: Double?.self) ?? .nan
        }
        let manifests = try manifests(
            "(SELECT artifact FROM superseded_outputs WHERE key = ? AND result = ?)", name, db)
        var objects = Set(execution.outputs.values)
        for manifest in manifests.values { objects.formUnion(manifest.members.values.map(\.digest)) }
        execution.objects = objects.sorted()
        return execution
    }

    static func executions(_ keys: [Digest], _ db: Database) throws -> [Digest: ExecutionRow] {
        let list: StatementArguments = [JSONValue.array(keys.map { .string($0.hex) }).canonical]
        var found: [Digest: ExecutionRow] = [:]
        var collected: Set<Digest> = []
        try db.each("SELECT * FROM executions WHERE key IN (SELECT value FROM json_each(?))", list) { row in
            let key = try row.digest("key")
            guard Digest(of: Array(try row.value("document", as: String.self).utf8)) == key else { return }
            found[key] = try ExecutionRow(row: row)
            if try row.value("collected_at", as: Double?.self) != nil { collected.insert(key) }
        }
        try db.each("SELECT * FROM execution_outputs WHERE key IN (SELECT value FROM json_each(?))", list) { row in
            try found[row.digest("key")]?.outputs[row.value("role")] = row.digest("artifact")
        }
        try db.each("SELECT * FROM metrics WHERE key IN (SELECT value FROM json_each(?))", list) { row in
            let value = try row.value("value", as: Double?.self)
            try found[row.digest("key")]?.metrics[row.value("name")] = value ?? .nan
        }
        let manifests = try manifests(
            "(SELECT artifact FROM execution_outputs WHERE key IN (SELECT value FROM json_each(?)))", list, db)
        return found.compactMapValues { execution in
            var execution = execution
            var objects = Set(execution.outputs.values)
            for artifact in execution.outputs.values {
                guard let manifest = manifests[artifact] else {
                    if collected.contains(execution.key) { continue }
                    return nil
                }
                objects.formUnion(manifest.members.values.map(\.digest))
            }
            execution.objects = objects.sorted()
            return execution
        }
    }

    /// The earlier execution that explains best why a stage runs now, or nil.
    ///
    /// The latest one of the same stage name and kind, as first recorded or in one of the last 32 runs, and then under this
    /// stage's name; else, among the latest 32 of the kind, the one whose document differs in the fewest fields.
    ///
    /// - Parameter pipeline: Only executions that this pipeline's runs took, and those that no run took; nil for all.
    package func nearestExecution(
        stage: String, kind: String, document: JSONValue, ofPipeline pipeline: String? = nil
    ) throws -> ExecutionRow? {
        try read { db in
            guard
                let nearest = try Self.nearest(
                    stage: stage, kind: kind, document: document, pipeline: pipeline, db)
            else { return nil }
            var execution = try Self.executions([nearest.key], db)[nearest.key]
            // One that this stage used is its own, whichever stage it was first recorded for.
            if nearest.isOwn { execution?.stage = stage }
            return execution
        }
    }

    /// Whether an execution of a kind has a key document for which this holds.
    package func hasExecution(ofKind kind: String, where holds: (JSONValue) -> Bool) throws -> Bool {
        try read { db in
            let rows = try Row.fetchCursor(
                db.cachedStatement(sql: "SELECT document FROM executions WHERE kind = ?"), arguments: [kind])
            while let row = try rows.next() {
                if holds(try row.json("document")) { return true }
            }
            return false
        }
    }

    private static func nearest(
        stage: String, kind: String, document: JSONValue, pipeline: String?, _ db: Database
    ) throws -> (key: Digest, isOwn: Bool)? {
        let text = document.canonical
        let latest = try [
            """
            SELECT key, started_at FROM executions WHERE stage = ?1 AND kind = ?2 AND document <> ?3
                AND (?4 IS NULL OR EXISTS (
                    SELECT 1 FROM runs CROSS JOIN run_stages ON run_stages.run = runs.id AND run_stages.name = ?1
                    WHERE runs.pipeline = ?4 AND run_stages.key = executions.key
                ) OR NOT EXISTS (
                    SELECT 1 FROM runs CROSS JOIN run_stages ON run_stages.run = runs.id AND run_stages.name = ?1
                    WHERE run_stages.key = executions.key))
            ORDER BY started_at DESC, key LIMIT 1
            """,
            // Where it was cached: that execution may have begun long before, as another stage.
            """
            SELECT executions.key, recent.started_at
            FROM (
                SELECT id, started_at FROM runs WHERE ?4 IS NULL OR pipeline = ?4
                ORDER BY started_at DESC, id DESC LIMIT 32) AS recent
            CROSS JOIN run_stages ON run_stages.run = recent.id AND run_stages.name = ?1
            CROSS JOIN executions ON executions.key = run_stages.key
            WHERE executions.kind = ?2 AND executions.document <> ?3 AND run_stages.state IN ('cached', 'executed')
            ORDER BY recent.started_at DESC, recent.id DESC LIMIT 1
            """,
        ].compactMap { sql in
            try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [stage, kind, text, pipeline]).map { row in
                (key: try row.digest("key"), time: try row.value("started_at", as: Double.self))
            }
        }
        if let key = latest.max(by: { $0.time < $1.time })?.key { return (key, true) }
        let ofKind = """
            SELECT key, document FROM executions WHERE kind = ?1 AND document <> ?2
                AND (?3 IS NULL OR key IN (
                    SELECT run_stages.key
                    FROM (
                        SELECT id FROM runs WHERE pipeline = ?3 ORDER BY started_at DESC, id DESC LIMIT 32) AS recent
                    CROSS JOIN run_stages ON run_stages.run = recent.id AND run_stages.kind = ?1))
            ORDER BY started_at DESC, key LIMIT 32
            """
        let rows = try Row.fetchAll(db.cachedStatement(sql: ofKind), arguments: [kind, text, pipeline])
        let candidates = try rows.map { row in
            (key: try row.digest("key"), distance: try row.json("document").differences(from: document))
        }
        // The first of equals, which is the latest.
        return candidates.min { $0.distance < $1.distance }.map { ($0.key, false) }
    }
}

extension ExecutionRow {
    fileprivate init(row: Row) throws {
        var environment: [String: String] = [:]
        if case .object(let members) = try row.json("environment") {
            for case (let name, .string(let value)) in members { environment[name] = value }
        }
        guard let result = try row.result("result") else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an execution has no result")
        }
        try self.init(
            key: row.digest("key"), result: result, kind: row.value("kind"), version: row.value("version"),
            stage: row.value("stage"),
            document: row.json("document"), startedAt: row.value("started_at"),
            seconds: row.value("seconds"), cpuSeconds: row.value("cpu_seconds"),
            peakMemoryBytes: row.value("peak_memory_bytes"), environment: environment,
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
