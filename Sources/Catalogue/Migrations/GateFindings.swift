import GRDB

/// What a gate found where a number should be: a word, or why there is nothing.
enum GateFindings {
    @Sendable static func create(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE gates ADD COLUMN found TEXT")
    }
}
