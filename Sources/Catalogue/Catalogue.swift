import Artifacts
import Foundation
import GRDB
import Glibc

/// The index and history of a store: runs, executions, lineage, metrics and gates, in SQLite.
///
/// The execution records are the truth, the catalogue their index: removing `catalogue.sqlite` loses the bare history
/// of runs, all else is read from the records when it is opened next. The tables and views are documented with the
/// migration that makes them (`InitialTables`).
///
/// Readers are never blocked where the file system can do write-ahead logging; writers wait for each other for up to
/// two minutes. Every error is a `StoreError` that names the file and the way out.
package final class Catalogue: Sendable {
    package let store: Store
    private let database: any DatabaseWriter
    /// Whether the store can't be written, so that this is a private copy of its catalogue.
    package let isReadOnly: Bool
    private let copy: TemporaryFolder?

    /// Opens the store's catalogue, making or migrating it if need be.
    ///
    /// A store that can't be written gives a private copy that refuses writes. Before a migration the catalogue as it is
    /// is copied to a file beside it, which stays.
    /// - Parameters:
    ///   - writeAheadLog: false for file systems whose shared memory can't be trusted; if nil, those that several machines
    ///     may use, or all if `CALM_CATALOGUE_JOURNAL` says `rollback`.
    ///   - needsAll: whether a catalogue that is made anew must leave nothing out that can't be read just now: else that is
    ///     an error, rather than a note.
    ///   - note: told of a migration and its backup, and of what was left out, a line each; by default they go to standard
    ///     error.
    /// - Throws: `StoreError` with `.damaged`, `.newerFormat`, `.locked`, `.full` or `.io`.
    package init(
        store: Store, writeAheadLog: Bool? = nil, needsAll: Bool = false,
        note: (String) -> Void = Catalogue.writeToStandardError
    ) throws {
        self.store = store
        let file = store.catalogue.path
        isReadOnly = !Self.isWritable(file, in: store)
        copy = isReadOnly ? try TemporaryFolder(copying: file) : nil
        let path = copy?.file ?? file
        do {
            let logsAhead = writeAheadLog ?? Self.canLogAhead(store)
            database = try Connection.open(path, writeAheadLog: logsAhead && copy == nil)
        } catch {
            throw CatalogueFailure.describe(error, file)
        }
        try prepare(needsAll: needsAll, note)
    }

    package static func writeToStandardError(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Leaves closing to the end of the process. Closing would give the write-ahead log to the database file, whose
    /// synchronisation takes longer than recording a small run. SQLite does that by itself once the log has grown; but only
    /// a later transaction of the same process begins the log anew, so that a process which writes needs two of them, as a
    /// run has at its beginning and at its end.
    package func staysOpen() { _ = Unmanaged.passRetained(self) }

    /// The processes that use a write-ahead log must share memory: on two machines they would spoil the file. So a file with
    /// a rollback journal keeps it, whoever made it: another machine may have mounted the store by a network.
    private static func canLogAhead(_ store: Store) -> Bool {
        switch getenv("CALM_CATALOGUE_JOURNAL").map({ String(cString: $0) }) {
        case "rollback": false
        case "wal": true
        default:
            Connection.hasRollbackJournal(store.catalogue.path) != true
                && FileSystemKind.name(at: store.root.path).map(FileSystemKind.isShared) != true
        }
    }

    private static func isWritable(_ file: String, in store: Store) -> Bool {
        // As the effective user, unlike access(2).
        func may(_ what: Int32, _ path: String) -> Bool { faccessat(AT_FDCWD, path, what, AT_EACCESS) == 0 }
        return may(W_OK, store.root.path) && (!may(F_OK, file) || may(W_OK, file))
    }

    /// Brings the tables up to date; nothing but one reading if they are.
    private func prepare(needsAll: Bool, _ note: (String) -> Void) throws {
        let current = Migrations.all.count
        if try version() == current { return }
        // One process at a time makes, migrates or fills the catalogue; the others find it done.
        let lock = isReadOnly ? nil : try preparationLock()
        defer { withExtendedLifetime(lock) {} }
        let found = try version()
        if found == current { return }
        var backup: (path: String, applied: Int)?
        do {
            if found > 0, !isReadOnly {
                backup = (
                    try CatalogueBackup.make(of: database, version: found, in: store), try appliedMigrations()
                )
            }
            try Migrations.run(on: database)
            if let backup {
                note(
                    "note: the catalogue \(store.catalogue.path) was migrated from version \(found) to \(current); as it was it is kept as \(backup.path)"
                )
            }
        } catch {
            // Each attempt would leave another one.
            if let backup, (try? appliedMigrations()) == backup.applied { unlink(backup.path) }
            throw CatalogueFailure.describe(error, store.catalogue.path)
        }
        if found == 0 { try fill(needsAll: needsAll, note) }
        try write(evenIfReadOnly: true) { db in try db.execute(sql: "PRAGMA user_version = \(current)") }
    }

    private func appliedMigrations() throws -> Int {
        try read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM grdb_migrations") ?? 0 }
    }

    private func preparationLock() throws -> FileLock {
        try FileLock.exclusive(store.locks.appendingPathComponent("catalogue"), wait: true)
    }

    /// The number of migrations applied and finished; 0 for a new file.
    private func version() throws -> Int {
        let (version, application, tables) = try read { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
                try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
                try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
            )
        }
        let file = store.catalogue.path
        guard application == Migrations.applicationIdentifier || tables == 0 else {
            throw StoreError(
                .damaged,
                "\(file) is an SQLite database, but no catalogue of calm; move it away: a new one is made from the execution records"
            )
        }
        guard version <= Migrations.all.count else {
            throw StoreError(
                .newerFormat,
                "\(file) has catalogue version \(version), this calm reads up to \(Migrations.all.count): use a newer calm, or move the file away to have it made anew from the execution records"
            )
        }
        return version
    }

    /// One deferred transaction, so that the answers fit together.
    ///
    /// Not `database.read`, which forbids and permits writing by two more statements, at the price of a small question.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            return try database.writeWithoutTransaction { db in
                var value: Value?
                try db.inTransaction(.deferred) {
                    value = try body(db)
                    return .commit
                }
                guard let value else { throw DatabaseError(message: "a transaction without its value") }
                return value
            }
        } catch {
            throw CatalogueFailure.describe(error, store.catalogue.path)
        }
    }

    /// One immediate transaction.
    ///
    /// - Parameter durably: Whether it outlives a crash of the machine: only where files are about to follow it, which else
    ///   hold the truth.
    func write<Value>(
        evenIfReadOnly: Bool = false, durably: Bool = false, _ body: (Database) throws -> Value
    ) throws -> Value {
        guard !isReadOnly || evenIfReadOnly else {
            throw StoreError(
                .readOnly, "can't write to \(store.catalogue.path): the store is read-only; choose another store")
        }
        do {
            // As those after it, of which there are few in such a process. EXTRA, for the folder of a rollback journal.
            if durably { try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = EXTRA") } }
            return try database.write(body)
        } catch {
            throw CatalogueFailure.describe(error, store.catalogue.path)
        }
    }
}
