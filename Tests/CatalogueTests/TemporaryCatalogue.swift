import Artifacts
import Catalogue
import Foundation

/// A store with a catalogue in a new folder, removed with this object.
final class TemporaryCatalogue {
    let store: Store
    let catalogue: Catalogue

    init(writeAheadLog: Bool = true) throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("calm-catalogue-\(UUID().uuidString)")
        store = try Store(opening: root, create: true)
        catalogue = try Catalogue(store: store, writeAheadLog: writeAheadLog)
    }

    deinit { try? FileManager.default.removeItem(at: store.root) }

    func adopt(_ record: ExecutionRecord, stage: String?) throws {
        try catalogue.adopt(record, stage: stage, manifests: store.manifests(of: record))
    }

    /// Begins a run, records one cached stage a record, and ends it.
    func run(_ id: String, pipeline: String = "pipe", at startedAt: Double, _ stages: [(String, ExecutionRecord)])
        throws
    {
        try catalogue.begin(
            run: RunRow(
                id: id, pipeline: pipeline, file: "pipe.yaml", startedAt: startedAt, commandLine: "calm run pipe.yaml",
                parameters: .object(["seed": .int(7)])))
        try catalogue.finish(
            run: id, exit: 0, seconds: 1,
            stages: stages.enumerated().map { index, stage in
                RunStageRow(
                    run: id, position: index, name: stage.0, kind: stage.1.kind, state: "cached", key: stage.1.key,
                    why: "nothing changed", location: "pipe.yaml:\(index + 1):1")
            })
    }
}

extension Store {
    /// Publishes an execution with one artifact of one member.
    func execute(
        kind: String = "model.train", with parameters: [String: JSONValue] = [:], inputs: [Digest] = [],
        startedAt: Double = 1000, metrics: [String: Double] = ["loss": 0.5]
    ) throws -> ExecutionRecord {
        let document = JSONValue.object([
            "kind": .string(kind), "version": .int(3), "with": .object(parameters),
            "in": .object(["data": .array(inputs.map { .string($0.hex) })]),
        ])
        let member = try put(Data(document.canonical.utf8))
        let artifact = try put(Manifest(type: .model, members: ["weights.bin": member], metadata: ["layers": .int(2)]))
        let record = ExecutionRecord(
            key: Digest(of: Data(document.canonical.utf8)), keyDocument: document, outputs: ["model": artifact],
            metrics: metrics, startedAt: startedAt, seconds: 2, cpuSeconds: 1.5, peakMemoryBytes: 1 << 20,
            environment: ["blas": "Zen"])
        try publish(record)
        return record
    }

    func manifests(of record: ExecutionRecord) throws -> [Digest: Manifest] {
        try Dictionary(record.outputs.values.map { ($0, try manifest($0)) }) { first, _ in first }
    }
}

/// The error that `body` throws, or nil.
func storeError(_ body: () throws -> Void) -> StoreError? {
    do {
        try body()
        return nil
    } catch {
        return error as? StoreError
    }
}
