import GRDB

/// The tables and views of the catalogue, also meant for `sqlite3 artifacts/catalogue.sqlite`.
///
/// Digests and keys are 64 lower-case hexadecimal digits; times are seconds since 1970, durations seconds; sizes are
/// bytes, uncompressed; JSON columns hold canonical JSON.
///
/// From the execution records, rebuildable:
/// - `executions`: one row a stage key. `stage` is the name under which it was first seen (null if only the record is
///   known), `document` the key document: kind, version, parameters (`with`) and inputs (`in`).
/// - `execution_inputs`, `execution_outputs`: the artifacts that an execution read and made, by role.
/// - `metrics`: the numbers an execution reported; null is "not a number".
/// - `artifacts`: what an artifact's manifest says, `bytes` being the sum over its members.
/// - `artifact_members`: the blobs of an artifact.
///
/// The history of runs:
/// - `runs`: one row a `calm run`. `exit` and `seconds` are null while it runs, or if it was killed.
/// - `run_stages`: each stage of a run in the pipeline's order; `state` is cached, executed, failed or skipped; `key` is
///   null if the stage never got one.
/// - `gates`: each expectation on a metric, as it was judged in a run.
///
/// Views:
/// - `run_metrics`: run, pipeline, started_at, stage, name, value: what `SELECT … WHERE stage = …` plots over time.
/// - `run_outputs`: run, stage, role, artifact, type, bytes.
/// - `lineage`: one row an edge, from the execution that made an artifact to one that read it.
/// - `latest_runs`: the last run of each pipeline.
enum InitialTables {
    @Sendable static func create(_ db: Database) throws {
        try db.execute(sql: tables)
        try db.execute(sql: views)
    }

    private static let tables = """
        CREATE TABLE runs (
            id TEXT PRIMARY KEY NOT NULL,
            pipeline TEXT NOT NULL,
            file TEXT NOT NULL,
            started_at REAL NOT NULL,
            command_line TEXT NOT NULL,
            parameters TEXT NOT NULL,
            exit INTEGER,
            seconds REAL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX runs_by_pipeline ON runs (pipeline, started_at);
        CREATE INDEX runs_by_time ON runs (started_at);

        CREATE TABLE run_stages (
            run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
            position INTEGER NOT NULL,
            name TEXT NOT NULL,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            key TEXT,
            seconds REAL NOT NULL,
            cpu_seconds REAL NOT NULL,
            peak_memory_bytes INTEGER NOT NULL,
            why TEXT NOT NULL,
            failure_category TEXT,
            failure_message TEXT,
            log TEXT,
            location TEXT NOT NULL,
            PRIMARY KEY (run, name)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX run_stages_by_name ON run_stages (name, key);
        CREATE INDEX run_stages_by_key ON run_stages (key);

        CREATE TABLE gates (
            run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
            stage TEXT NOT NULL,
            metric TEXT NOT NULL,
            expected TEXT NOT NULL,
            value REAL,
            passed INTEGER NOT NULL,
            PRIMARY KEY (run, stage, metric, expected)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE executions (
            key TEXT PRIMARY KEY NOT NULL,
            kind TEXT NOT NULL,
            version INTEGER NOT NULL,
            stage TEXT,
            document TEXT NOT NULL,
            started_at REAL NOT NULL,
            seconds REAL NOT NULL,
            cpu_seconds REAL NOT NULL,
            peak_memory_bytes INTEGER NOT NULL,
            environment TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX executions_by_stage ON executions (stage, kind, started_at);
        CREATE INDEX executions_by_kind ON executions (kind, started_at);

        CREATE TABLE execution_inputs (
            key TEXT NOT NULL REFERENCES executions ON DELETE CASCADE,
            role TEXT NOT NULL,
            position INTEGER NOT NULL,
            artifact TEXT NOT NULL,
            PRIMARY KEY (key, role, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX execution_inputs_by_artifact ON execution_inputs (artifact);

        CREATE TABLE execution_outputs (
            key TEXT NOT NULL REFERENCES executions ON DELETE CASCADE,
            role TEXT NOT NULL,
            artifact TEXT NOT NULL,
            PRIMARY KEY (key, role)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX execution_outputs_by_artifact ON execution_outputs (artifact);

        CREATE TABLE metrics (
            key TEXT NOT NULL REFERENCES executions ON DELETE CASCADE,
            name TEXT NOT NULL,
            value REAL,
            PRIMARY KEY (key, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE artifacts (
            digest TEXT PRIMARY KEY NOT NULL,
            type TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            metadata TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE artifact_members (
            artifact TEXT NOT NULL REFERENCES artifacts ON DELETE CASCADE,
            name TEXT NOT NULL,
            digest TEXT NOT NULL,
            size INTEGER NOT NULL,
            PRIMARY KEY (artifact, name)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX artifact_members_by_digest ON artifact_members (digest);
        """

    private static let views = """
        CREATE VIEW run_metrics AS
            SELECT runs.id AS run, runs.pipeline, runs.started_at, run_stages.position, run_stages.name AS stage,
                   metrics.name, metrics.value
            FROM runs JOIN run_stages ON run_stages.run = runs.id JOIN metrics ON metrics.key = run_stages.key
            WHERE run_stages.state IN ('cached', 'executed');

        CREATE VIEW run_outputs AS
            SELECT run_stages.run, run_stages.position, run_stages.name AS stage, execution_outputs.role,
                   execution_outputs.artifact, artifacts.type, artifacts.bytes
            FROM run_stages JOIN execution_outputs ON execution_outputs.key = run_stages.key
            JOIN artifacts ON artifacts.digest = execution_outputs.artifact
            WHERE run_stages.state IN ('cached', 'executed');

        CREATE VIEW lineage AS
            SELECT producers.key AS producer, producers.stage AS producer_stage, producers.kind AS producer_kind,
                   execution_outputs.role AS output, execution_outputs.artifact,
                   execution_inputs.role AS input, consumers.key AS consumer, consumers.stage AS consumer_stage,
                   consumers.kind AS consumer_kind
            FROM execution_outputs JOIN executions AS producers ON producers.key = execution_outputs.key
            JOIN execution_inputs ON execution_inputs.artifact = execution_outputs.artifact
            JOIN executions AS consumers ON consumers.key = execution_inputs.key;

        CREATE VIEW latest_runs AS
            SELECT * FROM runs
            WHERE NOT EXISTS (
                SELECT 1 FROM runs AS later WHERE later.pipeline = runs.pipeline
                AND (later.started_at, later.id) > (runs.started_at, runs.id));
        """
}
