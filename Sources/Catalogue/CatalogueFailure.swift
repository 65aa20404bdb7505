import Artifacts
import GRDB

/// Turns SQLite's errors into ones that name the file and the way out.
enum CatalogueFailure {
    static func describe(_ error: any Error, _ file: String) -> any Error {
        let remake =
            "move the file away: a new one is made from the execution records, and only the history of runs is lost"
        if let error = error as? RowDecodingError {
            return StoreError(.damaged, "the catalogue \(file) is damaged (\("\(error)".prefix(120))); \(remake)")
        }
        guard let error = error as? DatabaseError else { return error }
        let said = error.message ?? "error \(error.resultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            // SQLite says so of a disk that fails to read, too.
            return StoreError(.damaged, "the catalogue \(file) is damaged or can't be read (\(said)); \(remake)")
        case .SQLITE_ERROR, .SQLITE_MISMATCH, .SQLITE_CONSTRAINT:
            return StoreError(.damaged, "the catalogue \(file) doesn't have the tables expected (\(said)); \(remake)")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return StoreError(
                .locked,
                "another process has been writing the catalogue \(file) for \(Int(Connection.patience)) s; see whether it was suspended, wait for it to end, and run again"
            )
        case .SQLITE_FULL:
            return StoreError(
                .full,
                "no space to write the catalogue \(file) (\(said)); free space and run again: finished stages are kept")
        case .SQLITE_READONLY, .SQLITE_PERM:
            return StoreError(.readOnly, "can't write the catalogue \(file) (\(said)); give this user access to it")
        case .SQLITE_CANTOPEN:
            return StoreError(
                .io,
                "can't open the catalogue \(file) (\(said)); give this user access to it and its folder, or free space there"
            )
        case .SQLITE_IOERR:
            // Of a full disk, too, where SQLite shares memory by a file.
            return StoreError(
                .io,
                "can't use the catalogue \(file) (\(said)): see whether there is space, and whether the disk is sound")
        default:
            return StoreError(.io, "can't use the catalogue \(file) (\(said))")
        }
    }
}
