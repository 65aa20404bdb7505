import Artifacts
import Foundation
import GRDB

extension Catalogue {
    /// Indexes an execution: adopting the same one again changes nothing, a newer record of its key replaces it. What is
    /// indexed of the key with another result stays as a superseded execution.
    ///
    /// - Parameter manifests: at least those of the record's outputs.
    /// - Parameter run: The row of the run's stage that was executed, recorded in the same transaction.
    package func adopt(
        _ record: ExecutionRecord, stage: String?, manifests: [Digest: Manifest], in run: RunStageRow? = nil
    ) throws {
        try write { db in
            try replace(by: record, stage: stage, manifests: manifests, db)
            if let run { try Self.insert(run, db) }
        }
    }

    /// Indexes an execution; what was indexed of its key with another result becomes a superseded one, as its record says.
    func replace(
        by record: ExecutionRecord, stage: String?, manifests: [Digest: Manifest], _ db: Database
    ) throws {
        let sql = "SELECT result FROM executions WHERE key = ? AND result <> ?"
        let earlier = try String.fetchOne(
            db.cachedStatement(sql: sql), arguments: [record.key.hex, record.result.hex])
        let kept = try earlier.flatMap { ResultDigest(hex: $0) }
            .flatMap { try store.superseded(KeyedResult(key: record.key, result: $0)) }
        if let earlier, kept == nil { try Self.setAside(record.key.hex, earlier, db) }
        try Self.adopt(record, stage: stage, manifests: manifests, db)
        if let kept { try Self.adopt(superseded: kept, manifests: [:], db) }
    }

    /// Moves the rows of an execution whose record was collected or lost: they are all that is left of it.
    private static func setAside(_ key: String, _ result: String, _ db: Database) throws {
        try db.run("DELETE FROM superseded_executions WHERE key = ? AND result = ?", [key, result])
        try db.run(
            """
            INSERT INTO superseded_executions
            SELECT key, result, kind, version, stage, document, started_at, seconds, cpu_seconds, peak_memory_bytes,
                   environment, coalesce(collected_at, ?) FROM executions WHERE key = ?
            """, [Date().timeIntervalSince1970, key])
        try db.run(
            "INSERT INTO superseded_outputs SELECT key, ?, role, artifact FROM execution_outputs WHERE key = ?",
            [result, key])
        try db.run(
            "INSERT INTO superseded_metrics SELECT key, ?, name, value FROM metrics WHERE key = ?", [result, key])
    }

    /// Indexes a superseded execution, unless its result is that of its key again.
    package func adopt(superseded record: ExecutionRecord) throws {
        let manifests = store.readableManifests(of: record)
        try write { db in try Self.adopt(superseded: record, manifests: manifests, db) }
    }

    static func adopt(superseded record: ExecutionRecord, manifests: [Digest: Manifest], _ db: Database) throws {
        let (key, result) = (record.key.hex, record.result.hex)
        let current = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT result, stage FROM executions WHERE key = ?"), arguments: [key])
        if try current?.value("result") == result { return }
        try db.run("DELETE FROM superseded_executions WHERE key = ? AND result = ?", [key, result])
        try db.run(
            "INSERT INTO superseded_executions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            [
                key, result, record.kind, record.kindVersion, try current?.value("stage", as: String?.self),
                record.keyDocument.canonical, record.startedAt, record.seconds, record.cpuSeconds,
                record.peakMemoryBytes, record.environmentText,
            ])
        for (role, artifact) in record.outputs {
            try db.run("INSERT INTO superseded_outputs VALUES (?, ?, ?, ?)", [key, result, role, artifact.hex])
        }
        for (name, value) in record.metrics {
            try db.run(
                "INSERT INTO superseded_metrics VALUES (?, ?, ?, ?)", [key, result, name, value.isNaN ? nil : value])
        }
        for (digest, manifest) in manifests { try adopt(manifest, digest, db) }
    }

    static func adopt(
        _ record: ExecutionRecord, stage: String?, manifests: [Digest: Manifest], _ db: Database
    ) throws {
        let key = record.key.hex
        let known = try String.fetchOne(
            db.cachedStatement(sql: "SELECT stage FROM executions WHERE key = ?"), arguments: [key])
        try db.run("DELETE FROM executions WHERE key = ?", [key])
        try db.run("DELETE FROM superseded_executions WHERE key = ? AND result = ?", [key, record.result.hex])
        try db.run(
            "INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)",
            [
                key, record.kind, record.kindVersion, known ?? stage, record.keyDocument.canonical, record.startedAt,
                record.seconds, record.cpuSeconds, record.peakMemoryBytes,
                record.environmentText, record.result.hex,
            ])
        for input in record.inputs {
            try db.run(
                "INSERT INTO execution_inputs VALUES (?, ?, ?, ?)",
                [key, input.role, input.position, input.digest.hex])
        }
        for (role, artifact) in record.outputs {
            try db.run("INSERT INTO execution_outputs VALUES (?, ?, ?)", [key, role, artifact.hex])
        }
        for (name, value) in record.metrics {
            try db.run("INSERT INTO metrics VALUES (?, ?, ?)", [key, name, value.isNaN ? nil : value])
        }
        for (digest, manifest) in manifests { try adopt(manifest, digest, db) }
    }

    /// A manifest never changes, but its rows may have been damaged, so that they are made anew.
    private static func adopt(_ manifest: Manifest, _ digest: Digest, _ db: Database) throws {
        try db.run("DELETE FROM artifacts WHERE digest = ?", [digest.hex])
        try db.run(
            "INSERT INTO artifacts VALUES (?, ?, ?, ?)",
            [digest.hex, manifest.type.rawValue, manifest.bytes, JSONValue.object(manifest.metadata).canonical])
        for (name, member) in manifest.members {
            try db.run(
                "INSERT INTO artifact_members VALUES (?, ?, ?, ?, ?)",
                [digest.hex, name, member.digest.hex, member.size, member.kind.columnValue])
        }
    }
}

extension ExecutionRecord {
    fileprivate var environmentText: String {
        JSONValue.object(environment.mapValues(JSONValue.string)).canonical
    }
}

extension Store {
    /// The manifests of a record's outputs, as far as they are there.
    func readableManifests(of record: ExecutionRecord) -> [Digest: Manifest] {
        record.outputs.values.reduce(into: [:]) { manifests, output in manifests[output] = try? manifest(output) }
    }
}

extension Manifest {
    /// The sum over the members, uncompressed.
    var bytes: Int { members.values.reduce(0) { $0.addingReportingOverflow($1.size).partialValue } }
}

extension Database {
    /// Runs a statement that is kept prepared.
    func run(_ sql: String, _ arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
