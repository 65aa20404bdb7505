import Artifacts
import Catalogue
import Foundation
import Testing

/// Which executions go with an artifact, and what the catalogue makes of those that come.
struct ArchiveLineageTests {
    let source: TemporaryCatalogue
    let target: TemporaryCatalogue
    let archive: URL

    init() throws {
        source = try TemporaryCatalogue()
        target = try TemporaryCatalogue()
        archive = source.store.root.appendingPathComponent("a.tar")
    }

    private func execute(_ kind: String, _ inputs: [Digest] = [], at time: Double = 1) throws -> ExecutionRecord {
        let record = try source.store.execute(kind: kind, inputs: inputs, startedAt: time)
        try source.adopt(record, stage: kind)
        return record
    }

    private func artifact(_ record: ExecutionRecord) throws -> Digest { try #require(record.outputs["model"]) }

    @Test("everything before an artifact goes with it, and nothing else")
    func lineage() throws {
        let first = try execute("a")
        let second = try execute("b", [artifact(first)])
        let third = try execute("c", [artifact(second), artifact(first)])
        _ = try execute("d", [artifact(third)])
        let contents = try source.catalogue.lineage(of: [artifact(third)], withInputs: true)
        #expect(Set(contents.executions.keys) == [first.key, second.key, third.key])
        #expect(contents.history.isEmpty && contents.leftOut.isEmpty)
        #expect(contents.stages[second.key] == "b")
        let alone = try source.catalogue.lineage(of: [artifact(third)], withInputs: false)
        #expect(Set(alone.executions.keys) == [third.key] && Set(alone.history.keys) == [first.key, second.key])
        #expect(alone.included == [try artifact(third)])
        #expect(alone.leftOut == [try artifact(first), try artifact(second)])
    }

    @Test("of several that made an artifact, all go with it, and of a stage's inputs those that it read in its run")
    func producers() throws {
        let first = try execute("a", at: 1)
        var second = first
        second.keyDocument = .object(["kind": .string("other")])
        second.key = Digest(of: Data(second.keyDocument.canonical.utf8))
        second.startedAt = 2
        try source.store.publish(second)
        try source.adopt(second, stage: "other")
        let reader = try execute("b", [artifact(first)])
        func chosen(_ artifact: Digest, by keys: [Digest] = [], in run: RunLineage? = nil) throws -> Set<Digest> {
            Set(try source.catalogue.lineage(of: [artifact], by: keys, in: run, withInputs: true).executions.keys)
        }
        #expect(try chosen(artifact(first)) == [first.key, second.key])
        #expect(try chosen(artifact(first), by: [first.key]) == [first.key])
        #expect(try chosen(artifact(reader)) == [first.key, second.key, reader.key])
        try source.run("run", at: 3, [("a", first), ("b", reader), ("c", second)])
        let run = try source.catalogue.lineage(ofRun: "run")
        #expect(try chosen(artifact(reader), in: run) == [first.key, reader.key])
        #expect(run.names == [first.key: "a", reader.key: "b", second.key: "c"])
    }

    @Test("what was collected is known by its record")
    func collected() throws {
        let first = try execute("a")
        let second = try execute("b", [artifact(first)])
        try source.store.remove(execution: first.key)
        try source.store.remove(object: artifact(first))
        try source.catalogue.markCollected([first.key], at: 5)
        let contents = try source.catalogue.lineage(of: [artifact(second)], withInputs: true)
        #expect(contents.executions == [second.key: second] && contents.history == [first.key: first])
        _ = try source.store.export(contents, to: archive)
        try target.catalogue.adopt(target.store.importArchive(archive, limit: 1 << 20), at: 7)
        #expect(try target.catalogue.producers(of: artifact(first)).map(\.key) == [first.key])
        // Its history is known on both sides, but nothing can be taken from it.
        for catalogue in [source.catalogue, target.catalogue] {
            #expect(try catalogue.latestExecution(ofStage: "a") == nil)
            #expect(try catalogue.latestExecution(ofStage: "b")?.key == second.key)
        }
        #expect(try target.store.verify().isSound)
        #expect(
            storeError { _ = try source.catalogue.lineage(of: [artifact(first)], withInputs: true) }?
                .code == .missing)
    }

    @Test("an import that was cut short before its records were indexed is indexed by the next")
    func again() throws {
        let record = try execute("a")
        let contents = try source.catalogue.lineage(of: [artifact(record)], withInputs: true)
        _ = try source.store.export(contents, to: archive)
        _ = try target.store.importArchive(archive, limit: 1 << 20)
        let second = try target.store.importArchive(archive, limit: 1 << 20)
        #expect(second.executions.isEmpty)
        try target.catalogue.adopt(second, at: 7)
        #expect(try target.catalogue.latestExecution(ofStage: "a")?.outputs == record.outputs)
    }
}
