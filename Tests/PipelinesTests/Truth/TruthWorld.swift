import Artifacts
import Catalogue
import Foundation
import Pipelines

/// A store, the files beside a pipeline, and what the naive model knows of all that was executed in it.
final class TruthWorld {
    /// What the model remembers of an execution.
    struct Memory {
        let stage: NaiveModel.Stage
        var isOnRecord = true
        /// Whether the catalogue knows it even without its record.
        var isIndexed = true
        var objects: Set<Digest> { Set(stage.outputs.values.flatMap { [$0.digest, $0.blob] }) }
    }

    private let temporary: TemporaryFolder
    private var storeFolder = "store-0"
    private(set) var store: Store
    private(set) var catalogue: Catalogue
    var draft = PipelineDraft()
    var files: [String: String] = [:]
    var environment: [String: String] = ["A": "apple"]
    var build = 0
    var cores = 2
    /// Every execution by its key in the model, and every different one that ever was.
    private(set) var memories: [String: Memory] = [:]
    private var everExecuted: [NaiveModel.Stage] = []
    /// Objects that were deleted and not written again.
    private var missing: Set<Digest> = []
    private(set) var decisions = 0
    private(set) var executed = 0
    private(set) var cutOff = 0

    init() throws {
        temporary = try TemporaryFolder(inMemory: true)
        store = try Store(opening: temporary.url.appendingPathComponent(storeFolder), create: true)
        catalogue = try Catalogue(store: store)
    }

    private var folder: URL { temporary.url }

    func url(of file: String) -> URL { folder.appendingPathComponent(file) }

    func write(_ text: String, to file: String) throws {
        files[file] = text
        try Data(text.utf8).write(to: url(of: file))
    }

    var model: NaiveModel { NaiveModel(draft: draft, files: files, environment: environment, build: build) }

    /// As a new process would.
    func reopen() throws {
        store = try Store(opening: folder.appendingPathComponent(storeFolder), create: true)
        catalogue = try Catalogue(store: store)
    }

    func moveStore() throws {
        let target = "store-\(Int(storeFolder.dropFirst(6)).map { $0 + 1 } ?? 0)"
        try FileManager.default.moveItem(at: store.root, to: folder.appendingPathComponent(target))
        storeFolder = target
        try reopen()
    }

    func deleteRecord(of key: String) throws {
        for record in try store.executionKeys().compactMap({ try store.execution($0) }) {
            guard let memory = memories[key], describes(record, memory.stage) else { continue }
            try store.remove(execution: record.key)
            memories[key]?.isOnRecord = false
        }
    }

    /// Whether a record is of what the model means: by its key document, read here once more.
    private func describes(_ record: ExecutionRecord, _ stage: NaiveModel.Stage) -> Bool {
        guard record.kind == stage.kind, let fields = record.keyDocument.members else { return false }
        var found = ["version": "\(record.kindVersion)"]
        func text(_ value: JSONValue) -> String { value.text ?? value.canonical }
        for (name, value) in fields["with"]?.members ?? [:] { found["with.\(name)"] = text(value) }
        for (name, value) in fields["environment"]?.members ?? [:] { found["environment.\(name)"] = text(value) }
        for (name, value) in fields["labels"]?.members ?? [:] { found["labels.\(name)"] = text(value) }
        for input in Dictionary(grouping: record.inputs, by: \.role) {
            found["in.\(input.key)"] = input.value.map(\.digest.hex).joined(separator: ",")
        }
        return found == stage.fields
    }

    func delete(_ object: Digest) throws {
        try store.remove(object: object)
        missing.insert(object)
    }

    func deleteCatalogue() throws {
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: store.catalogue.path + suffix)
        }
        for (key, memory) in memories {
            memories[key]?.isIndexed = memory.isOnRecord && memory.objects.isDisjoint(with: missing)
        }
        try reopen()
    }

    /// Plans and runs the draft, and returns everything in which that differs from the model.
    func check() async throws -> [String] {
        let file = url(of: "pipeline.yaml")
        try Data(draft.yaml.utf8).write(to: file)
        let registry = TruthKinds.registries[build]
        let pipeline = try PipelineLoader().load(file: file, registry: registry)
        var options = RunOptions()
        options.cores = cores
        options.environment = environment
        let runner = Runner(
            store: store, catalogue: catalogue, options: options, launcher: InProcessLauncher(registry: registry))
        let plan = try runner.plan(pipeline)
        let result = await runner.run(pipeline)
        let expected = model.stages()
        var faults: [String] = []
        if Set(result.stages.map(\.name)) != Set(expected.keys) {
            faults.append("stages \(result.stages.map(\.name)), expected \(expected.keys.sorted())")
        }
        let judgement = Judgement(
            memories: memories, everExecuted: everExecuted, missing: missing, expected: expected,
            plan: Dictionary(plan.map { ($0.name, $0.decision) }) { first, _ in first }, result: result)
        faults += judgement.faults()
        remember(result, expected)
        return faults
    }

    private func remember(_ result: RunResult, _ expected: [String: NaiveModel.Stage]) {
        decisions += result.stages.count
        for stage in result.stages {
            guard let model = expected[stage.name] else { continue }
            if stage.state == .executed {
                executed += 1
                if memories[model.key] == nil { everExecuted.append(model) }
                memories[model.key] = Memory(stage: model)
            }
            memories[model.key]?.isIndexed = true
        }
        missing = missing.filter { !store.contains($0) }
        countCutOffs(result)
    }

    /// Stages that stayed cached though one that they read from was executed.
    private func countCutOffs(_ result: RunResult) {
        let states = result.states
        for stage in draft.stages {
            let upstream = stage.inputs.values.joined().flatMap { reference -> [String] in
                guard case .stage(let number, _, _) = reference else { return [] }
                return draft.stage(number)?.names ?? []
            }
            guard upstream.contains(where: { states[$0] == .executed }) else { continue }
            cutOff += stage.names.count { states[$0] == .cached }
        }
    }
}
