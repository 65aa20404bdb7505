import Artifacts
import Foundation

/// Turns the files beside a pipeline into artifacts, so that a stage is bound to bytes and never to a path.
package protocol FileImporting: Sendable {
    /// The digest of an artifact of type `file` with one member, named by the file's base name.
    ///
    /// - Throws: `StageFailure` (bad input) for a missing or unreadable file, or one that never stops changing; `StoreError`
    ///   for the store.
    func artifact(of path: String) throws -> Digest
}

/// Imports files into a store; one whose metadata hasn't changed since its last import isn't read again.
package final class FileImporter: FileImporting {
    /// How often a file is waited for, or read, that changes meanwhile.
    private static let attempts = 5
    /// Seconds in which two changes may have the same time stamp, in the kernels of today.
    private static let tick = 0.02

    private let store: Store
    private let index: ImportIndex
    /// Where relative paths begin.
    private let folder = FileManager.default.currentDirectoryPath

    /// Reads the index of known files; a damaged one is as good as none.
    package init(store: Store) {
        self.store = store
        index = ImportIndex(store.root.appendingPathComponent("imported"))
    }

    package func artifact(of path: String) throws -> Digest {
        let path = absolute(path)
        var signature = try FileSignature(of: path)
        if let known = index[path], known.signature == signature, store.contains(known.blob),
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
            let isQuiet = try FileSignature(of: path) == signature
            let member = isQuiet ? Result { try store.put(file: URL(fileURLWithPath: path)) } : nil
            let after = try FileSignature(of: path)
            guard after == signature, let member else {
                signature = after
                continue
            }
            let blob = try member.get()
            let artifact = try store.put(
                Manifest(type: .file, members: [URL(fileURLWithPath: path).lastPathComponent: blob]))
            if after.isSettled(at: start) {
                try index.remember(
                    ImportIndex.Entry(signature: after, blob: blob.digest, artifact: artifact), at: path)
            }
            return artifact
        }
        throw StageFailure(
            .badInput,
            "input file \(path) is being written to: it changed again and again while it was read; run again when it is whole"
        )
    }

    /// One path for a file, however it is written; URLs are slow, and most paths have nothing to take out.
    private func absolute(_ path: String) -> String {
        let path = path.utf8.first == slash ? path : "\(folder)/\(path)"
        let mayBeShorter = zip(path.utf8, path.utf8.dropFirst()).contains { byte, next in
            byte == slash && (next == slash || next == dot)
        }
        return mayBeShorter ? URL(fileURLWithPath: path).standardizedFileURL.path : path
    }
}

private let slash = UInt8(ascii: "/")
private let dot = UInt8(ascii: ".")
