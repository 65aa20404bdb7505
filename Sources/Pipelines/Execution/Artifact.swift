import Artifacts
import Foundation

/// An input of a running stage: an artifact in the store and where it came from.
package struct Artifact: Sendable {
    package let digest: Digest
    package let manifest: Manifest
    /// The name of the stage that made it, or the path of the file as the pipeline writes it.
    package let stage: String
    package let store: Store

    init(digest: Digest, manifest: Manifest, stage: String, store: Store) {
        self.digest = digest
        self.manifest = manifest
        self.stage = stage
        self.store = store
    }

    /// Any artifact of a store, such as one that another artifact names.
    ///
    /// - Throws: `StoreError` if it is missing or damaged.
    package init(_ digest: Digest, in store: Store) throws {
        self.init(digest: digest, manifest: try store.manifest(digest), stage: digest.short, store: store)
    }

    /// The bytes of a member, verified.
    ///
    /// - Throws: `StageFailure` (bad input) if there is no such member, `StoreError` if its blob is missing or damaged.
    package func data(_ member: String) throws -> Data {
        try store.data(find(member).digest)
    }

    /// Writes a member to a file, verified and all at once.
    package func copy(_ member: String, to file: URL) throws {
        let found = try find(member)
        try store.copy(found.digest, to: file, mode: found.kind == .executable ? 0o755 : 0o644)
    }

    private func find(_ name: String) throws -> Manifest.Member {
        if let member = manifest.members[name] { return member }
        let present = manifest.members.keys.sorted().joined(separator: ", ")
        throw StageFailure(
            .badInput,
            "the \(manifest.type.rawValue) \(digest.short) of '\(stage)' has no member '\(name)'; it has: \(present)")
    }
}
