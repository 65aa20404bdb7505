import GRDB

/// A stage is looked up run by run, the latest first, through the primary key of `run_stages`.
///
/// The index by name alone goes: each name's rows stood in a page of their own, so that recording a run of many stages wrote
/// a page for each of them, however little had changed.
enum StageLookup {
    @Sendable static func create(_ db: Database) throws { try db.execute(sql: "DROP INDEX run_stages_by_name") }
}
