import Artifacts
import Catalogue
import Foundation
import Pipelines
import ProcessorTime
import Testing

/// A store's cache that is asked about one stage after another, with nothing looked up in advance.
private struct OneByOne: ExecutionCache {
    let cache: StoreCache

    func execution(_ key: Digest, stage: String) throws -> CachedExecution? { try cache.execution(key, stage: stage) }

    func loss(of key: Digest) throws -> String? { try cache.loss(of: key) }

    func nearestExecution(stage: String, kind: String, document: JSONValue) throws -> NearestExecution? {
        try cache.nearestExecution(stage: stage, kind: kind, document: document)
    }

    func state(of object: Digest) -> ObjectState { cache.state(of: object) }
}

@Suite("Large plans") struct LargePlanTests: Sendable {
    private let workshop: Workshop

    init() throws { workshop = try Workshop() }

    /// `width` texts, and below each of them a chain.
    private func stages(width: Int, depth: Int, word: String = "word") -> [ResolvedStage] {
        (0..<width * depth).map { index in
            index < width
                ? text("s\(index)", "\(word) \(index)")
                : join("s\(index)", ["s\(index - width)"], count: index % 2 == 0)
        }
    }

    private func pipeline(_ stages: [ResolvedStage]) -> ResolvedPipeline {
        ResolvedPipeline(name: "large", description: "", parameters: [:], stages: stages)
    }

    private func plan(_ cache: any ExecutionCache, _ pipeline: ResolvedPipeline) throws -> [PlannedStage] {
        try Planner(cache: cache, files: FileImporter(store: workshop.store)).plan(pipeline)
    }

    /// What a run of the pipeline leaves in the store and the catalogue.
    private func execute(_ pipeline: ResolvedPipeline) throws -> [ExecutionRecord] {
        let cache = OneByOne(cache: StoreCache(store: workshop.store, catalogue: workshop.catalogue))
        let planner = Planner(cache: cache, files: FileImporter(store: workshop.store))
        var outputs: [String: [String: Digest]] = [:]
        var records: [ExecutionRecord] = []
        for stage in pipeline.stages {
            let key = try planner.assess(stage, inputs: planner.bind(stage, outputs: outputs)).key
            let member = try workshop.store.put(Data("content of \(stage.name)".utf8))
            let manifest = Manifest(type: .dataset, members: ["text.txt": member])
            let artifact = try workshop.store.put(manifest)
            outputs[stage.name] = ["text": artifact]
            let record = ExecutionRecord(
                key: key.digest, keyDocument: key.document, outputs: ["text": artifact], metrics: ["characters": 1],
                startedAt: Double(records.count), seconds: 1, cpuSeconds: 1, peakMemoryBytes: 1, environment: [:])
            try workshop.store.publish(record)
            try workshop.catalogue.adopt(record, stage: stage.name, manifests: [artifact: manifest])
            records.append(record)
        }
        let run = RunRow(
            id: "run", pipeline: pipeline.name, file: "", startedAt: 1, commandLine: "", parameters: .object([:]))
        try workshop.catalogue.begin(run: run)
        let rows = zip(pipeline.stages, records).enumerated().map { position, pair in
            RunStageRow(
                run: "run", position: position, name: pair.0.name, kind: pair.0.kind.name, state: "executed",
                key: pair.1.key, why: "", location: "")
        }
        try workshop.catalogue.finish(run: "run", exit: 0, seconds: 1, stages: rows)
        return records
    }

    @Test(
        "2,000 stages, planned with one look at the latest run, are decided as stage by stage: cached, damaged and changed"
    )
    func sameDecisions() async throws { try await onThread { try compareDecisions() } }

