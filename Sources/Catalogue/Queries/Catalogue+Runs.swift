import Artifacts
import GRDB

extension Catalogue {
    package func begin(run: RunRow) throws { try write { db in try Self.insert(run, db) } }

    static func insert(_ run: RunRow, _ db: Database) throws {
        try db.run(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                run.id, run.pipeline, run.file, run.startedAt, run.commandLine, run.parameters.canonical,
                run.exit, run.seconds, run.isPartial, run.checkout?.folder, run.checkout?.host,
            ])
    }

    /// Records stages of a run that has begun; a second record of the same name replaces the first.
    package func record(stages: [RunStageRow]) throws {
        try write { db in try Self.record(stages, db) }
    }

    package func record(gate: GateRow) throws { try write { db in try Self.record(gate, db) } }

    /// Ends a run, recording the stages and gates given in the same transaction.
    package func finish(
        run: String, exit: Int32, seconds: Double, stages: [RunStageRow] = [], gates: [GateRow] = []
    ) throws {
        try write { db in
            try Self.record(stages, db)
            for gate in gates { try Self.record(gate, db) }
            try db.run("UPDATE runs SET exit = ?, seconds = ? WHERE id = ?", [exit, seconds, run])
        }
    }

    /// Stages of one run.
    static func record(_ stages: [RunStageRow], _ db: Database) throws {
        for stage in stages { try insert(stage, db) }
        if let run = stages.first?.run { try nameExecutions(of: run, db) }
    }

    static func insert(_ stage: RunStageRow, _ db: Database) throws {
        try db.run(
            "INSERT OR REPLACE INTO run_stages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                stage.run, stage.position, stage.name, stage.kind, stage.state, stage.key?.hex, stage.seconds,
                stage.cpuSeconds, stage.peakMemoryBytes, stage.why, stage.failureCategory, stage.failureMessage,
                stage.log, stage.location, stage.attempts, try stage.result?.hex ?? oldestResult(of: stage, db),
            ])
        if let key = stage.key, let document = stage.document {
            try db.run("INSERT OR IGNORE INTO key_documents VALUES (?, ?)", [key.hex, document.canonical])
        }
    }

    private static func oldestResult(of stage: RunStageRow, _ db: Database) throws -> String? {
        guard let key = stage.key, stage.isDone else { return nil }
        return try String.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT result FROM (
                        SELECT result, started_at FROM executions WHERE key = ?1
                        UNION ALL SELECT result, started_at FROM superseded_executions WHERE key = ?1)
                    ORDER BY started_at LIMIT 1
                    """), arguments: [key.hex])
    }

    /// An execution that was indexed from its record alone gets the first name under which it is met.
    private static func nameExecutions(of run: String, _ db: Database) throws {
        try db.run(
            """
            UPDATE executions SET stage = (
                SELECT name FROM run_stages WHERE run = ?1 AND run_stages.key = executions.key ORDER BY position LIMIT 1)
            WHERE stage IS NULL AND key IN (SELECT key FROM run_stages WHERE run = ?1)
            """, [run])
    }

    static func record(_ gate: GateRow, _ db: Database) throws {
        try db.run(
            """
            INSERT OR REPLACE INTO gates (run, stage, metric, expected, value, passed, bound, found)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                gate.run, gate.stage, gate.metric, gate.expected, gate.value, gate.passed, gate.bound, gate.found,
            ])
    }

    /// The latest runs, newest first.
    package func runs(limit: Int) throws -> [RunRow] {
        try read { db in
            try RunRow.fetchAll(
                db, sql: "SELECT * FROM runs ORDER BY started_at DESC, id DESC LIMIT ?", arguments: [limit])
        }
    }

    /// The latest run of a pipeline.
    package func latestRun(ofPipeline name: String) throws -> RunRow? { try latestRun("pipeline", name) }

    /// The latest run for which the pipeline's file was given so.
    package func latestRun(ofFile file: String) throws -> RunRow? { try latestRun("file", file) }

    /// The latest run of a pipeline that has ended.
    package func latestEndedRun(ofPipeline name: String) throws -> RunRow? {
        try latestRun("exit IS NOT NULL AND pipeline", name)
    }

    private func latestRun(_ condition: String, _ value: String) throws -> RunRow? {
        try read { db in
            try RunRow.fetchOne(
                db, sql: "SELECT * FROM runs WHERE \(condition) = ? ORDER BY started_at DESC, id DESC LIMIT 1",
                arguments: [value])
        }
    }

    /// The runs whose identifier starts with `prefix`, newest first; only the one that bears it as a whole if there is.
    package func runs(matching prefix: String) throws -> [RunRow] {
        try read { db in
            if let run = try RunRow.fetchOne(db, sql: "SELECT * FROM runs WHERE id = ?", arguments: [prefix]) {
                return [run]
            }
            return try RunRow.fetchAll(
                db, sql: "SELECT * FROM runs WHERE id >= ? AND id < ? ORDER BY started_at DESC, id DESC",
                arguments: [prefix, prefix.afterAllThatStartWithIt])
        }
    }

    /// The run with this identifier or unique prefix; nil if there is none, or more than one.
    package func run(_ prefix: String) throws -> RunRow? {
        guard !prefix.isEmpty else { return nil }
        let runs = try runs(matching: prefix)
        return runs.count == 1 ? runs[0] : nil
    }

    /// The latest run that has a stage of this name; of those in which it gave outputs, or wrote a log, if asked for.
    ///
    /// - Parameter checkout: Whose runs come before all others.
    package func latestRun(
        ofStage name: String, withOutputs: Bool = false, withLog: Bool = false, preferring checkout: Checkout? = nil
    ) throws -> RunRow? {
        try read { db in
            try RunRow.fetchOne(
                db,
                sql: """
                    SELECT runs.* FROM runs CROSS JOIN run_stages ON run_stages.run = runs.id AND run_stages.name = ?
                    WHERE (? OR state IN ('cached', 'executed')) AND (? OR log IS NOT NULL)
                    ORDER BY (? AND checkout IS ? AND host IS ?) DESC, runs.started_at DESC, runs.id DESC LIMIT 1
                    """, arguments: [name, !withOutputs, !withLog, checkout != nil, checkout?.folder, checkout?.host])
        }
    }

    /// The latest run that executed this stage, wrote a log and had this key.
    package func latestRun(ofStage name: String, withLogOf key: Digest) throws -> RunRow? {
        try read { db in
            try RunRow.fetchOne(
                db,
                sql: """
                    SELECT runs.* FROM runs CROSS JOIN run_stages ON run_stages.run = runs.id AND run_stages.name = ?
                    WHERE log IS NOT NULL AND key = ? ORDER BY runs.started_at DESC, runs.id DESC LIMIT 1
                    """, arguments: [name, key.hex])
        }
    }

    /// The latest runs that have not ended: under way, or killed.
    package func unendedRuns(limit: Int = 100) throws -> [RunRow] {
        try read { db in
            try RunRow.fetchAll(
                db, sql: "SELECT * FROM runs WHERE exit IS NULL ORDER BY started_at DESC, id DESC LIMIT ?",
                arguments: [limit])
        }
    }

    /// The latest run that has cells of a matrix stage of this name.
    package func latestRun(ofCellsOf name: String) throws -> RunRow? {
        try read { db in
            let prefix = name + "["
            return try RunRow.fetchOne(
                db,
                sql: """
                    SELECT runs.* FROM runs
                    CROSS JOIN run_stages ON run_stages.run = runs.id AND run_stages.name >= ? AND run_stages.name < ?
                    ORDER BY runs.started_at DESC, runs.id DESC LIMIT 1
                    """, arguments: [prefix, prefix.afterAllThatStartWithIt])
        }
    }

    /// The stages of a run in the pipeline's order.
    package func stages(run: String) throws -> [RunStageRow] {
        try read { db in
            try RunStageRow.fetchAll(
                db, sql: "SELECT * FROM run_stages WHERE run = ? ORDER BY position, name", arguments: [run])
        }
    }

    /// A stage of this name and kind, with a result, in the latest run of the same pipeline before `run` that has one.
    package func stage(_ name: String, kind: String, before run: RunRow) throws -> RunStageRow? {
        try read { db in
            try RunStageRow.fetchOne(
                db,
                sql: """
                    SELECT run_stages.* FROM runs CROSS JOIN run_stages ON run_stages.run = runs.id AND name = ?
                    WHERE kind = ? AND key IS NOT NULL AND state IN ('cached', 'executed')
                        AND runs.pipeline = ? AND (runs.started_at, runs.id) < (?, ?)
                    ORDER BY runs.started_at DESC, runs.id DESC LIMIT 1
                    """, arguments: [name, kind, run.pipeline, run.startedAt, run.id])
        }
    }

    /// What a stage key stands for, as far as it is known.
    package func keyDocument(_ key: Digest) throws -> JSONValue? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT document FROM executions WHERE key = ?1
                    UNION ALL SELECT document FROM key_documents WHERE key = ?1 LIMIT 1
                    """, arguments: [key.hex])?.json("document")
        }
    }

    /// The manifest of an artifact that the store has; nil if it can't be read.
    package func manifest(_ artifact: Digest) -> Manifest? { try? store.manifest(artifact) }

    /// The names of an artifact's members; none if neither the catalogue nor the store knows it.
    package func memberNames(of artifact: Digest) throws -> [String] {
        let names = try read { db in
            try String.fetchAll(
                db, sql: "SELECT name FROM artifact_members WHERE artifact = ? ORDER BY name", arguments: [artifact.hex]
            )
        }
        // Of files that stages read the catalogue knows no more than the digest.
        return names.isEmpty ? (try? store.manifest(artifact))?.members.keys.sorted() ?? [] : names
    }

    /// The gates of a run in the order of its stages.
    package func gates(run: String) throws -> [GateRow] {
        try read { db in
            try GateRow.fetchAll(
                db,
                sql: """
                    SELECT gates.* FROM gates LEFT JOIN run_stages
                    ON run_stages.run = gates.run AND run_stages.name = gates.stage
                    WHERE gates.run = ? ORDER BY run_stages.position, gates.stage, gates.metric, gates.expected
                    """, arguments: [run])
        }
    }

    /// The metrics of a run in the order of its stages.
    package func metrics(run: String) throws -> [MetricRow] {
        try read { db in
            try MetricRow.fetchAll(
                db, sql: "SELECT * FROM run_metrics WHERE run = ? ORDER BY position, name", arguments: [run])
        }
    }

    /// The metrics of a stage over the latest runs, newest first.
    package func metrics(stage: String, limit: Int = 1000) throws -> [MetricRow] {
        try read { db in
            try MetricRow.fetchAll(
                db, sql: "SELECT * FROM run_metrics WHERE stage = ? ORDER BY started_at DESC, run DESC, name LIMIT ?",
                arguments: [stage, limit])
        }
    }

    /// The artifacts that a run gave, in the order of its stages.
    package func outputs(run: String) throws -> [OutputRow] {
        try read { db in
            try OutputRow.fetchAll(
                db, sql: "SELECT * FROM run_outputs WHERE run = ? ORDER BY position, role", arguments: [run])
        }
    }
}

extension String {
    /// A text that sorts after every text that starts with this one, in SQLite's binary order.
    var afterAllThatStartWithIt: String { self + "\u{10FFFF}" }
}
