import Artifacts
import Catalogue
import Foundation
import ProcessorTime
import Testing

struct ExecutionQueryTests {
    let temporary: TemporaryCatalogue
    var store: Store { temporary.store }
    var catalogue: Catalogue { temporary.catalogue }

    init() throws { temporary = try TemporaryCatalogue() }

    @Test("an adopted execution comes back with outputs, metrics and all objects it needs")
    func adoption() throws {
        let record = try store.execute(
            with: ["rate": .double(1), "steps": .int(1)], metrics: ["loss": 0.25, "worst": .infinity, "none": .nan])
        try temporary.adopt(record, stage: "train")
        let row = try #require(try catalogue.execution(record.key))
        #expect(row.kind == "model.train")
        #expect(row.version == 3)
        #expect(row.stage == "train")
        #expect(row.document == record.keyDocument)
        #expect(row.outputs == record.outputs)
        #expect(row.metrics["loss"] == 0.25)
        #expect(row.metrics["worst"] == .infinity)
        #expect(row.metrics["none"]?.isNaN == true)
        #expect(row.environment == record.environment)
        #expect(row.peakMemoryBytes == 1 << 20)
        #expect(try row.objects == store.objectDigests())
        #expect(row.objects.count == 2)
    }

    @Test("adopting again keeps the first stage name, and a newer record replaces the older")
    func again() throws {
        var record = try store.execute()
        try temporary.adopt(record, stage: "first")
        record.metrics = ["loss": 0.1]
        try temporary.adopt(record, stage: "second")
        let row = try #require(try catalogue.execution(record.key))
        #expect(row.stage == "first")
        #expect(row.metrics == ["loss": 0.1])
        #expect(row.objects.count == 2)
    }

    @Test("many executions are looked up at once; unknown keys have no entry")
    func batch() throws {
        let records = try (0..<40).map { try store.execute(with: ["n": .int($0)]) }
        for record in records { try temporary.adopt(record, stage: nil) }
        let unknown = Digest(of: Data("unknown".utf8))
        let keys = records.map(\.key) + [unknown]
        let found = try catalogue.executions(keys)
        #expect(found.count == 40)
        for record in records { #expect(found[record.key]?.outputs == record.outputs) }
        #expect(try catalogue.executions([]).isEmpty)
        #expect(try processorSeconds { _ = try catalogue.executions(keys) } < 0.2)
    }

    @Test("the nearest execution is the latest of the stage, else the most alike of the kind, never the same")
    func nearest() throws {
        let old = try store.execute(with: ["steps": .int(800), "width": .int(64)], startedAt: 1)
        let new = try store.execute(with: ["steps": .int(900), "width": .int(64)], startedAt: 2)
        let far = try store.execute(with: ["steps": .int(1), "width": .int(1)], startedAt: 3)
        try temporary.adopt(old, stage: "train")
        try temporary.adopt(new, stage: "train")
        try temporary.adopt(far, stage: "other")
        let wanted = JSONValue.object([
            "kind": .string("model.train"), "version": .int(3), "in": .object(["data": .array([])]),
            "with": .object(["steps": .int(1000), "width": .int(64)]),
        ])
        func nearest(_ stage: String, _ document: JSONValue, kind: String = "model.train") throws -> Digest? {
            try catalogue.nearestExecution(stage: stage, kind: kind, document: document)?.key
        }
        #expect(try nearest("train", wanted) == new.key)
        #expect(try nearest("train", new.keyDocument) == old.key)
        #expect(try nearest("other", wanted) == far.key)
        #expect(try nearest("unheard", wanted) == new.key)
        #expect(try nearest("train", wanted, kind: "data.make") == nil)
        // A later run in which the stage was cached with the older execution.
        try temporary.run("r1", at: 10, [("train", old)])
        #expect(try nearest("train", wanted) == old.key)
    }

    @Test("lineage leads from an artifact or its blob to what made it and what read it")
    func lineage() throws {
        let made = try store.execute(kind: "data.make", startedAt: 1)
        let artifact = try #require(made.outputs["model"])
        let read = try store.execute(inputs: [artifact], startedAt: 2)
        try temporary.adopt(made, stage: "data")
        try temporary.adopt(read, stage: "train")
        let blob = try #require(try store.manifest(artifact).members["weights.bin"]?.digest)
        for digest in [artifact, blob] {
            let producers = try catalogue.producers(of: digest)
            #expect(producers.map(\.key) == [made.key])
            #expect(producers.map(\.role) == ["model"])
            let consumers = try catalogue.consumers(of: digest)
            #expect(consumers.map(\.stage) == ["train"])
            #expect(consumers.map(\.artifact) == [artifact])
        }
        #expect(try catalogue.consumers(of: read.key).isEmpty)
    }

    @Test("a prefix finds artifacts, blobs, executions and runs")
    func resolve() throws {
        let record = try store.execute()
        try temporary.adopt(record, stage: "train")
        try temporary.run("2026-run", at: 1, [("train", record)])
        let artifact = try #require(record.outputs["model"])
        #expect(try catalogue.resolve(prefix: String(artifact.hex.prefix(12))) == [.artifact(artifact, .model)])
        #expect(try catalogue.resolve(prefix: record.key.hex).contains(.execution(record.key, stage: "train")))
        #expect(try catalogue.resolve(prefix: "2026").contains(.run("2026-run")))
        #expect(try catalogue.resolve(prefix: "zzz").isEmpty)
        #expect(try catalogue.resolve(prefix: "").count == 4)
        #expect(try catalogue.resolve(prefix: "%").isEmpty)
    }

    @Test("rebuilding drops what has no record and keeps the history")
    func rebuild() throws {
        let kept = try store.execute(with: ["n": .int(1)])
        let dropped = try store.execute(with: ["n": .int(2)])
        for record in [kept, dropped] { try temporary.adopt(record, stage: "train") }
        try temporary.run("r1", at: 1, [("train", kept)])
        try store.remove(execution: dropped.key)
        let rebuilt = try Catalogue.rebuild(store)
        #expect(rebuilt.executions == 1 && rebuilt.runs == 1)
        let catalogue = try Catalogue(store: store)
        #expect(try catalogue.executions([kept.key, dropped.key]).keys.map(\.hex) == [kept.key.hex])
        #expect(try catalogue.runs(limit: 9).map(\.id) == ["r1"])
        #expect(try catalogue.metrics(run: "r1").map(\.value) == [0.5])
    }
}
