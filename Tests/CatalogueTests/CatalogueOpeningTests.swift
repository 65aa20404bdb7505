import Artifacts
import Catalogue
import Foundation
import GRDB
import Glibc
import ProcessorTime
import Testing

struct CatalogueOpeningTests {
    let temporary: TemporaryCatalogue
    var store: Store { temporary.store }

    init() throws { temporary = try TemporaryCatalogue() }

    /// What another program does to the file while no catalogue has it open.
    private func execute(_ sql: String, in store: Store) throws {
        try DatabaseQueue(path: store.catalogue.path).writeWithoutTransaction { db in try db.execute(sql: sql) }
    }

    private func freshStore() throws -> Store {
        try Store(opening: store.root.appendingPathComponent("runs/store-\(UUID().uuidString)"), create: true)
    }

    @Test("an existing catalogue opens in less than 5 ms")
    func speed() throws {
        let times = try (0..<20).map { _ in try processorSeconds { _ = try Catalogue(store: store) } }
        #expect(try #require(times.min()) < 0.05)
    }

    @Test("a write-ahead log where possible, a rollback journal where not", arguments: [true, false])
    func journal(writeAheadLog: Bool) throws {
        let store = try freshStore()
        let catalogue = try Catalogue(store: store, writeAheadLog: writeAheadLog)
        let record = try store.execute()
        try catalogue.adopt(record, stage: "a", manifests: store.manifests(of: record))
        #expect(try catalogue.execution(record.key)?.stage == "a")
        let mode = try DatabaseQueue(path: store.catalogue.path).read { db in
            try String.fetchOne(db, sql: "PRAGMA journal_mode")
        }
        #expect(mode == (writeAheadLog ? "wal" : "delete"))
        // Who opens it next keeps to it: it may be in use on another machine.
        _ = try Catalogue(store: store)
        let later = try DatabaseQueue(path: store.catalogue.path).read { db in
            try String.fetchOne(db, sql: "PRAGMA journal_mode")
        }
        #expect(later == mode)
    }

