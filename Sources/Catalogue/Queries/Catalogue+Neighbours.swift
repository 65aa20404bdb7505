import GRDB

extension Catalogue {
    /// The latest run of the same pipeline before this one.
    package func run(before run: RunRow) throws -> RunRow? {
        try read { db in
            try RunRow.fetchOne(
                db,
                sql: """
                    SELECT * FROM runs WHERE pipeline = ? AND (started_at, id) < (?, ?)
                    ORDER BY started_at DESC, id DESC LIMIT 1
                    """, arguments: [run.pipeline, run.startedAt, run.id])
        }
    }
}
