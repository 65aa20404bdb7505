import Artifacts
import GRDB

extension Catalogue {
    /// Indexes an execution: adopting the same one again changes nothing, a newer record of its key replaces it.
    ///
    /// - Parameter manifests: at least those of the record's outputs.
    package func adopt(_ record: ExecutionRecord, stage: String?, manifests: [Digest: Manifest]) throws {
        try write { db in try Self.adopt(record, stage: stage, manifests: manifests, db) }
    }

    /// Indexes every execution record of the store whose artifacts can be read; returns how many.
    ///
    /// Rows of executions whose records are gone go, too; the history of runs stays.
    @discardableResult
    package func rebuild() throws -> Int {
        try write { db in try db.execute(sql: "DELETE FROM executions; DELETE FROM artifacts") }
        return try fill()
    }

    @discardableResult
    func fill() throws -> Int {
        var count = 0
        for key in try store.executionKeys() {
            guard let record = try store.execution(key) else { continue }
            var manifests: [Digest: Manifest] = [:]
            for output in record.outputs.values { manifests[output] = try? store.manifest(output) }
            // Without its outputs an execution is of no use: the stage has to run again.
            guard manifests.count == Set(record.outputs.values).count else { continue }
            try write(evenIfReadOnly: true) { db in try Self.adopt(record, stage: nil, manifests: manifests, db) }
            count += 1
        }
        return count
    }

    private static func adopt(
        _ record: ExecutionRecord, stage: String?, manifests: [Digest: Manifest], _ db: Database
    ) throws {
        let key = record.key.hex
        let known = try String.fetchOne(
            db.cachedStatement(sql: "SELECT stage FROM executions WHERE key = ?"), arguments: [key])
        try db.run("DELETE FROM executions WHERE key = ?", [key])
        try db.run(
            "INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                key, record.kind, record.kindVersion, known ?? stage, record.keyDocument.canonical, record.startedAt,
                record.seconds, record.cpuSeconds, record.peakMemoryBytes,
                JSONValue.object(record.environment.mapValues(JSONValue.string)).canonical,
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

    /// A manifest never changes, so one that is known is left as it is.
    private static func adopt(_ manifest: Manifest, _ digest: Digest, _ db: Database) throws {
        let bytes = manifest.members.values.reduce(0) { $0.addingReportingOverflow($1.size).partialValue }
        try db.run(
            "INSERT OR IGNORE INTO artifacts VALUES (?, ?, ?, ?)",
            [digest.hex, manifest.type.rawValue, bytes, JSONValue.object(manifest.metadata).canonical])
        guard db.changesCount > 0 else { return }
        for (name, member) in manifest.members {
            try db.run(
                "INSERT INTO artifact_members VALUES (?, ?, ?, ?)", [digest.hex, name, member.digest.hex, member.size])
        }
    }
}

extension Database {
    /// Runs a statement that is kept prepared.
    func run(_ sql: String, _ arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
