import Foundation
import Glibc

extension Store {
    package func objectURL(_ digest: Digest) -> URL { URL(fileURLWithPath: objectPath(digest), isDirectory: false) }

    package func executionURL(_ key: Digest) -> URL { URL(fileURLWithPath: executionPath(key), isDirectory: false) }

    func objectPath(_ digest: Digest) -> String { sharded("/objects/", digest, "") }

    func executionPath(_ key: Digest) -> String { sharded("/executions/", key, ".json") }

    func collectedPath(_ key: Digest) -> String { sharded("/collected/", key, ".json") }

    func telemetryPath(_ key: Digest) -> String { sharded("/telemetry/", key, ".json") }

    /// `ab/cdef…` below a folder: 256 folders keep each of them small.
    func sharded(_ folder: String, _ digest: Digest, _ suffix: String) -> String {
        // Hexadecimal digits are a byte each, so that no characters need be told apart on this hot path.
        let second = digest.hex.utf8.index(digest.hex.startIndex, offsetBy: 2)
        var text = ""
        text.reserveCapacity(path.utf8.count + folder.utf8.count + 65 + suffix.utf8.count)
        text += path
        text += folder
        text += digest.hex[..<second]
        text += "/"
        text += digest.hex[second...]
        text += suffix
        return text
    }

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
            guard shard.utf8.count == 2, try Folder.isSubfolder("\(path)/\(folder)/\(shard)") else {
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
