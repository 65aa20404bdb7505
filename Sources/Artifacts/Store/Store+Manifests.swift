import Foundation

extension Store {
    /// Stores a manifest as a blob of canonical JSON; the blob's digest is the artifact's.
    ///
    /// - Throws: `StoreError` with `.hostile` for a member name, type or number that no reader would accept, and as
    ///   `put(_:)`.
    package func put(_ manifest: Manifest) throws -> Digest {
        do {
            try manifest.validate()
        } catch {
            throw StoreError(error.code, "can't store the artifact: \(error.message)")
        }
        let bytes = manifest.json.canonicalBytes
        guard bytes.count <= Manifest.byteLimit else {
            throw StoreError(
                .hostile,
                "can't store the artifact: the names of its \(manifest.members.count) members take \(bytes.count) bytes, "
                    + "the limit is \(Manifest.byteLimit); make it several artifacts")
        }
        return try put(bytes).digest
    }

    /// An artifact's manifest, verified and checked.
    ///
    /// - Throws: `StoreError` with `.missing`, `.damaged`, `.newerFormat`, or `.hostile` for a blob that isn't a sound
    ///   manifest.
    package func manifest(_ digest: Digest) throws -> Manifest {
        let outline = try? ObjectOutline(objectPath(digest))
        if let size = outline?.contentSize, size > Manifest.byteLimit {
            throw StoreError(.hostile, "artifact \(digest) is not a valid manifest: it has \(size) bytes")
        }
        let bytes = try data(digest)
        do {
            return try Manifest(json: JSONValue(parsing: bytes))
        } catch let error as StoreError {
            throw StoreError(error.code, "artifact \(digest) is not a valid manifest: \(error.message)")
        } catch let failure as JSONParser.Failure {
            throw StoreError(.hostile, "artifact \(digest) is not a valid manifest: \(failure)")
        }
    }

    /// Whether an artifact's manifest can be read and each of its members is there, untouched.
    package func isComplete(_ artifact: Digest) -> Bool {
        guard contains(artifact), let manifest = try? manifest(artifact) else { return false }
        return manifest.members.values.allSatisfy { state(of: $0.digest) == .sound }
    }
}