    @Test("file systems that several machines may use get a rollback journal")
    func sharedFileSystems() throws {
        for name in ["nfs", "nfs4", "cifs", "9p", "lustre", "ceph", "fuse", "fuse.sshfs"] {
            #expect(FileSystemKind.isShared(name))
        }
        for name in ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs", "fuseblk"] {
            #expect(!FileSystemKind.isShared(name))
        }
        let mounts = """
            22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
            40 22 0:51 / /home/a\\040b rw,nosuid shared:9 master:2 - nfs4 server:/home rw,vers=4.2
            41 22 0:52
            """
        #expect(FileSystemKind.name(ofDevice: "254:0", in: mounts) == "ext4")
        #expect(FileSystemKind.name(ofDevice: "0:51", in: mounts) == "nfs4")
        #expect(FileSystemKind.name(ofDevice: "0:52", in: mounts) == nil)
        #expect(FileSystemKind.name(at: "/proc") == "proc")
        #expect(FileSystemKind.name(at: "/proc/nonesuch") == nil)
    }

    @Test("a filling that was cut short is done again over what it left")
    func refilled() throws {
        let store = try freshStore()
        let record = try store.execute()
        let folder = try store.makeFolder(ofRun: "r1")
        let run = RunRow(
            id: "r1", pipeline: "p", file: "p.yaml", startedAt: 1, commandLine: "calm run p.yaml",
            parameters: .object([:]), exit: 1, seconds: 2)
        let stage = RunStageRow(
            run: "r1", position: 0, name: "s", kind: record.kind, state: "executed", key: record.key, why: "new",
            location: "p.yaml:3:1")
        let gate = GateRow(run: "r1", stage: "s", metric: "loss", expected: "> 1", value: 0.5, passed: false)
        try RunRecord(run: run, stages: [stage], gates: [gate]).write(to: folder)
        for _ in 0..<2 {
            do {
                let catalogue = try Catalogue(store: store)
                #expect(try catalogue.runs(limit: 9).map(\.id) == ["r1"])
                #expect(try catalogue.stages(run: "r1").map(\.name) == ["s"])
                #expect(try catalogue.gates(run: "r1").count == 1)
                #expect(try catalogue.execution(record.key) != nil)
            }
            // The mark that it is finished is set last.
            try execute("PRAGMA user_version = 0", in: store)
        }
    }

    @Test("a newer catalogue is refused with the way out")
    func newer() throws {
        let store = try freshStore()
        _ = try Catalogue(store: store)
        try execute("PRAGMA user_version = 99", in: store)
        let error = storeError { _ = try Catalogue(store: store) }
        #expect(error?.code == .newerFormat)
        #expect(error?.message.contains("version 99") == true)
        #expect(error?.message.contains(store.catalogue.path) == true)
    }

    @Test("a file that is no database, or another program's, is refused with the way out")
    func foreign() throws {
        let store = try freshStore()
        try Data(repeating: 65, count: 10_000).write(to: store.catalogue)
        let text = storeError { _ = try Catalogue(store: store) }
        #expect(text?.code == .damaged)
        #expect(text?.message.contains("move the file away") == true)
        try FileManager.default.removeItem(at: store.catalogue)
        try execute("CREATE TABLE recipes (name TEXT)", in: store)
        #expect(storeError { _ = try Catalogue(store: store) }?.code == .damaged)
    }

    @Test("a catalogue with torn pages gives an error, not wrong rows")
    func torn() throws {
        let store = try freshStore()
        let record = try store.execute()
        try Catalogue(store: store).adopt(record, stage: "a", manifests: store.manifests(of: record))
        try execute("PRAGMA wal_checkpoint(TRUNCATE)", in: store)
        var bytes = try Data(contentsOf: store.catalogue)
        for offset in 4096..<bytes.count { bytes[offset] = 0x5A }
        try bytes.write(to: store.catalogue)
        let error = storeError { _ = try Catalogue(store: store).execution(record.key) }
        #expect(error?.code == .damaged)
    }

    @Test("a removed catalogue comes back from the execution records")
    func removed() throws {
        let store = try freshStore()
        let record = try store.execute()
        let broken = try store.execute(kind: "data.make")
        for output in broken.outputs.values { try store.remove(object: output) }
        let catalogue = try Catalogue(store: store)
        #expect(try catalogue.execution(record.key)?.outputs == record.outputs)
        #expect(try catalogue.execution(broken.key) == nil)
    }

    @Test("many who open a new catalogue at once all succeed")
    func race() async throws {
        let store = try freshStore()
        let record = try store.execute()
        let found = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { try Catalogue(store: store).execution(record.key) != nil } }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(found == 8)
    }

    @Test("writers at once wait for each other")
    func writers() async throws {
        let store = store
        let records = try (0..<8).map { try store.execute(with: ["n": .int($0)]) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for record in records {
                group.addTask {
                    try Catalogue(store: store).adopt(record, stage: "s", manifests: store.manifests(of: record))
                }
            }
            try await group.waitForAll()
        }
        #expect(try temporary.catalogue.executions(records.map(\.key)).count == 8)
    }

    @Test("a read-only store can be queried and refuses writes")
    func readOnly() async {
        await #expect(processExitsWith: .success) {
            let temporary = try TemporaryCatalogue()
            let record = try temporary.store.execute()
            try temporary.adopt(record, stage: "train")
            // As root every permission holds, hence another user.
            if geteuid() == 0 { #expect(seteuid(65534) == 0) } else { chmod(temporary.store.root.path, 0o555) }
            let catalogue = try Catalogue(store: Store(opening: temporary.store.root, create: false))
            #expect(catalogue.isReadOnly)
            #expect(try catalogue.execution(record.key)?.stage == "train")
            let manifests = try temporary.store.manifests(of: record)
            let error = storeError { try catalogue.adopt(record, stage: "x", manifests: manifests) }
            #expect(error?.code == .readOnly)
            seteuid(0)
            chmod(temporary.store.root.path, 0o755)
        }
    }
}
