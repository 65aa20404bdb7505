import Artifacts
import GRDB

/// What a run's stages had then, though their keys were executed again since with other results.
///
/// - `executions.result`: the result of the execution, its outputs and metrics, as a digest (`ResultDigest`).
/// - `run_stages.result`: the result that the stage had in this run; null if it had none, or it isn't known. With the key it
///   names the execution: the one in `executions` if that has this result, else one in `superseded_executions`.
/// - `superseded_executions`, `superseded_outputs`, `superseded_metrics`: executions that another one of the same key took the
///   place of, with another result; as `executions`, `execution_outputs` and `metrics`. A key has each result in one table only.
///
/// The views `run_metrics`, `run_outputs` and `lineage` are made anew: they give of a run what it had.
enum SupersededExecutions {
    @Sendable static func create(_ db: Database) throws {
        try db.execute(sql: tables)
        try nameResults(db)
        try db.execute(sql: views)
    }

    /// Runs have what is in their keys' rows: until now an execution replaced the one before it.
    private static func nameResults(_ db: Database) throws {
        var outputs: [String: [String: Digest]] = [:]
        try db.each("SELECT * FROM execution_outputs", []) { row in
            outputs[try row.value("key"), default: [:]][try row.value("role")] = try row.digest("artifact")
        }
        var metrics: [String: [String: Double]] = [:]
        try db.each("SELECT * FROM metrics", []) { row in
            metrics[try row.value("key"), default: [:]][try row.value("name")] =
                try row.value("value", as: Double?.self) ?? .nan
        }
        for key in try String.fetchAll(db, sql: "SELECT key FROM executions") {
            let result = ResultDigest(outputs: outputs[key] ?? [:], metrics: metrics[key] ?? [:])
            try db.run("UPDATE executions SET result = ? WHERE key = ?", [result.hex, key])
        }
        try db.execute(
            sql: """
                UPDATE run_stages SET result = (SELECT result FROM executions WHERE executions.key = run_stages.key)
                WHERE state IN ('cached', 'executed')
                """)
    }

    private static let tables = """
        ALTER TABLE executions ADD COLUMN result TEXT NOT NULL DEFAULT '';
        ALTER TABLE run_stages ADD COLUMN result TEXT;

        CREATE TABLE superseded_executions (
            key TEXT NOT NULL,
            result TEXT NOT NULL,
            kind TEXT NOT NULL,
            version INTEGER NOT NULL,
            stage TEXT,
            document TEXT NOT NULL,
            started_at REAL NOT NULL,
            seconds REAL NOT NULL,
            cpu_seconds REAL NOT NULL,
            peak_memory_bytes INTEGER NOT NULL,
            environment TEXT NOT NULL,
            collected_at REAL,
            PRIMARY KEY (key, result)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE superseded_outputs (
            key TEXT NOT NULL,
            result TEXT NOT NULL,
            role TEXT NOT NULL,
            artifact TEXT NOT NULL,
            PRIMARY KEY (key, result, role),
            FOREIGN KEY (key, result) REFERENCES superseded_executions ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX superseded_outputs_by_artifact ON superseded_outputs (artifact);

        CREATE TABLE superseded_metrics (
            key TEXT NOT NULL,
            result TEXT NOT NULL,
            name TEXT NOT NULL,
            value REAL,
            PRIMARY KEY (key, result, name),
            FOREIGN KEY (key, result) REFERENCES superseded_executions ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        """

    private static let views = """
        DROP VIEW run_metrics;
        CREATE VIEW run_metrics AS
            SELECT runs.id AS run, runs.pipeline, runs.started_at, run_stages.position, run_stages.name AS stage,
                   metrics.name, metrics.value
            FROM runs JOIN run_stages ON run_stages.run = runs.id
            JOIN executions ON executions.key = run_stages.key AND executions.result = run_stages.result
            JOIN metrics ON metrics.key = executions.key
            WHERE run_stages.state IN ('cached', 'executed')
            UNION ALL
            SELECT runs.id, runs.pipeline, runs.started_at, run_stages.position, run_stages.name,
                   superseded_metrics.name, superseded_metrics.value
            FROM runs JOIN run_stages ON run_stages.run = runs.id
            JOIN superseded_metrics ON superseded_metrics.key = run_stages.key
                AND superseded_metrics.result = run_stages.result
            WHERE run_stages.state IN ('cached', 'executed');

        DROP VIEW run_outputs;
        CREATE VIEW run_outputs AS
            SELECT run_stages.run, run_stages.position, run_stages.name AS stage, execution_outputs.role,
                   execution_outputs.artifact, artifacts.type, artifacts.bytes
            FROM run_stages
            JOIN executions ON executions.key = run_stages.key AND executions.result = run_stages.result
            JOIN execution_outputs ON execution_outputs.key = executions.key
            JOIN artifacts ON artifacts.digest = execution_outputs.artifact
            WHERE run_stages.state IN ('cached', 'executed')
            UNION ALL
            SELECT run_stages.run, run_stages.position, run_stages.name, superseded_outputs.role,
                   superseded_outputs.artifact, artifacts.type, artifacts.bytes
            FROM run_stages JOIN superseded_outputs ON superseded_outputs.key = run_stages.key
                AND superseded_outputs.result = run_stages.result
            JOIN artifacts ON artifacts.digest = superseded_outputs.artifact
            WHERE run_stages.state IN ('cached', 'executed');

        DROP VIEW lineage;
        CREATE VIEW lineage AS
            SELECT producers.key AS producer, producers.stage AS producer_stage, producers.kind AS producer_kind,
                   producers.output, producers.artifact, execution_inputs.role AS input, consumers.key AS consumer,
                   consumers.stage AS consumer_stage, consumers.kind AS consumer_kind
            FROM (
                SELECT executions.key, stage, kind, role AS output, artifact
                FROM executions JOIN execution_outputs ON execution_outputs.key = executions.key
                UNION
                SELECT superseded_executions.key, stage, kind, role, artifact
                FROM superseded_executions JOIN superseded_outputs USING (key, result)
            ) AS producers
            JOIN execution_inputs ON execution_inputs.artifact = producers.artifact
            JOIN executions AS consumers ON consumers.key = execution_inputs.key;
        """
}
