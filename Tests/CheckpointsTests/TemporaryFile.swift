import Foundation
import Testing

/// A file or folder that is removed when the value goes.
final class TemporaryFile {
    let path: String

    init(_ bytes: [UInt8]) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)").path
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// A copy of a fixture, file or folder.
    init(copyOf fixture: String) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)").path
        try FileManager.default.copyItem(atPath: fixture, toPath: path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path).appendingPathComponent(name))
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: path + "/" + name)
    }
}

/// The path of a file in this suite's `Fixtures`.
func fixture(_ name: String) throws -> String {
    let folder = try #require(Bundle.module.resourceURL)
    return folder.appendingPathComponent("Fixtures").appendingPathComponent(name).path
}
