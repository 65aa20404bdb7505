import Artifacts
import Foundation
import Pipelines

/// A store in which every stage of a pipeline of `command` stages has been executed, without executing any.
///
/// What the stages would have written is made up, and is another for each output. Everything is written where no disk is
/// asked for durability, if there is such a place, and then moved.
enum PreparedStore {
    static func make(_ place: Place, store name: String) throws {
        let file = place.url.appendingPathComponent("pipeline.yaml")
        let pipeline = try PipelineLoader().load(file: file, registry: StageRegistry([CommandStage.self]))
        let memory = URL(fileURLWithPath: "/dev/shm", isDirectory: true)
        let parent = access(memory.path, W_OK) == 0 ? memory : place.url
        let folder = parent.appendingPathComponent("calm-bench-store-\(UUID().uuidString)", isDirectory: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try Store(opening: folder, create: true)
        let planner = Planner(cache: NothingCached(), files: FileImporter(store: store))
        var known: [String: [String: Digest]] = [:]
        for stage in pipeline.stages {
            let assessment = try planner.assess(stage, inputs: planner.bind(stage, outputs: known))
            var outputs: [String: Digest] = [:]
            for output in stage.outputs {
                let member = try store.put(Data("\(stage.name) \(output.name)\n".utf8))
                outputs[output.name] = try store.put(Manifest(type: .file, members: ["\(output.name).txt": member]))
            }
            known[stage.name] = outputs
            try store.publish(
                ExecutionRecord(
                    key: assessment.key.digest, keyDocument: assessment.key.document, outputs: outputs, metrics: [:],
                    startedAt: Date().timeIntervalSince1970, seconds: 0.01, cpuSeconds: 0.01,
                    peakMemoryBytes: 10 << 20, environment: ["threads": "1"]))
        }
        let copy = ["-R", folder.path, place.url.appendingPathComponent(name).path]
        _ = try TimedProcess("/bin/cp", copy, in: place.url).run()
        // The first run indexes the records, and is the history of the next.
        try place.run("run", "pipeline.yaml", "--store", name)
    }
}

private struct NothingCached: ExecutionCache {
    func execution(_ key: Digest, stage: String) -> CachedExecution? { nil }
    func loss(of key: Digest) -> String? { nil }
    func nearestExecution(stage: String, kind: String, document: JSONValue) -> NearestExecution? { nil }
    func state(of object: Digest) -> ObjectState { .missing }
}