    private func compareDecisions() throws {
        let pipeline = pipeline(stages(width: 400, depth: 5))
        let run = try execute(pipeline)
        let cache = StoreCache(store: workshop.store, catalogue: workshop.catalogue)
        let noop = try plan(cache, pipeline)
        #expect(noop.allSatisfy { if case .cached = $0.decision { true } else { false } })

        for position in [3, 450, 1999] {
            for output in run[position].outputs.values { try workshop.store.remove(object: output) }
        }
        // Members, while the manifests stay.
        for position in [20, 1200] {
            for output in run[position].outputs.values {
                let members = try workshop.store.manifest(output).members.values
                for member in members { try workshop.store.remove(object: member.digest) }
            }
        }
        for position in [5, 777] {
            try workshop.store.remove(execution: run[position].key)
        }
        let changed = self.pipeline(
            stages(width: 400, depth: 5).enumerated().map { $0.offset == 11 ? text("s11", "another") : $0.element })
        let together = try plan(cache, changed)
        let apart = try plan(
            OneByOne(cache: StoreCache(store: workshop.store, catalogue: workshop.catalogue)), changed)
        #expect(together.count == 2000)
        #expect(together.map(\.name) == apart.map(\.name))
        #expect(together.map(\.spelled) == apart.map(\.spelled))
        #expect(together.map(\.key) == apart.map(\.key))
        #expect(together[11].decision == .runs(why: "with.text: word 11 → another"))
        let others = together.count { if case .cached = $0.decision { false } else { true } }
        #expect(others >= 6, "too few stages were touched for this to say anything")
    }

    @Test("an execution that is repeated with another result after the look ahead isn't answered from it")
    func repeatedExecution() async throws {
        let pipeline = pipeline([text("a", "x")])
        let run = await workshop.run(pipeline)
        let cache = StoreCache(store: workshop.store, catalogue: workshop.catalogue)
        try cache.prepare(for: "large")
        let key = StageKey(
            kind: pipeline.stages[0].kind, parameters: pipeline.stages[0].parameters, inputs: [:], environment: [:])
        let first = try #require(try cache.execution(key.digest, stage: "a"))
        #expect(first.outputs == run.stages[0].outputs)

        var record = try #require(try workshop.store.execution(key.digest))
        record.outputs["text"] = try workshop.store.put(Manifest(type: .file))
        try workshop.store.publish(record)
        let manifests = try Dictionary(
            uniqueKeysWithValues: record.outputs.values.map { ($0, try workshop.store.manifest($0)) })
        try workshop.catalogue.adopt(record, stage: "a", manifests: manifests)
        #expect(try cache.execution(key.digest, stage: "a")?.outputs == record.outputs)
    }

    @Test("an execution whose record is newer than its row is answered from the record, and its row mended")
    func staleRow() throws {
        let pipeline = pipeline([text("a", "x")])
        var record = try execute(pipeline)[0]
        record.startedAt += 5
        record.metrics["characters"] = 2
        try workshop.store.publish(record)
        let cache = StoreCache(store: workshop.store, catalogue: workshop.catalogue)
        guard case .cached(_, let metrics) = try plan(cache, pipeline)[0].decision else {
            Issue.record("not cached")
            return
        }
        #expect(metrics == ["characters": 2])
        #expect(try workshop.catalogue.execution(record.key)?.startedAt == record.startedAt)
    }

    @Test("10,000 stages side by side in a new store are planned in seconds, not minutes")
    func timeOfPlanning() async throws { try await onThread { try timePlanning() } }

    private func timePlanning() throws {
        let pipeline = pipeline(stages(width: 10_000, depth: 1))
        let cache = StoreCache(store: workshop.store, catalogue: workshop.catalogue)
        let time = try processorSeconds { try #expect(plan(cache, pipeline).count == 10_000) }
        #expect(time < 30)
    }
}

extension PlannedStage {
    /// The decision as text: a metric that isn't a number isn't equal to itself.
    var spelled: String {
        guard case .cached(let outputs, let metrics) = decision else { return "\(decision)" }
        return outputs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ",")
            + metrics.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ",")
    }
}

/// Long work doesn't belong on the threads that all tests share.
private func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}
