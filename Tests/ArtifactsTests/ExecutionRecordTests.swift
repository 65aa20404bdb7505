import Artifacts
import Foundation
import Testing

struct ExecutionRecordTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    @Test("a record comes back exactly, as canonical JSON under its key")
    func roundTrip() throws {
        let record = try temporary.publish(kind: "model.train", seed: 1).record
        #expect(try store.execution(record.key) == record)
        #expect(try store.executionKeys() == [record.key])
        let text = try String(contentsOf: store.executionURL(record.key), encoding: .utf8)
        #expect(text == record.json.canonical)
        #expect(store.executionURL(record.key).path.hasSuffix("\(record.key.hex.dropFirst(2)).json"))
    }

    @Test("the key document keeps 1 and 1.0 apart, so its digest stays the key")
    func keyDocument() throws {
        var record = try temporary.publish(kind: "model.train", seed: 1).record
        record.keyDocument = .object(["with": .object(["a": .double(1), "b": .int(1)])])
        record.key = Digest(of: Data(record.keyDocument.canonical.utf8))
        try store.publish(record)
        let found = try #require(try store.execution(record.key))
        #expect(Digest(of: Data(found.keyDocument.canonical.utf8)) == record.key)
    }

    @Test("metrics that aren't finite survive")
    func notFinite() throws {
        var record = try temporary.publish(kind: "model.train", seed: 1).record
        record.metrics = ["a": .infinity, "b": -.infinity, "c": .nan]
        try store.publish(record)
        let found = try #require(try store.execution(record.key))
        #expect(found.metrics["a"] == .infinity)
        #expect(found.metrics["b"] == -.infinity)
        #expect(found.metrics["c"]?.isNaN == true)
        record.keyDocument = .double(.nan)
        #expect(storeError { try store.publish(record) }?.code == .hostile)
    }

    @Test("kind, version and inputs are read from the key document")
    func facts() throws {
        let inputs = [Digest(of: Data("b".utf8)), Digest(of: Data("a".utf8))]
        let record = try temporary.publish(kind: "model.train", seed: 1, inputs: inputs).record
        #expect(record.kind == "model.train")
        #expect(record.kindVersion == 1)
        #expect(record.inputs.map(\.digest) == inputs)
        #expect(record.inputs.map(\.position) == [0, 1])
    }

    @Test("an absent, damaged, newer or foreign record counts as absent")
    func absent() throws {
        let record = try temporary.publish(kind: "model.train", seed: 1).record
        let other = try temporary.publish(kind: "model.train", seed: 2).record
        #expect(try store.execution(Digest(of: Data("none".utf8))) == nil)
        let newer = JSONValue.object(record.json.members?.merging(["format": .int(3)]) { $1 } ?? [:])
        for text in ["", "{", "[]", other.json.canonical, newer.canonical, "{\"key\":\"\(record.key)\"}"] {
            try Data(text.utf8).write(to: store.executionURL(record.key))
            #expect(try store.execution(record.key) == nil)
        }
    }
}
