import GRDB

/// Members that aren't plain files: executables, links, empty folders.
enum MemberKinds {
    @Sendable static func create(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE artifact_members ADD COLUMN kind TEXT")
    }
}
