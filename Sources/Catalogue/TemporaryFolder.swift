import Artifacts
import Foundation

/// A private copy of a catalogue that can't be opened in place, removed with this object.
final class TemporaryFolder: Sendable {
    private let folder: URL
    /// The copy, which isn't there if the original isn't.
    let file: String

    /// Copies the database and what its write-ahead log has not yet given to it.
    init(copying original: String) throws {
        let files = FileManager.default
        folder = files.temporaryDirectory.appendingPathComponent("calm-catalogue-\(UUID().uuidString)")
        file = folder.appendingPathComponent("catalogue.sqlite").path
        do {
            try files.createDirectory(at: folder, withIntermediateDirectories: true)
            for suffix in ["", "-wal"] where files.fileExists(atPath: original + suffix) {
                try files.copyItem(atPath: original + suffix, toPath: file + suffix)
                try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file + suffix)
            }
        } catch {
            try? files.removeItem(at: folder)
            throw StoreError(
                .io,
                "can't copy the catalogue \(original) of a read-only store to \(folder.path): \(error.localizedDescription)"
            )
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}
