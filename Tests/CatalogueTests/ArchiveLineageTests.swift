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
        let contents = try source.catalogue.lineage(of: [artifact(third)], preferring: [], withInputs: true)
        #expect(Set(contents.executions.keys) == [first.key, second.key, third.key])
        #expect(contents.history.isEmpty && contents.leftOut.isEmpty)
        #expect(contents.stages[second.key] == "b")
        let alone = try source.catalogue.lineage(of: [artifact(third)], preferring: [], withInputs: false)
        #expect(Set(alone.executions.keys) == [third.key] && Set(alone.history.keys) == [first.key, second.key])
        #expect(alone.included == [try artifact(third)])
        #expect(alone.leftOut == [try artifact(first), try artifact(second)])
    }

    @Test("of several that made an artifact, the run's counts, else the latest")
    func producers() throws {
        let first = try execute("a", at: 1)
        var second = first
        second.keyDocument = .object(["kind": .string("other")])
        second.key = Digest(of: Data(second.keyDocument.canonical.utf8))
        second.startedAt = 2
        try source.store.publish(second)
        try source.adopt(second, stage: "other")
        func chosen(_ preferred: Set<Digest>) throws -> Set<Digest> {
            let lineage = try source.catalogue.lineage(of: [artifact(first)], preferring: preferred, withInputs: true)
            return Set(lineage.executions.keys)
        }
        #expect(try chosen([]) == [second.key])
        #expect(try chosen([first.key]) == [first.key])
    }

    @Test("what was collected is known by its record")
    func collected() throws {
        let first = try execute("a")
        let second = try execute("b", [artifact(first)])
        try source.store.remove(execution: first.key)
        try source.store.remove(object: artifact(first))
        try source.catalogue.markCollected([first.key], at: 5)
        let contents = try source.catalogue.lineage(of: [artifact(second)], preferring: [], withInputs: true)
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
            storeError { _ = try source.catalogue.lineage(of: [artifact(first)], preferring: [], withInputs: true) }?
                .code == .missing)
    }

    @Test("an import that was cut short before its records were indexed is indexed by the next")
    func again() throws {
        let record = try execute("a")
        let contents = try source.catalogue.lineage(of: [artifact(record)], preferring: [], withInputs: true)
        _ = try source.store.export(contents, to: archive)
        _ = try target.store.importArchive(archive, limit: 1 << 20)
        let second = try target.store.importArchive(archive, limit: 1 << 20)
        #expect(second.executions.isEmpty)
        try target.catalogue.adopt(second, at: 7)
        #expect(try target.catalogue.latestExecution(ofStage: "a")?.outputs == record.outputs)
    }
}
