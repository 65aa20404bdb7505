import GRDB

/// Brings catalogues up to date that early forms of the second migration, `Attempts`, left without some of its columns or
/// with the indices of `run_stages` that it removes now.
enum MendedAttempts {
    private static let columns = [
        ("runs", "is_partial", "ALTER TABLE runs ADD COLUMN is_partial INTEGER NOT NULL DEFAULT 0"),
        ("executions", "collected_at", "ALTER TABLE executions ADD COLUMN collected_at REAL"),
    ]

    @Sendable static func create(_ db: Database) throws {
        for (table, column, addition) in columns where try !db.columns(in: table).contains(where: { $0.name == column })
        {
            try db.execute(sql: addition)
        }
        try db.execute(
            sql: """
                DROP INDEX IF EXISTS run_stages_by_key;
                DROP INDEX IF EXISTS run_stages_by_name;
                CREATE INDEX run_stages_by_name ON run_stages (name);
                """)
    }
}
