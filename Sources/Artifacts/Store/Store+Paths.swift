import Foundation
import Glibc

extension Store {
    package func objectURL(_ digest: Digest) -> URL { URL(fileURLWithPath: objectPath(digest), isDirectory: false) }

    package func executionURL(_ key: Digest) -> URL { URL(fileURLWithPath: executionPath(key), isDirectory: false) }

    func objectPath(_ digest: Digest) -> String { path + "/objects/" + digest.sharded }

    func executionPath(_ key: Digest) -> String { path + "/executions/" + key.sharded + ".json" }

    /// Whether the object's file is there and not empty: one stat, no reading.
    package func contains(_ digest: Digest) -> Bool {
        var status = stat()
        return stat(objectPath(digest), &status) == 0 && status.st_size > 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// The digests of all objects, sorted.
    package func objectDigests() throws -> [Digest] { try scan("objects", suffix: "").digests }

    /// The keys of all execution records, sorted.
    package func executionKeys() throws -> [Digest] { try scan("executions", suffix: ".json").digests }

    /// What `ab/cdef…` names below `folder` say, and the paths (below the root) of entries with other names.
    func scan(_ folder: String, suffix: String) throws(StoreError) -> (digests: [Digest], strangers: [String]) {
        var digests: [Digest] = []
        var strangers: [String] = []
        for shard in try Folder.entries("\(path)/\(folder)") {
            guard shard.utf8.count == 2, Folder.isFolder("\(path)/\(folder)/\(shard)") else {
                strangers.append("\(folder)/\(shard)")
                continue
            }
            for name in try Folder.entries("\(path)/\(folder)/\(shard)") {
                if name.hasSuffix(suffix), let digest = Digest(hex: shard + name.dropLast(suffix.count)) {
                    digests.append(digest)
                } else {
                    strangers.append("\(folder)/\(shard)/\(name)")
                }
            }
        }
        return (digests.sorted(), strangers)
    }
}

extension Digest {
    /// `ab/cdef…`: 256 folders keep each of them small.
    fileprivate var sharded: String { hex.prefix(2) + "/" + hex.dropFirst(2) }
}
