import GRDB

/// Where runs were started from, so that checkouts which share a store don't count as one.
///
/// - `runs.checkout`: the folder of the pipeline's file, or the one above if that is called `pipelines`; relative to the store
///   if the store lies in it. Null for runs of an earlier calm.
/// - `runs.host`: the machine that has this folder; null if it is relative to the store.
enum Checkouts {
    @Sendable static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE runs ADD COLUMN checkout TEXT;
                ALTER TABLE runs ADD COLUMN host TEXT;
                """)
    }
}
