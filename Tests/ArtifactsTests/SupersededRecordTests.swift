import Artifacts
import Foundation
import Testing

@Suite struct SupersededRecordTests {
    let temporary: TemporaryStore
    let record: ExecutionRecord
    var store: Store { temporary.store }

    init() throws {
        temporary = try TemporaryStore()
        record = try temporary.publish(kind: "model.train", seed: 1).record
    }

    private func publish(_ change: (inout ExecutionRecord) -> Void) throws {
        var other = record
        other.startedAt += 10
        change(&other)
        try store.publish(other)
    }

    @Test("a record with other outputs or metrics keeps the one before, which isn't the key's any more")
    func kept() throws {
        try publish { $0.metrics["loss"] = 0.25 }
        #expect(try store.supersededResults() == [record.keyedResult])
        #expect(try store.superseded(record.keyedResult) == record)
        #expect(try store.execution(record.key)?.metrics == ["loss": 0.25])
        try publish { $0.outputs = ["other": record.key] }
        #expect(try store.supersededResults().count == 2 && store.executionKeys() == [record.key])
    }

    @Test("one with the same result takes its place, as before")
    func same() throws {
        try publish { $0.seconds = 7 }
        #expect(try store.supersededResults().isEmpty)
        #expect(try store.execution(record.key)?.seconds == 7)
    }

    @Test("of equal results the first is kept, since runs have its times")
    func equal() throws {
        for loss in [0.25, 0.5, 0.25] { try publish { $0.metrics["loss"] = loss } }
        #expect(try store.superseded(record.keyedResult)?.startedAt == record.startedAt)
    }

    @Test("results differ by roles, digests, names and values; not by how one writes what isn't a number, or zero")
    func digests() throws {
        func result(_ outputs: [String: Digest], _ metrics: [String: Double]) -> ResultDigest {
            ResultDigest(outputs: outputs, metrics: metrics)
        }
        let (one, two) = (Digest(of: Data("1".utf8)), Digest(of: Data("2".utf8)))
        let different = [
            result([:], [:]), result(["a": one], [:]), result(["b": one], [:]), result(["a": two], [:]),
            result(["a": one, "b": two], [:]), result(["a": one], ["n": 1]), result(["a": one], ["n": -1]),
            result(["a": one], ["m": 1]), result(["a": one], ["n": .nan]), result(["a": one], ["n": 0]),
            result(["a": one], ["n": .infinity]),
        ]
        #expect(Set(different).count == different.count)
        #expect(result([:], ["n": .nan]) == result([:], ["n": -Double.signalingNaN]))
        #expect(result([:], ["n": 0]) == result([:], ["n": -0.0]))
        #expect(different.allSatisfy { ResultDigest(hex: $0.hex) == $0 })
        #expect(ResultDigest(hex: "0123456789a") == nil && ResultDigest(hex: "0123456789AB") == nil)
    }

    @Test("a stray file beside the records is named and stays", arguments: ["notes.txt", ".DS_Store", "zz"])
    func stray(name: String) throws {
        try publish { $0.metrics["loss"] = 0.25 }
        let file = store.root.appendingPathComponent("superseded/\(name)")
        try? FileManager.default.removeItem(at: file)
        try Data("mine".utf8).write(to: file)
        #expect(try store.supersededResults() == [record.keyedResult])
        #expect(try store.statistics().superseded == 1)
        #expect(try store.verify().notes.contains(.stranger("superseded/\(name)")))
        #expect(try Data(contentsOf: file) == Data("mine".utf8))
    }

    @Test("one whose content has another result than its name says is damaged, and strangers are named")
    func misnamed() throws {
        try publish { $0.metrics["loss"] = 0.25 }
        let folder = store.root.appendingPathComponent("superseded/\(record.key.hex.prefix(2))")
        let name = "\(record.key.hex.dropFirst(2))"
        try FileManager.default.moveItem(
            at: folder.appendingPathComponent("\(name)-\(record.result).json"),
            to: folder.appendingPathComponent("\(name)-0123456789ab.json"))
        try Data().write(to: folder.appendingPathComponent("\(name).json"))
        let report = try store.verify()
        #expect(report.damage.map(\.problem) == [.damaged])
        #expect(report.damage.first?.message.contains("its result is \(record.result), not 0123456789ab") == true)
        #expect(report.notes.contains(.stranger("superseded/\(folder.lastPathComponent)/\(name).json")))
    }
}
