import Artifacts
import Foundation
import Testing

@Suite("Other people's files: where they are no store is made, and in a store they stay") struct ForeignFilesTests {
    private let root = FileManager.default.temporaryDirectory.appendingPathComponent(
        "calm-foreign-\(UUID().uuidString)")
    private var files: FileManager { .default }

    private func write(_ text: String, _ name: String) throws {
        let file = root.appendingPathComponent(name)
        try files.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private func names() throws -> [String] { try files.subpathsOfDirectory(atPath: root.path).sorted() }

    @Test(
        "a folder that holds anything of somebody else's isn't made a store, whatever the names; nothing in it changes",
        arguments: [
            "tmp/model.bin", "tmp/2026-11-29", "tmp/7-7-7.calm", "reports/unit.xml", "runs/7/log.txt",
            "objects/ab/note",
            "checkpoints/epoch-1.pt", "materialized/x.sha256", "quarantine/x", "locks/build", "superseded/x",
            "README.md/x",
            "format/x", "catalogue.sqlite", "imported", "data.csv", ".env", "tmp/.hidden",
        ])
    func refused(_ name: String) throws {
        defer { try? files.removeItem(at: root) }
        try write("precious", name)
        let before = try names()
        for create in [true, false] {
            let error = storeError { _ = try Store(opening: root, create: create) }
            #expect(error?.code == .notAStore, "\(name): \(String(describing: error))")
            #expect(error?.message.contains("--store DIR") == true)
        }
        #expect(try names() == before)
        #expect(try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8) == "precious")
    }

    @Test("the message names some of what is there")
    func message() throws {
        defer { try? files.removeItem(at: root) }
        for name in ["a.csv", "runs/log", "b.csv", "c.csv"] { try write("x", name) }
        let message = storeError { _ = try Store(opening: root, create: true) }?.message ?? ""
        #expect(message.contains("holds other things (a.csv, b.csv, c.csv, …)"), "\(message)")
    }

    @Test("a link in the place of one of the store's folders is somebody else's")
    func link() throws {
        defer { try? files.removeItem(at: root) }
        try files.createDirectory(at: root, withIntermediateDirectories: true)
        try files.createSymbolicLink(
            at: root.appendingPathComponent("tmp"), withDestinationURL: files.temporaryDirectory)
        #expect(storeError { _ = try Store(opening: root, create: true) }?.code == .notAStore)
    }

    @Test("what a creation that was cut short leaves is taken up", arguments: ["7-7-7.calm", "999999999-1-1"])
    func cutShort(_ name: String) throws {
        defer { try? files.removeItem(at: root) }
        try write("calm st", "tmp/\(name)")
        for folder in ["objects", "runs", "tests"] {
            try files.createDirectory(at: root.appendingPathComponent(folder), withIntermediateDirectories: true)
        }
        for file in ["README.md", ".gitattributes", ".gitkeep"] { try write("mine", file) }
        #expect(storeError { _ = try Store(opening: root, create: true) } == nil)
        // The folder wasn't empty, so that what git ignores is left to its owner.
        #expect(!files.fileExists(atPath: root.appendingPathComponent(".gitignore").path))
    }

    @Test("the root of the file system and the top of a git checkout are no place for a store")
    func places() throws {
        defer { try? files.removeItem(at: root) }
        let slash = storeError { _ = try Store(opening: URL(fileURLWithPath: "/"), create: true) }
        #expect(slash?.code == .notAStore && slash?.message.contains("the root of the file system") == true)
        try files.createDirectory(at: root.appendingPathComponent(".git"), withIntermediateDirectories: true)
        let git = storeError { _ = try Store(opening: root, create: true) }
        #expect(git?.code == .notAStore && git?.message.contains("\(root.path)/artifacts") == true)
        #expect(try names() == [".git"])
    }

    @Test("a new folder is kept out of the git repository around it, a folder with an ignore file isn't changed")
    func ignored() throws {
        defer { try? files.removeItem(at: root) }
        _ = try Store(opening: root.appendingPathComponent("new"), create: true)
        #expect(try String(contentsOf: root.appendingPathComponent("new/.gitignore"), encoding: .utf8) == "*\n")
        try write("!x\n", "old/.gitignore")
        _ = try Store(opening: root.appendingPathComponent("old"), create: true)
        #expect(try String(contentsOf: root.appendingPathComponent("old/.gitignore"), encoding: .utf8) == "!x\n")
    }

    private static let foreign = [
        "tmp/model.bin", "tmp/2026-11-29", "tmp/1-1-1", "tmp/01-1-1.calm", "checkpoints/epoch-1.pt",
        "materialized/x.sha256", "quarantine/report-2026.json", "locks/build", "notes.txt",
    ]

    @Test("in a store, neither sweeping nor a collection of everything takes a user's file, and verify names each")
    func kept() throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        for name in Self.foreign { try Data("precious".utf8).write(to: store.root.appendingPathComponent(name)) }
        try Data("half".utf8).write(to: store.tmp.appendingPathComponent("999999999-1-1.calm"))
        try store.sweepLeftovers()
        try store.trimMaterialized(to: 0)
        var options = CollectionOptions()
        (options.unfinishedCheckpoints, options.quarantined) = (true, true)
        let plan = try store.planCollection(CollectionRoots(), options)
        #expect(plan.items == [])
        _ = store.collect(plan)
        #expect(try Set(store.foreignFiles()) == Set(Self.foreign))
        let report = try store.verify()
        #expect(report.isSound && Set(report.notes) == Set(Self.foreign.map { .stranger($0) }))
        #expect(!files.fileExists(atPath: store.tmp.appendingPathComponent("999999999-1-1.calm").path))
    }

    @Test("a lock's name with something in it is no lock that may go")
    func filledLock() throws {
        let temporary = try TemporaryStore()
        let file = temporary.store.locks.appendingPathComponent(String(repeating: "ab", count: 32))
        try Data("mine".utf8).write(to: file)
        #expect(try temporary.store.planCollection(CollectionRoots(), CollectionOptions()).items == [])
        try Data().write(to: file)
        #expect(try temporary.store.planCollection(CollectionRoots(), CollectionOptions()).items.count == 1)
    }

    @Test("a creation is taken back whole, but not once somebody put something there")
    func undo() throws {
        defer { try? files.removeItem(at: root) }
        let (gone, kept) = (root.appendingPathComponent("a/b"), root.appendingPathComponent("kept"))
        let first = StoreCreation(of: gone)
        _ = try Store(opening: gone, create: true)
        first.undo()
        #expect(!files.fileExists(atPath: root.path))
        let second = StoreCreation(of: kept)
        _ = try Store(opening: kept, create: true)
        try write("precious", "kept/runs/mine")
        try write("precious", "kept/notes.txt")
        second.undo()
        #expect(
            storeError { _ = try Store(opening: kept, create: false) } == nil, "the store was taken away around them")
        #expect(files.fileExists(atPath: kept.appendingPathComponent("notes.txt").path))
    }

    @Test("what calm sets aside is its own", arguments: ["", "report-", "refused-", "collected-", "import-"])
    func setAside(_ prefix: String) throws {
        defer { try? files.removeItem(at: root) }
        let store = try Store(opening: root, create: true)
        try write("{", "quarantine/\(prefix)\(String(repeating: "a", count: 64)).json")
        try write("{", "quarantine/\(prefix)mine.json")
        #expect(try store.foreignFiles() == ["quarantine/\(prefix)mine.json"])
    }
}
