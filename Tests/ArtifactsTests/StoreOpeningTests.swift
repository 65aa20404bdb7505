import Artifacts
import Foundation
import Synchronization
import Testing

struct StoreOpeningTests {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("calm-open-\(UUID().uuidString)")

    private func write(_ text: String, _ name: String) throws {
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: root.appendingPathComponent(name))
    }

    private func open(create: Bool) -> StoreError? { storeError { _ = try Store(opening: root, create: create) } }

    private func remove() { try? FileManager.default.removeItem(at: root) }

    @Test("a new store has its layout, and opening it again changes nothing")
    func layout() throws {
        defer { remove() }
        let nested = root.appendingPathComponent("deep/er")
        _ = try Store(opening: nested, create: true)
        let store = try Store(opening: nested, create: false)
        let names = try FileManager.default.contentsOfDirectory(atPath: nested.path).sorted()
        #expect(
            names == [
                ".gitignore", "checkpoints", "collected", "executions", "format", "imports", "locks", "materialized",
                "objects",
                "pins", "quarantine", "reports", "runs", "telemetry", "tmp",
            ])
        #expect(try FileManager.default.contentsOfDirectory(atPath: store.tmp.path).isEmpty)
        #expect(store.catalogue.lastPathComponent == "catalogue.sqlite")
    }

    @Test("a checkout's README and ignore file may stand in the folder")
    func checkout() throws {
        defer { remove() }
        try write("# Store", "README.md")
        try write("*", ".gitignore")
        #expect(open(create: true) == nil)
        try FileManager.default.removeItem(at: root.appendingPathComponent("tmp"))
        let store = try Store(opening: root, create: false)
        #expect(throws: Never.self) { try store.put(Data("x".utf8)) }
    }

    @Test("a folder full of other things, a file and nothing at all are no stores")
    func foreign() throws {
        defer { remove() }
        #expect(open(create: false)?.code == .notAStore)
        #expect(!FileManager.default.fileExists(atPath: root.path))
        try write("thesis", "thesis.txt")
        let error = open(create: true)
        #expect(error?.code == .notAStore)
        #expect(error?.message.contains("thesis.txt") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: root.path) == ["thesis.txt"])
        let file = root.appendingPathComponent("thesis.txt")
        #expect(storeError { _ = try Store(opening: file, create: true) }?.code == .notAStore)
    }

    @Test("a newer format is refused, and a format file that says something else")
    func format() throws {
        defer { remove() }
        try write("calm store 2\n", "format")
        #expect(open(create: true)?.code == .newerFormat)
        #expect(open(create: false)?.message.contains("format 2") == true)
        try write("something else", "format")
        #expect(open(create: true)?.code == .notAStore)
        try write("calm store 1", "format")
        #expect(open(create: true) == nil)
    }

    @Test("of several who make a store at once, none takes the others' work for something foreign")
    func together() throws {
        let errors = Mutex<[String]>([])
        for _ in 0..<100 {
            let root = FileManager.default.temporaryDirectory.appendingPathComponent("calm-store-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: root) }
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                do {
                    // Whoever has it made goes on to fill it.
                    try Data().write(to: try Store(opening: root, create: true).catalogue)
                } catch {
                    errors.withLock { $0.append("\(error)") }
                }
            }
        }
        #expect(errors.withLock { $0 } == [])
    }

    @Test("statistics count what is there")
    func statistics() throws {
        let temporary = try TemporaryStore()
        let execution = try temporary.publish(kind: "test.kind", seed: 1)
        _ = try temporary.store.put(Data(repeating: 0, count: 1 << 20))
        try Data("half".utf8).write(to: temporary.store.tmp.appendingPathComponent("1-1-1.calm"))
        try Data("mine".utf8).write(to: temporary.store.temporaryURL())
        let checkpoint = temporary.store.checkpoints.appendingPathComponent(execution.record.key.hex)
        try FileManager.default.createDirectory(at: checkpoint, withIntermediateDirectories: true)
        let statistics = try temporary.store.statistics()
        #expect(statistics.objects == 3)
        #expect(statistics.bytesUncompressed > 1 << 20)
        #expect(statistics.bytesOnDisk < 1 << 16)
        #expect(statistics.executions == 1)
        #expect(statistics.checkpoints == 1)
        #expect(statistics.leftovers == 1)
        #expect(statistics.quarantined == 0)
        #expect(try temporary.store.leftovers() == ["1-1-1.calm"])
    }
}
