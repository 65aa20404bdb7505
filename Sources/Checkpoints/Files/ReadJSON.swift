import JSONReading

/// Reads a whole JSON file, of at most 256 MiB.
///
/// - Throws: `CheckpointError`.
package func readJSON(_ path: String) throws -> JSONNode {
    let file = try MappedFile(path)
    let limit = 256 << 20
    guard file.size <= limit else {
        throw CheckpointError(path, "\(file.size) bytes, expected at most \(limit)")
    }
    do {
        return try file.withBytes(0..<file.size) { try JSONNode(parsing: $0) }
    } catch let error as JSONReadingError {
        throw CheckpointError(path, "\(error.line):\(error.column): \(error.message)")
    }
}

/// Reads a whole text file, of at most 16 MiB.
///
/// - Throws: `CheckpointError`.
package func readText(_ path: String) throws -> String {
    let file = try MappedFile(path)
    let limit = 16 << 20
    guard file.size <= limit else {
        throw CheckpointError(path, "\(file.size) bytes, expected at most \(limit)")
    }
    let text = try file.withBytes(0..<file.size) { String(validating: $0, as: UTF8.self) }
    guard let text else { throw CheckpointError(path, "not valid UTF-8") }
    return text
}

/// Reads a whole file, of at most 256 MiB.
///
/// - Throws: `CheckpointError`, also for a file that changes meanwhile.
package func readBytes(_ path: String) throws -> [UInt8] {
    let file = try MappedFile(path)
    let limit = 256 << 20
    guard file.size <= limit else {
        throw CheckpointError(path, "\(file.size) bytes, expected at most \(limit)")
    }
    return try file.withBytes(0..<file.size) { Array($0) }
}
