import Artifacts
import Foundation
import Glibc
import Testing

/// Whatever happens to an execution record, it is found on reading.
struct RecordDamageTests {
    let temporary: TemporaryStore
    let record: ExecutionRecord
    let sound: [UInt8]
    var store: Store { temporary.store }

    init() throws {
        temporary = try TemporaryStore(inMemory: true)
        record = try temporary.publish(kind: "model.train", seed: 1).record
        sound = try Array(Data(contentsOf: temporary.store.executionURL(record.key)))
    }

    /// What reading says of these bytes in the record's place.
    private func code(of bytes: [UInt8]) throws -> StoreError.Code? {
        try Data(bytes).write(to: store.executionURL(record.key))
        let code = storeError { _ = try store.readExecution(record.key) }?.code
        #expect((try store.execution(record.key) == nil) == (code != nil))
        return code
    }

    private func code(of json: JSONValue) throws -> StoreError.Code? { try code(of: Array(json.canonical.utf8)) }

    /// The record with other members and a checksum that is right for them.
    private func sealed(_ changes: [String: JSONValue]) -> JSONValue {
        var members = (record.json.members ?? [:]).merging(changes) { $1 }
        members["checksum"] = nil
        members["checksum"] = .string(Digest(of: Array(JSONValue.object(members).canonical.utf8)).hex)
        return .object(members)
    }

    @Test("every flipped bit is damage")
    func flips() throws {
        #expect(try code(of: sound) == nil)
        for index in sound.indices {
            for bit in 0..<8 {
                var bytes = sound
                bytes[index] ^= 1 << bit
                #expect(try code(of: bytes) == .damaged, "bit \(bit) of byte \(index)")
            }
        }
    }

    @Test("every truncation, appended bytes and another's record are damage")
    func lengths() throws {
        for count in 0..<sound.count { #expect(try code(of: Array(sound[..<count])) == .damaged, "\(count) bytes") }
        #expect(try code(of: sound + [0x20]) == .damaged)
        #expect(try code(of: temporary.publish(kind: "model.train", seed: 2).record.json) == .damaged)
    }

    @Test("a record of the first format, without a checksum, is read")
    func firstFormat() throws {
        var members = try #require(record.json.members)
        members["checksum"] = nil
        #expect(try code(of: .object(members)) == .damaged, "the second format must have one")
        members["format"] = .int(1)
        #expect(try code(of: .object(members)) == nil)
        #expect(try store.execution(record.key) == record)
    }

    @Test("a newer record is told from a damaged one by its checksum")
    func newer() throws {
        #expect(try code(of: sealed(["format": .int(4), "more": .null])) == .newerFormat)
        #expect(try store.verify().notes.contains(.newerRecord(record.key)))
        var members = try #require(record.json.members)
        members["format"] = .int(4)
        #expect(try code(of: .object(members)) == .damaged)
    }

    @Test(
        "records that no calm writes are damage, even with a right checksum",
        arguments: [
            ["keyDocument": JSONValue.object(["kind": .string("model.train")])], ["startedAt": .string("NaN")],
            ["seconds": .string("Infinity")], ["outputs": .object(["model": .string("../../x")])],
            ["outputs": .array([])], ["metrics": .object(["loss": .string("low")])], ["format": .int(0)],
            ["peakMemoryBytes": .double(1e300)], ["more": .null],
        ])
    func hostile(_ changes: [String: JSONValue]) throws {
        #expect(try code(of: sealed([:])) == nil)
        #expect(try code(of: sealed(changes)) == .damaged)
    }

    @Test("deep nesting, duplicate keys and what isn't JSON are damage; an absurd size is refused unread")
    func malformed() throws {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        for text in [deep, "{\"format\":1,\"format\":1}", "\u{FEFF}{}", "null", "{}", "{\"checksum\":\"", "\0"] {
            #expect(try code(of: Array(text.utf8)) == .damaged, "\(text.prefix(40))")
        }
        #expect(truncate(store.executionURL(record.key).path, 1 << 40) == 0)
        #expect(storeError { _ = try store.readExecution(record.key) }?.code == .hostile)
        #expect(try store.verify().damage.map(\.subject) == [.execution(record.key)])
    }

    @Test("a pipe in the place of a record or an object is an error, and nobody waits for its writer")
    func pipes() throws {
        let blob = try store.put(noise(100)).digest
        for url in [store.executionURL(record.key), store.objectURL(blob)] {
            try FileManager.default.removeItem(at: url)
            #expect(mkfifo(url.path, 0o644) == 0)
        }
        #expect(storeError { _ = try store.readExecution(record.key) }?.code == .io)
        #expect(storeError { _ = try store.data(blob) }?.code == .io)
        #expect(try store.verify().damage.count == 2)
    }
}
