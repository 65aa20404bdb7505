import GRDB

/// The number that a gate which names earlier runs was held against: its expectation alone doesn't say.
enum GateBounds {
    @Sendable static func create(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE gates ADD COLUMN bound REAL")
    }
}
