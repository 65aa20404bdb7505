internal import CSQLiteSettings
import Foundation
import GRDB

/// Opens the database file in the best mode that its file system allows.
enum Connection {
    /// How long to wait for another process, in seconds: far longer than any transaction takes, but that of a process which
    /// was suspended within one.
    static let patience = 120.0

    /// One connection, with a write-ahead log if possible, else with a rollback journal.
    ///
    /// Not a pool of them: a process asks one question at a time, and opening a second connection takes longer than all of
    /// a small run's questions. Other processes' readers are served by the log alike.
    static func open(_ path: String, writeAheadLog: Bool) throws -> any DatabaseWriter {
        _ = withoutMemoryStatistics
        let deadline = Date(timeIntervalSinceNow: patience)
        while true {
            do {
                return writeAheadLog ? try logged(path) : try queue(path)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && Date() < deadline {
                // Switching to write-ahead logging doesn't wait by itself for others that do the same.
                Thread.sleep(forTimeInterval: 0.01)
            }
        }
    }

    /// SQLite counts the memory that it takes, under a lock at every allocation, and nobody asks how much it is: without,
    /// ingesting 100,000 tests takes 4% less time. It can't be changed once a database was opened, and needn't be.
    private static let withoutMemoryStatistics = calm_sqlite_without_memory_statistics()

    /// Whether an existing database was last written with a rollback journal; nil for a file that is none yet.
    static func hasRollbackJournal(_ path: String) -> Bool? {
        guard let file = FileHandle(forReadingAtPath: path), let header = try? file.read(upToCount: 20),
            header.count == 20
        else { return nil }
        // The version of the file format for writing (SQLite's file format, 1.3.3).
        return header[18] == 1
    }

    private static func logged(_ path: String) throws -> any DatabaseWriter {
        do {
            var configuration = configuration
            configuration.prepareDatabase { db in
                // Not by the configuration's `journalMode`, which asks Foundation for the log's size, hence for its owner's name.
                guard try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL") == "wal" else {
                    throw DatabaseError(message: "can't switch to WAL")
                }
                // A crash of the machine may cost the last transactions, never the file; the records hold the truth.
                try db.execute(sql: "PRAGMA synchronous = NORMAL")
                // The next process reads what the log holds before its first question, so that it must stay short. In pages.
                try db.execute(sql: "PRAGMA wal_autocheckpoint = 250")
            }
            return try DatabaseQueue(path: path, configuration: configuration)
        } catch let error as DatabaseError where isWithoutSharedMemory(error) {
            return try queue(path)
        }
    }

    private static func queue(_ path: String) throws -> any DatabaseWriter {
        var configuration = configuration
        configuration.prepareDatabase { db in _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE") }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(patience)
        configuration.label = "catalogue"
        return configuration
    }

    /// What SQLite says where the file system has no locks or shared memory fit for a write-ahead log.
    private static func isWithoutSharedMemory(_ error: DatabaseError) -> Bool {
        switch error.resultCode {
        case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_PROTOCOL: true
        case .SQLITE_ERROR: error.message?.contains("WAL") == true
        default: false
        }
    }
}
