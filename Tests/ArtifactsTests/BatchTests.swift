import Artifacts
import Foundation
import Testing

@Suite("Batches of writes") struct BatchTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore(inMemory: true) }

    @Test("what a batch writes appears at its end, and leaves no temporary file")
    func atItsEnd() throws {
        let member = try store.batch { batch in
            let member = try batch.put(Data("abc".utf8))
            #expect(!store.contains(member.digest))
            #expect(temporary.temporaryFiles.count == 1)
            return member
        }
        #expect(try store.data(member.digest) == Data("abc".utf8))
        #expect(temporary.temporaryFiles.isEmpty)
    }

    @Test("more files than may wait at once are all stored, whatever their sizes")
    func many() throws {
        let file = temporary.root.appendingPathComponent("large")
        try noise(3_000_000).write(to: file)
        let members = try store.batch { batch in
            try (0..<700).map { number in
                number == 300 ? try batch.put(file: file) : try batch.put(Data("number \(number)".utf8))
            }
        }
        for (number, member) in members.enumerated() where number != 300 {
            #expect(try store.data(member.digest) == Data("number \(number)".utf8))
        }
        #expect(try store.objectDigests() == members.map(\.digest).sorted())
        #expect(try store.verify().damage.isEmpty)
        #expect(temporary.temporaryFiles.isEmpty)
    }

    @Test("equal content within a batch is one object")
    func equalContent() throws {
        let members = try store.batch { batch in
            let members = try [1, 2, 1].map { try batch.put(Data("\($0)".utf8)) }
            #expect(temporary.temporaryFiles.count == 2)
            return members
        }
        #expect(members[0] == members[2])
        #expect(try store.objectDigests().count == 2)
    }

    @Test("if the body fails, nothing of what waits appears or is left behind")
    func failure() throws {
        struct Refusal: Error {}
        #expect(throws: Refusal.self) {
            try store.batch { batch in
                _ = try batch.put(Data("abc".utf8))
                throw Refusal()
            }
        }
        #expect(try store.objectDigests().isEmpty)
        #expect(temporary.temporaryFiles.isEmpty)
    }

    @Test("the record of an execution appears at once, and what was written before it with it")
    func executionRecord() throws {
        try store.batch { batch in
            let member = try batch.put(Data("abc".utf8))
            let artifact = try batch.put(Manifest(type: .file, members: ["m": member]))
            let record = temporary.record(seed: 1, output: artifact)
            try batch.publish(record)
            #expect(try store.execution(record.key) == record)
            #expect(store.isComplete(record.outputs.values.first ?? record.key))
        }
    }

    @Test("a batch within a batch ends with the outer one")
    func nested() throws {
        try store.batch { outer in
            let member = try outer.batch { try $0.put(Data("abc".utf8)) }
            #expect(!store.contains(member.digest))
        }
        #expect(try store.objectDigests().count == 1)
    }

    @Test("a place that can't be written fails the batch with its path, and leaves no temporary file")
    func unusableFolder() throws {
        let digest = Digest(of: Data("abc".utf8))
        let shard = store.objectURL(digest).deletingLastPathComponent()
        try Data().write(to: shard)
        let error = storeError { try store.batch { batch in _ = try batch.put(Data("abc".utf8)) } }
        #expect(error?.message.contains(shard.path) == true)
        #expect(temporary.temporaryFiles.isEmpty)
    }
}
