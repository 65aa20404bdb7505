import Artifacts
import GRDB

extension Catalogue {
    /// Indexes an execution: adopting the same one again changes nothing, a newer record of its key replaces it.
    ///
    /// - Parameter manifests: at least those of the record's outputs.
    /// - Parameter run: The row of the run's stage that was executed, recorded in the same transaction.
    package func adopt(
        _ record: ExecutionRecord, stage: String?, manifests: [Digest: Manifest], in run: RunStageRow? = nil
    ) throws {
        try write { db in
            try Self.adopt(record, stage: stage, manifests: manifests, db)
            if let run { try Self.insert(run, db) }
        }
    }

    static func adopt(
        _ record: ExecutionRecord, stage: String?, manifests: [Digest: Manifest], _ db: Database
    ) throws {
        let key = record.key.hex
        let known = try String.fetchOne(
            db.cachedStatement(sql: "SELECT stage FROM executions WHERE key = ?"), arguments: [key])
        try db.run("DELETE FROM executions WHERE key = ?", [key])
        try db.run(
            "INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
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

    /// A manifest never changes, but its rows may have been damaged, so that they are made anew.
    private static func adopt(_ manifest: Manifest, _ digest: Digest, _ db: Database) throws {
        try db.run("DELETE FROM artifacts WHERE digest = ?", [digest.hex])
        try db.run(
            "INSERT INTO artifacts VALUES (?, ?, ?, ?)",
            [digest.hex, manifest.type.rawValue, manifest.bytes, JSONValue.object(manifest.metadata).canonical])
        for (name, member) in manifest.members {
            try db.run(
                "INSERT INTO artifact_members VALUES (?, ?, ?, ?)", [digest.hex, name, member.digest.hex, member.size])
        }
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
