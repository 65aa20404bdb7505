import Artifacts
import Foundation
import Synchronization

/// Turns the files beside a pipeline into artifacts, so that a stage is bound to bytes and never to a path.
package protocol FileImporting: Sendable {
    /// The digest of an artifact of type `file` with one member, named by the file's base name.
    ///
    /// - Throws: `StageFailure` (bad input) for a missing or unreadable file, or one that never stops changing; `StoreError`
    ///   for the store.
    func artifact(of file: URL) throws -> Digest
}

/// Imports files into a store; one whose metadata hasn't changed since its last import isn't read again.
package final class FileImporter: FileImporting {
    private struct Entry: Codable {
        let signature: FileSignature
        let blob: Digest
        let artifact: Digest
    }

    /// How often a file is waited for, or read, that changes meanwhile.
    private static let attempts = 5
    /// Seconds in which two changes may have the same time stamp, in the kernels of today.
    private static let tick = 0.02

    private let store: Store
    private let index: URL
    private let entries: Mutex<[String: Entry]>

    /// Reads the index of known files, `imported.json` in the store; a damaged one is as good as none.
    package init(store: Store) {
        self.store = store
        index = store.root.appendingPathComponent("imported.json")
        let known = (try? Data(contentsOf: index)).flatMap { try? JSONDecoder().decode([String: Entry].self, from: $0) }
        entries = Mutex(known ?? [:])
    }

    package func artifact(of file: URL) throws -> Digest {
        let path = file.standardizedFileURL.path
        var signature = try FileSignature(of: file)
        if let known = entries.withLock({ $0[path] }), known.signature == signature, store.contains(known.blob),
            store.contains(known.artifact)
        {
            return known.artifact
        }
        guard access(path, R_OK) == 0 else {
            throw StageFailure(.badInput, "input file \(path) can't be read: \(String(cString: strerror(errno)))")
        }
        // What is written to while it is read may give bytes that it never held, half old and half new.
        for _ in 1...Self.attempts {
            let start = Date()
            if !signature.isSettled(at: start, margin: Self.tick) { usleep(UInt32(Self.tick * 1e6)) }
            let isQuiet = try FileSignature(of: file) == signature
            let member = isQuiet ? Result { try store.put(file: file) } : nil
            let after = try FileSignature(of: file)
            guard after == signature, let member else {
                signature = after
                continue
            }
            let blob = try member.get()
            let artifact = try store.put(Manifest(type: .file, members: [file.lastPathComponent: blob]))
            if after.isSettled(at: start) {
                try remember(Entry(signature: after, blob: blob.digest, artifact: artifact), at: path)
            }
            return artifact
        }
        throw StageFailure(
            .badInput,
            "input file \(path) is being written to: it changed again and again while it was read; run again when it is whole"
        )
    }

    /// Losing a race with another run loses an entry, which costs one reading of a file and no correctness.
    private func remember(_ entry: Entry, at path: String) throws {
        let bytes = try entries.withLock { entries in
            entries[path] = entry
            return try JSONEncoder().encode(entries)
        }
        try store.replace(index, with: [bytes])
    }
}
