import Artifacts
import Foundation
import Testing

@Suite("Files to be mapped") struct MaterializedTests {
    private let key = Digest(of: Data("a key".utf8))

    private func fill(_ store: Store, _ key: Digest, _ content: [UInt8], limit: Int = 1 << 20) throws -> Data {
        try store.materialize(key, bytes: content.count, limit: limit) { writer in
            // Back to front: the order is the filler's.
            for index in content.indices.reversed() {
                try content[index...index].withUnsafeBytes { try writer.write($0, at: index) }
            }
        }
    }

    private func path(_ store: Store, _ key: Digest) -> URL {
        store.root.appendingPathComponent("materialized/\(key.hex)")
    }

    @Test("a file is found by its key, and is no object, record or damage")
    func found() throws {
        let temporary = try TemporaryStore()
        #expect(try temporary.store.materialized(key) == nil)
        #expect(try fill(temporary.store, key, [1, 2, 3]) == Data([1, 2, 3]))
        #expect(try temporary.store.materialized(key) == Data([1, 2, 3]))
        let statistics = try temporary.store.statistics()
        #expect(statistics.materialized == 1 && statistics.materializedBytes == 3 && statistics.objects == 0)
        #expect(try temporary.store.verify().isSound)
        try FileManager.default.removeItem(at: path(temporary.store, key))
        #expect(try temporary.store.materialized(key) == nil)
        #expect(try temporary.store.verify().isSound)
    }

    @Test("a file that was changed, cut, or has lost its digest is not believed", arguments: ["flip", "cut", "lost"])
    func damaged(_ damage: String) throws {
        let temporary = try TemporaryStore()
        _ = try fill(temporary.store, key, [1, 2, 3])
        let file = path(temporary.store, key)
        try FileManager.default.removeItem(at: damage == "lost" ? file.appendingPathExtension("sha256") : file)
        if damage != "lost" { try Data(damage == "flip" ? [1, 2, 7] : [1, 2]).write(to: file) }
        #expect(try temporary.store.materialized(key) == nil)
        #expect(try fill(temporary.store, key, [4, 5]) == Data([4, 5]))
        #expect(try temporary.store.materialized(key) == Data([4, 5]))
    }

    @Test("a filler that fails leaves nothing behind")
    func failing() throws {
        struct Failure: Error {}
        let temporary = try TemporaryStore()
        #expect(throws: Failure.self) {
            _ = try temporary.store.materialize(key, bytes: 9, limit: 100) { _ in throw Failure() }
        }
        #expect(try temporary.store.materialized(key) == nil)
        #expect(temporary.temporaryFiles == [])
    }

    @Test("makers of different files that can't all stay each get theirs, and the bound holds", arguments: 1...5)
    func concurrent(round: Int) async throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        try await withThrowingTaskGroup(of: Void.self) { group in
            for byte in 0..<4 as Range<UInt8> {
                group.addTask {
                    let content = [UInt8](repeating: byte, count: 1000)
                    let key = Digest(of: Data([byte]))
                    for _ in 0..<5 {
                        let made = try store.materialize(key, bytes: content.count, limit: 2500) { writer in
                            usleep(300)
                            // While it is made, too, all together keep to the bound.
                            let others = try store.materializedFiles().reduce(0) { $0 + $1.bytes }
                            #expect(others + content.count <= 2500)
                            try content.withUnsafeBytes { try writer.write($0, at: 0) }
                        }
                        #expect(made == Data(content))
                    }
                }
            }
            try await group.waitForAll()
        }
        let kept = try store.materializedFiles()
        #expect(kept.count == 2)
        for (key, _) in kept { #expect(try store.materialized(key) != nil) }
        let names = try FileManager.default.contentsOfDirectory(
            atPath: store.root.appendingPathComponent("materialized").path)
        #expect(names.count == 4)
        #expect(temporary.temporaryFiles == [])
    }

    @Test("a file is begun when the one before it is done, so that half-made files count in the bound")
    func oneAfterTheOther() throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        let (other, done) = (Digest(of: Data("another".utf8)), DispatchSemaphore(value: 0))
        _ = try store.materialize(key, bytes: 3, limit: 5) { writer in
            Thread.detachNewThread {
                _ = try? self.fill(store, other, [4, 5, 6], limit: 5)
                done.signal()
            }
            #expect(done.wait(timeout: .now() + 0.3) == .timedOut)
            // Who only trims doesn't wait.
            try store.trimMaterialized(to: 0)
            try [1, 2, 3 as UInt8].withUnsafeBytes { try writer.write($0, at: 0) }
        }
        #expect(done.wait(timeout: .now() + 30) == .success)
        #expect(try store.materializedFiles().map(\.key) == [other])
    }

    @Test("a smaller bound frees what is beyond it, and what a killed process left half made")
    func trimmed() throws {
        let temporary = try TemporaryStore()
        try temporary.store.trimMaterialized(to: 0)
        let other = Digest(of: Data("another".utf8))
        _ = try fill(temporary.store, key, [1, 2, 3])
        _ = try fill(temporary.store, other, [4, 5, 6])
        try FileManager.default.removeItem(at: path(temporary.store, other))
        try temporary.store.trimMaterialized(to: 3)
        #expect(try temporary.store.materialized(key) == Data([1, 2, 3]))
        let orphan = path(temporary.store, other).appendingPathExtension("sha256")
        #expect(!FileManager.default.fileExists(atPath: orphan.path))
        try temporary.store.trimMaterialized(to: 2)
        #expect(try temporary.store.materializedFiles().isEmpty)
    }

    @Test("the file unused for longest makes room, and whoever has it mapped keeps it")
    func bounded() throws {
        let temporary = try TemporaryStore()
        let keys = (0..<3).map { Digest(of: Data([UInt8($0)])) }
        let first = try fill(temporary.store, keys[0], [0, 0, 0, 0])
        _ = try fill(temporary.store, keys[1], [1, 1, 1, 1])
        // The second is the older now, by an hour.
        let hourAgo = [FileAttributeKey.modificationDate: Date(timeIntervalSinceNow: -3600)]
        try FileManager.default.setAttributes(hourAgo, ofItemAtPath: path(temporary.store, keys[1]).path)
        _ = try fill(temporary.store, keys[2], [2, 2, 2, 2], limit: 8)
        #expect(Set(try temporary.store.materializedFiles().map(\.key)) == [keys[0], keys[2]])
        _ = try fill(temporary.store, keys[1], [1, 1, 1, 1], limit: 4)
        #expect(try temporary.store.materializedFiles().map(\.key) == [keys[1]])
        #expect(first == Data([0, 0, 0, 0]))
    }
}
