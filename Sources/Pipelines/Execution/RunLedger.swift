import Artifacts
import Catalogue
import Foundation

/// Where a run leaves its traces: its folder `runs/ID/` and the catalogue.
struct RunLedger: Sendable {
    let run: String
    let folder: URL
    private let catalogue: Catalogue
    private let cache: StoreCache
    private let row: RunRow

    init(store: Store, catalogue: Catalogue, pipeline: ResolvedPipeline, options: RunOptions, at started: Date) {
        run = RunIdentifier.make(at: started)
        folder = store.runs.appendingPathComponent(run, isDirectory: true)
        self.catalogue = catalogue
        cache = StoreCache(store: store, catalogue: catalogue)
        row = RunRow(
            id: run, pipeline: pipeline.name, file: options.file, startedAt: started.timeIntervalSince1970,
            commandLine: options.commandLine.joined(separator: " "), parameters: .object(pipeline.parameters))
    }

    /// Makes the run's folder and says in the catalogue that it began.
    func begin() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try catalogue.begin(run: row)
    }

    /// Indexes what a worker has published.
    func adopt(_ key: Digest, stage: String) throws {
        try cache.adopt(key, stage: stage)
    }

    /// Writes all that happened, in one transaction.
    func finish(_ result: RunResult) throws {
        let stages = result.stages.enumerated().map { position, stage in
            RunStageRow(
                run: run, position: position, name: stage.name, kind: stage.kind, state: stage.state.rawValue,
                key: stage.key, seconds: stage.seconds, cpuSeconds: stage.cpuSeconds,
                peakMemoryBytes: stage.peakMemoryBytes, why: stage.why,
                failureCategory: stage.failure?.category.rawValue, failureMessage: stage.failure?.message,
                log: stage.log?.path, location: stage.location.description)
        }
        let gates = result.gates.map { gate in
            GateRow(
                run: run, stage: gate.stage, metric: gate.metric, expected: gate.expected, value: gate.value,
                passed: gate.passed)
        }
        try catalogue.finish(run: run, exit: result.exit, seconds: result.seconds, stages: stages, gates: gates)
    }

    /// The log of a stage: `03-scores-model-composed-task-kv-subs.log`.
    func log(of stage: String, position: Int) -> URL {
        let plain = stage.replacing("]", with: "").map { character in
            character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
                ? character : "-"
        }
        let number = String(format: "%02d", position + 1)
        return folder.appendingPathComponent("\(number)-\(String(plain.prefix(150))).log", isDirectory: false)
    }
}
