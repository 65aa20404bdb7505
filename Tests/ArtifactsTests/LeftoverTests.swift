import Artifacts
import Foundation
import Glibc
import Testing

@Suite("What dead processes leave in a store") struct LeftoverTests {
    private let temporary: TemporaryStore
    private let store: Store

    init() throws {
        temporary = try TemporaryStore()
        store = temporary.store
    }

    @Test("a process that is dead but not yet waited for is gone: without an init process nobody ever waits for it")
    func zombie() throws {
        var process = pid_t()
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
        defer { free(arguments[0]) }
        try #require(posix_spawn(&process, "/bin/true", nil, nil, &arguments, nil) == 0)
        var fields: [Substring] = []
        for _ in 0..<3_000 where fields.first != "Z" {
            usleep(1_000)
            let stat = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        }
        try #require(fields.first == "Z")
        let name = "\(process)-\(fields[19])-1.calm"
        try Data().write(to: store.tmp.appendingPathComponent(name))
        #expect(try store.leftovers() == [name])
        waitpid(process, nil, 0)
        try store.sweepLeftovers()
        #expect(temporary.temporaryFiles.isEmpty)
    }

    @Test("what earlier versions left, without a suffix, goes if its process is dead; dates and numbers of others stay")
    func earlierVersions() throws {
        var process = pid_t()
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
        defer { free(arguments[0]) }
        try #require(posix_spawn(&process, "/bin/true", nil, nil, &arguments, nil) == 0)
        waitpid(process, nil, 0)
        let own = store.temporaryURL().lastPathComponent.dropLast(".calm".count)
        let others = [
            "2026-11-29", "11-29-2026", "29-11-2026", "1-2026-1", "\(process)-0-1", "\(process)-123456-x", "\(own)",
        ]
        for name in others + ["\(process)-123456-1"] { try Data().write(to: store.tmp.appendingPathComponent(name)) }
        #expect(try store.leftovers() == ["\(process)-123456-1"])
    }

    @Test("what a living process writes stays")
    func living() throws {
        try Data().write(to: store.temporaryURL())
        try store.sweepLeftovers()
        #expect(temporary.temporaryFiles.count == 1)
    }

    /// A checkpoint of one file, modified so many seconds after the stage's execution was recorded.
    private func checkpoint(_ key: Digest, after seconds: Double) throws -> URL {
        let file = store.checkpoints(of: key).appendingPathComponent("state")
        try store.replace(file, with: [Data("a".utf8), Data("b".utf8)])
        let recorded = try #require(
            try FileManager.default.attributesOfItem(atPath: store.executionURL(key).path)[.modificationDate] as? Date)
        try FileManager.default.setAttributes(
            [.modificationDate: recorded.addingTimeInterval(seconds)], ofItemAtPath: file.path)
        return file
    }

    @Test("a checkpoint older than its stage's record goes; a younger one is that of a forced execution, and stays")
    func staleCheckpoint() throws {
        let old = try checkpoint(try temporary.publish(kind: "test.kind", seed: 1).record.key, after: -1)
        let young = try checkpoint(try temporary.publish(kind: "test.kind", seed: 2).record.key, after: 1)
        let unfinished = store.checkpoints(of: Digest(of: Data("unfinished".utf8))).appendingPathComponent("state")
        try store.replace(unfinished, with: [Data("c".utf8)])
        try store.sweepLeftovers()
        #expect(!FileManager.default.fileExists(atPath: old.deletingLastPathComponent().path))
        #expect(try Data(contentsOf: young) == Data("ab".utf8))
        #expect(try Data(contentsOf: unfinished) == Data("c".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: store.locks.path).isEmpty)
    }

    @Test("a stale checkpoint whose stage is under way stays")
    func checkpointInUse() throws {
        let key = try temporary.publish(kind: "test.kind", seed: 1).record.key
        let file = try checkpoint(key, after: -1)
        let lock = try FileLock.exclusive(store.locks.appendingPathComponent(key.hex), wait: false)
        try store.sweepLeftovers()
        #expect(FileManager.default.fileExists(atPath: file.path))
        withExtendedLifetime(lock) {}
    }
}
