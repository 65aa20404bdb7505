import GRDB

/// How often a stage was started in a run, runs of a few stages only, the key documents of stages that never finished, and
/// what was collected.
///
/// - `runs.is_partial`: 1 if only named stages and what they need were asked for, else 0.
/// Two indices of `run_stages` go, which cost a run of many stages a page each for each stage: the one by key, and the key
/// in the one by name.
///
/// - `run_stages.attempts`: 1, or more where a failed stage was started again.
/// - `executions.collected_at`: when `calm store gc` moved the record away and removed what only it needed, in
///   seconds since 1970; null if it didn't.
/// - `key_documents`: what the keys of failed and interrupted stages stand for; those of executions are in `executions`.
enum Attempts {
    @Sendable static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE runs ADD COLUMN is_partial INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE run_stages ADD COLUMN attempts INTEGER NOT NULL DEFAULT 1;
                DROP INDEX run_stages_by_key;
                DROP INDEX run_stages_by_name;
                CREATE INDEX run_stages_by_name ON run_stages (name);
                ALTER TABLE executions ADD COLUMN collected_at REAL;
                CREATE TABLE key_documents (
                    key TEXT PRIMARY KEY NOT NULL,
                    document TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
