import Foundation

/// Files in a temporary folder that goes with the object.
package final class TemporaryFiles: Sendable {
    package let path: String

    /// - Throws: `CheckpointError` if they can't be written.
    package init(_ files: [(name: String, bytes: Data)]) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)").path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            for (name, bytes) in files { try bytes.write(to: URL(fileURLWithPath: path + "/" + name)) }
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw CheckpointError(path, "the files can't be written: \(error.localizedDescription)")
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
