import Artifacts
import Foundation

/// What an input names beside the pipeline; relative paths begin in its folder.
package enum FileReference: Hashable, Sendable {
    case file(path: String)
    /// A folder with all that is in it.
    case folder(path: String)
    /// The files that match a pattern.
    case glob(pattern: String)
}

/// Turns the files beside a pipeline into artifacts, so that a stage is bound to bytes and never to a path.
package protocol FileImporting: Sendable {
    /// The digests of the artifacts: for a file one of type `file` with one member, named by the file's base name; for a folder
    /// or a glob one of type `folder`.
    ///
    /// - Parameter folder: where relative paths begin, empty or ending in `/`.
    /// - Throws: `StageFailure` (bad input) for what is missing or can't be read, or never stops changing; `StoreError` for the
    ///   store.
    func artifacts(of references: [FileReference], below folder: String) throws -> [Digest]
}

extension FileImporting {
    /// The artifact of one file.
    package func artifact(of path: String) throws -> Digest {
        guard let digest = try artifacts(of: [.file(path: path)], below: "").first else {
            throw StageFailure(.badInput, "input file \(path) wasn't imported")
        }
        return digest
    }
}

/// Imports files into a store; one whose metadata hasn't changed since its last import isn't read again.
package final class FileImporter: FileImporting {
    /// How often a file is waited for, or read, that changes meanwhile.
    static let attempts = 5
    /// Seconds in which two changes may have the same time stamp, in the kernels of today.
    private static let tick = 0.02

    private let store: Store
    let index: ImportIndex
    /// Where relative paths begin.
    private let folder = FileManager.default.currentDirectoryPath

    /// Reads the index of known files; a damaged one is as good as none.
    package init(store: Store) {
        self.store = store
        index = ImportIndex(store.root.appendingPathComponent("imported"))
    }

    package func artifacts(of references: [FileReference], below folder: String) throws -> [Digest] {
        try store.batch { store in
            try references.map { reference in
                switch reference {
                case .file(let path): try artifact(ofFile: absolute(path, below: folder), in: store)
                case .folder(let path):
                    try artifact(ofFolder: Self.trimmed(absolute(path, below: folder)), in: store)
                case .glob(let pattern):
                    try artifact(ofGlob: pattern, in: Self.trimmed(absolute(folder, below: "")), store)
                }
            }
        }
    }

    private func artifact(ofFile path: String, in store: Store) throws -> Digest {
        let signature = try FileSignature(of: path)
        if let known = index[path], known.signature == signature, let artifact = known.artifact,
            store.contains(known.blob), store.contains(artifact)
        {
            return artifact
        }
        let file = try read(path, signature, in: store)
        let artifact = try store.put(
            Manifest(type: .file, members: [URL(fileURLWithPath: path).lastPathComponent: file.member]))
        if file.isSettled {
            try index.remember([
                (path, ImportIndex.Entry(signature: file.signature, blob: file.member.digest, artifact: artifact))
            ])
        }
        return artifact
    }

    /// A file that is stored.
    struct ImportedFile {
        let signature: FileSignature
        let member: Manifest.Member
        /// Whether a change from now on shows in the metadata.
        let isSettled: Bool
    }

    /// The blob that is known of a file with this signature.
    func known(_ path: String, _ signature: FileSignature, in store: Store) -> Manifest.Member? {
        guard let known = index[path], known.signature == signature, store.contains(known.blob) else { return nil }
        return Manifest.Member(
            digest: known.blob, size: signature.size, kind: signature.isExecutable ? .executable : .file)
    }

    /// Stores a file's bytes as they were at one moment.
    func read(_ path: String, _ signature: FileSignature, in store: Store) throws -> ImportedFile {
        if let member = known(path, signature, in: store) {
            return ImportedFile(signature: signature, member: member, isSettled: true)
        }
        var signature = signature
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
            return ImportedFile(
                signature: after, member: try member.get().with(kind: after.isExecutable ? .executable : .file),
                isSettled: after.isSettled(at: start))
        }
        throw StageFailure(
            .badInput,
            "input file \(path) is being written to: it changed again and again while it was read; run again when it is whole"
        )
    }

    /// One path for a file, however it is written; URLs are slow, and most paths have nothing to take out.
    private func absolute(_ path: String, below base: String) -> String {
        let whole = path.utf8.first == slash ? path : base + path
        let path = whole.utf8.first == slash ? whole : "\(folder)/\(whole)"
        let mayBeShorter = zip(path.utf8, path.utf8.dropFirst()).contains { byte, next in
            byte == slash && (next == slash || next == dot)
        }
        return mayBeShorter ? URL(fileURLWithPath: path).standardizedFileURL.path : path
    }

    private static func trimmed(_ path: String) -> String {
        path.utf8.count > 1 && path.utf8.last == slash ? String(path.dropLast()) : path
    }
}

private let slash = UInt8(ascii: "/")
private let dot = UInt8(ascii: ".")
