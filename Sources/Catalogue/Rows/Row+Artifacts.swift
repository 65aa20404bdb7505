import Artifacts
import GRDB

extension Row {
    /// The column's value. GRDB's own subscripts stop the process over a value of another type, as a damaged file may hold.
    ///
    /// - Throws: `RowDecodingError`.
    func value<Value: DatabaseValueConvertible & StatementColumnConvertible>(
        _ column: String, as type: Value.Type = Value.self
    ) throws -> Value {
        try decode(type, forColumn: column)
    }

    /// - Throws: `DatabaseError` with `SQLITE_CORRUPT` if the column holds no digest.
    func digest(_ column: String) throws -> Digest {
        guard let digest = try digestIfPresent(column) else { throw Self.corrupt(column, "null") }
        return digest
    }

    func digestIfPresent(_ column: String) throws -> Digest? {
        guard let text = try value(column, as: String?.self) else { return nil }
        guard let digest = Digest(hex: text) else { throw Self.corrupt(column, text) }
        return digest
    }

    /// Nil for null.
    func result(_ column: String) throws -> ResultDigest? {
        guard let text = try value(column, as: String?.self) else { return nil }
        guard let result = ResultDigest(hex: text) else { throw Self.corrupt(column, text) }
        return result
    }

    func json(_ column: String) throws -> JSONValue {
        let text = try value(column, as: String.self)
        guard let value = try? JSONValue(parsing: text.utf8) else { throw Self.corrupt(column, text) }
        return value
    }

    private static func corrupt(_ column: String, _ found: String) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: "column \(column) holds '\(found.prefix(80))'")
    }
}
