import GRDB
import GRDBSQLite

/// Writes the test cases of one report, within the transaction that made it.
///
/// Speaks to SQLite itself: a report may have 100,000 cases, and GRDB's arguments cost more than SQLite's work.
package final class TestResultWriter {
    private let find: RawStatement
    private let name: RawStatement
    private let insert: RawStatement
    private let fail: RawStatement
    private let clear: RawStatement
    private let report: Int64
    private var position: Int64 = 0

    init(report: Int64, _ db: Database) throws {
        self.report = report
        clear = try RawStatement("DELETE FROM test_results WHERE report = ?", db)
        find = try RawStatement("SELECT id FROM tests WHERE class = ? AND name = ? AND suite = ? AND qualifier = ?", db)
        name = try RawStatement("INSERT INTO tests (class, name, suite, qualifier) VALUES (?, ?, ?, ?)", db)
        insert = try RawStatement("INSERT INTO test_results VALUES (?, ?, ?, ?, ?, ?)", db)
        fail = try RawStatement("INSERT INTO test_failures VALUES (?, ?, ?, ?, ?, ?, ?, ?)", db)
    }

    package func add(_ item: TestCase) throws {
        position += 1
        let test = try identifier(of: item)
        insert.bind(1, report)
        insert.bind(2, position)
        insert.bind(3, test)
        insert.bind(4, item.status.rawValue)
        insert.bind(5, item.isFlaky ? 1 : 0)
        insert.bind(6, item.seconds)
        _ = try insert.step()
        for (number, failure) in item.failures.enumerated() {
            fail.bind(1, report)
            fail.bind(2, position)
            fail.bind(3, Int64(number))
            fail.bind(4, failure.kind)
            fail.bind(5, failure.type)
            fail.bind(6, failure.message)
            fail.bind(7, failure.details)
            fail.bind(8, failure.shape)
            _ = try fail.step()
        }
    }

    /// Forgets the cases written so far.
    package func reset() throws {
        clear.bind(1, report)
        _ = try clear.step()
        position = 0
    }

    private func identifier(of item: TestCase) throws -> Int64 {
        for statement in [find, name] {
            statement.bind(1, item.className)
            statement.bind(2, item.name)
            statement.bind(3, item.suite)
            statement.bind(4, item.qualifier)
            if let found = try statement.step() { return found }
        }
        return name.lastInserted
    }
}

/// A prepared statement, bound and stepped without anything in between.
private final class RawStatement {
    private let connection: SQLiteConnection?
    private var statement: SQLiteStatement?

    init(_ sql: String, _ db: Database) throws {
        connection = db.sqliteConnection
        let code = sqlite3_prepare_v2(connection, sql, -1, &statement, nil)
        guard code == SQLITE_OK else { throw problem(code) }
    }

    deinit { sqlite3_finalize(statement) }

    func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(statement, index, value) }

    func bind(_ index: Int32, _ value: Double?) {
        if let value { sqlite3_bind_double(statement, index, value) } else { sqlite3_bind_null(statement, index) }
    }

    func bind(_ index: Int32, _ text: String) {
        var text = text
        // SQLite copies the bytes: they need not outlive the call.
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                // An empty text may have no address, which SQLite would take for null.
                guard let start = characters.baseAddress else {
                    _ = sqlite3_bind_text(statement, index, "", 0, copied)
                    return
                }
                sqlite3_bind_text(statement, index, start, Int32(characters.count), copied)
            }
        }
    }

    /// Runs it once; the first column of the row that it gives, if it gives one.
    func step() throws -> Int64? {
        let code = sqlite3_step(statement)
        defer { sqlite3_reset(statement) }
        switch code {
        case SQLITE_ROW: return sqlite3_column_int64(statement, 0)
        case SQLITE_DONE: return nil
        default: throw problem(code)
        }
    }

    var lastInserted: Int64 { sqlite3_last_insert_rowid(connection) }

    private func problem(_ code: Int32) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: code), message: sqlite3_errmsg(connection).map { String(cString: $0) })
    }
}
