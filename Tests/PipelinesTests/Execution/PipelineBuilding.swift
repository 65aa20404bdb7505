import Artifacts
import Catalogue
import Foundation
import Pipelines
import Synchronization

/// A stage as the loader would resolve it.
func stage<Kind: StageKind>(
    _ name: String, _ kind: Kind.Type, with given: [String: JSONValue] = [:],
    in inputs: [String: [InputReference]] = [:], gates: [Gate] = [], limits: StageLimits = StageLimits(),
    file: String = "/nowhere/pipeline.yaml"
) -> ResolvedStage {
    let parameters = Kind.Parameters(canonical: given)
    return ResolvedStage(
        name: name, kind: kind, parameters: parameters.canonical, inputs: inputs, outputs: Kind.outputs(parameters),
        gates: gates, location: SourceLocation(file: file, line: 1, column: 1), limits: limits)
}

func text(_ name: String, _ text: String, gates: [Gate] = []) -> ResolvedStage {
    stage(name, TextStage.self, with: ["text": .string(text)], gates: gates)
}

func join(_ name: String, _ parts: [String], count: Bool = false) -> ResolvedStage {
    stage(
        name, JoinStage.self, with: ["count": .bool(count)],
        in: ["parts": parts.map { .output(stage: $0, role: "text") }])
}

func pipeline(_ stages: ResolvedStage...) -> ResolvedPipeline {
    ResolvedPipeline(name: "toys", description: "", parameters: [:], stages: stages)
}

/// A folder that is gone when the test is over.
final class TemporaryFolder: Sendable {
    let url: URL

    /// - Parameter inMemory: Where there is such a folder; for tests that write thousands of files, each of them synced.
    init(inMemory: Bool = false) throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let isUsable = inMemory && FileManager.default.isWritableFile(atPath: memory.path)
        url = (isUsable ? memory : FileManager.default.temporaryDirectory)
            .appendingPathComponent("calm-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ text: String, to name: String) throws -> URL {
        let file = url.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        return file
    }
}

/// A store and a catalogue that are gone when the test is over.
struct Workshop {
    let folder: TemporaryFolder
    let store: Store
    let catalogue: Catalogue

    init(inMemory: Bool = false) throws {
        folder = try TemporaryFolder(inMemory: inMemory)
        store = try Store(opening: folder.url.appendingPathComponent("store"), create: true)
        catalogue = try Catalogue(store: store)
    }

    func runner(_ change: (inout RunOptions) -> Void = { _ in }, launcher: (any WorkerLauncher)? = nil) -> Runner {
        var options = RunOptions()
        options.cores = 2
        change(&options)
        return Runner(
            store: store, catalogue: catalogue, options: options,
            launcher: launcher ?? InProcessLauncher(registry: toyRegistry))
    }

    func run(_ pipeline: ResolvedPipeline, _ change: (inout RunOptions) -> Void = { _ in }) async -> RunResult {
        await runner(change).run(pipeline)
    }

    /// The only member of a stage's first output.
    func content(of stage: String, in result: RunResult) throws -> String {
        guard let outputs = result.stages.first(where: { $0.name == stage })?.outputs,
            let digest = outputs.sorted(by: { $0.key < $1.key }).first?.value,
            let member = try store.manifest(digest).members.values.first
        else { return "" }
        return String(decoding: try store.data(member.digest), as: UTF8.self)
    }
}

extension RunResult {
    var states: [String: StageState] { Dictionary(uniqueKeysWithValues: stages.map { ($0.name, $0.state) }) }

    func why(_ stage: String) -> String { stages.first { $0.name == stage }?.why ?? "no such stage" }
}

/// Gathers what is reported from many threads.
final class Collector<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    var all: [Element] { elements.withLock { $0 } }
    func add(_ element: Element) { elements.withLock { $0.append(element) } }
}
