import Foundation
import Glibc

/// How much a store holds.
package struct StoreStatistics: Hashable, Sendable {
    package var objects = 0
    /// Bytes of the objects on disk.
    package var bytesOnDisk = 0
    /// Bytes of their contents, as the frames' headers say.
    package var bytesUncompressed = 0
    package var executions = 0
    /// Of keys that were executed again with another result.
    package var superseded = 0
    package var checkpoints = 0
    /// Files that are mapped, and can be made again.
    package var materialized = 0
    package var materializedBytes = 0
    /// Entries of `tmp/` whose process is gone.
    package var leftovers = 0
    package var quarantined = 0
}

extension Store {
    /// Counts what is there, from names, sizes and frame headers; nothing is decompressed.
    package func statistics() throws -> StoreStatistics {
        var statistics = StoreStatistics()
        for digest in try objectDigests() {
            guard let outline = try? ObjectOutline(objectPath(digest)) else { continue }
            statistics.objects += 1
            statistics.bytesOnDisk += outline.fileSize
            statistics.bytesUncompressed += outline.contentSize ?? 0
        }
        statistics.executions = try executionKeys().count
        statistics.superseded = try supersededResults().count
        statistics.checkpoints = try Folder.entries(path + "/checkpoints").count { Digest(hex: $0) != nil }
        let materialized = try materializedFiles()
        let folders = try materializedFolders()
        statistics.materialized = materialized.count + folders.count
        statistics.materializedBytes =
            materialized.reduce(0) { $0 + $1.bytes } + folders.reduce(0) { $0 + materializedBytes(of: $1) }
        statistics.leftovers = try leftovers().count
        statistics.quarantined = try Folder.entries(path + "/quarantine").count(where: Self.isSetAside)
        return statistics
    }

    /// Bytes of an object on disk, or nil if it isn't there.
    package func bytesOnDisk(_ digest: Digest) -> Int? {
        var status = stat()
        return stat(objectPath(digest), &status) == 0 ? Int(status.st_size) : nil
    }

    /// Removes what dead processes left in `tmp/`, and stale checkpoints; what can't be removed stays.
    package func sweepLeftovers() throws {
        for name in try leftovers() { _ = TreeRemoval.remove(path + "/tmp/" + name) }
        try sweepCheckpoints()
    }

    /// Names below `tmp/` that calm gave, in a process that is gone.
    package func leftovers() throws -> [String] {
        try Folder.entries(path + "/tmp").filter { TemporaryName.isLeftover($0) }
    }
}
