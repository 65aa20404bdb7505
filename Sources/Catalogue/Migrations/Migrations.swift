import GRDB

/// The ordered list of migrations. One that has shipped is never edited; a change is a new one at the end.
package enum Migrations {
    /// A migration's name, by which SQLite remembers it, and what it does.
    typealias Migration = (name: String, run: @Sendable (Database) throws -> Void)

    static let all: [Migration] = [
        ("initial tables", InitialTables.create),
        ("attempts", Attempts.create),
        ("test reports", TestReports.create),
        ("test comparison views", TestComparisonViews.create),
        ("mended attempts", MendedAttempts.create),
        ("stage lookup", StageLookup.create),
        ("test questions", TestQuestions.create),
        ("superseded executions", SupersededExecutions.create),
        ("checkouts", Checkouts.create),
        ("test order", TestOrder.create),
        ("member kinds", MemberKinds.create),
        ("gate bounds", GateBounds.create),
        ("gate findings", GateFindings.create),
        ("reread reports", RereadReports.create),
    ]

    /// `calm` in ASCII: tells the catalogue from other SQLite files.
    static let applicationIdentifier = 0x6361_6C6D

    /// - Parameter version: How many of them; all, but for a catalogue as an earlier calm made it.
    package static func run(on database: any DatabaseWriter, upTo version: Int = .max) throws {
        try database.write { db in try db.execute(sql: "PRAGMA application_id = \(applicationIdentifier)") }
        var migrator = DatabaseMigrator()
        for migration in all.prefix(version) {
            migrator.registerMigration(migration.name) { db in try migration.run(db) }
        }
        try migrator.migrate(database)
    }
}
