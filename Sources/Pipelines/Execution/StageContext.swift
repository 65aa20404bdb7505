import Artifacts
import Foundation

/// What a running stage sees of the world: its inputs, its outputs, and where to report progress.
package struct StageContext: Sendable {
    package let store: Store
    /// How many threads the stage may use.
    package let threads: Int
    /// The stage's name in its pipeline, for messages; an artifact must not depend on it.
    package let stage: String
    package let key: Digest
    /// The values of the variables that an `EnvironmentReadingKind` declares; nil for those that aren't set.
    package let environment: [String: String?]
    package let logFile: StageLog
    /// The folder of the pipeline's file, from which relative paths start; empty if it isn't known.
    package let pipelineFolder: String
    /// Whether the stage is to do its work although its result may be there already.
    package let isForced: Bool
    /// Seconds between checkpoints of long work: what a killed stage loses at most.
    package let checkpointInterval: Double
    /// Whether the stage is to end early: long work listens to it, leaves a checkpoint and throws.
    package let stop: StopRequest
    let inputs: [String: [BoundInput]]
    /// The roles that the pipeline gives as lists, as far as the kind is one that sees it (`LayoutReadingKind`).
    let lists: Set<String>
    let recorder: StageRecorder

    package init(
        store: Store, threads: Int, stage: String, key: Digest, inputs: [String: [BoundInput]],
        lists: Set<String> = [], outputs: [OutputRole], environment: [String: String?] = [:],
        log: StageLog = StageLog(),
        checkpointInterval: Double = 5, stop: StopRequest = StopRequest(), pipelineFolder: String = "",
        isForced: Bool = false, progress: @escaping @Sendable (StageProgress) -> Void = { _ in }
    ) {
        self.store = store
        self.threads = threads
        self.stage = stage
        self.key = key
        self.inputs = inputs
        self.lists = lists
        self.environment = environment
        logFile = log
        self.pipelineFolder = pipelineFolder
        self.isForced = isForced
        self.checkpointInterval = checkpointInterval
        self.stop = stop
        recorder = StageRecorder(declared: outputs, progress: progress)
    }
}

extension StageContext {
    /// The one artifact of a role.
    ///
    /// - Throws: `StageFailure` (bad input) unless the role has exactly one.
    package func input(_ role: String) throws -> Artifact {
        let all = try inputs(role)
        guard let artifact = all.first, all.count == 1 else {
            throw StageFailure(.badInput, "input '\(role)' has \(all.count) artifacts; the stage needs exactly one")
        }
        return artifact
    }

    /// The artifacts of a role in the order written; none if the pipeline doesn't give the role.
    package func inputs(_ role: String) throws -> [Artifact] {
        try (inputs[role] ?? []).map {
            Artifact(digest: $0.digest, manifest: try store.manifest($0.digest), stage: $0.label, store: store)
        }
    }

    /// The roles that the pipeline gives, sorted.
    package var inputRoles: [String] { inputs.keys.sorted() }

    /// The names of the stages that a role's inputs came from (paths, for files).
    ///
    /// Only an `InputNamingKind` may let them into its outputs: for the others they aren't in the key.
    package func inputLabels(_ role: String) -> [String] {
        (inputs[role] ?? []).map(\.label)
    }
}

extension StageContext {
    /// Writes an output: its members' blobs, then the manifest.
    ///
    /// - Throws: `StageFailure` for a role that isn't declared or is written twice, `StoreError` for the store.
    package func write(
        _ role: String, metadata: [String: JSONValue] = [:], members: [(name: String, bytes: Data)]
    ) throws {
        try write(role, metadata: metadata) { store in try members.map { ($0.name, try store.put($0.bytes)) } }
    }

    /// Writes an output whose members are files, without holding them in memory; a file that may be executed stays so.
    package func write(_ role: String, metadata: [String: JSONValue] = [:], files: [(name: String, file: URL)]) throws {
        try write(role, metadata: metadata) { store in
            try files.map { name, file in
                let isExecutable = (try? FileSignature(of: file.path))?.isExecutable ?? false
                return (name, try store.put(file: file).with(kind: isExecutable ? .executable : .file))
            }
        }
    }

    /// Makes an input an output as it is.
    package func pass(_ artifact: Artifact, as role: String) throws {
        let type = try recorder.type(of: role)
        guard artifact.manifest.type == type else {
            throw StageFailure(
                .failed,
                "output '\(role)' is \(type.rawValue), \(artifact.digest.short) \(artifact.manifest.type.rawValue)")
        }
        try recorder.record(output: artifact.digest, for: role)
    }

    /// Writes an output whose members `put` stores, all of them together.
    package func write(
        _ role: String, metadata: [String: JSONValue] = [:], _ put: (Store) throws -> [(String, Manifest.Member)]
    ) throws {
        let type = try recorder.type(of: role)
        let digest = try store.batch { store in
            let puts = try put(store)
            let members = Dictionary(puts) { first, _ in first }
            guard members.count == puts.count else {
                throw StageFailure(.failed, "output '\(role)' has two members of the same name")
            }
            return try store.put(Manifest(type: type, members: members, metadata: metadata))
        }
        try recorder.record(output: digest, for: role)
    }

    /// Reports a measured number; the last value of a name counts, and one that isn't a number misses every gate.
    package func metric(_ name: String, _ value: Double) {
        recorder.record(metric: name, value)
    }

    /// Says where the work stands; at most ten reports a second are passed on, and always the last.
    package func progress(_ progress: StageProgress) {
        recorder.report(progress)
    }

    /// Says what whoever runs the stage should know although it went well: in the log, and beside why it ran.
    package func note(_ text: String) {
        log("calm: \(text)")
        recorder.record(note: text)
    }

    package func log(_ line: String) {
        logFile.write(line)
    }

    /// What an earlier process left of the first `completed` steps of this work, or the beginning of it.
    package func telemetry(unit: String, total: Int, from completed: Int) -> StageTelemetry {
        let file = completed > 0 ? store.telemetry(of: key) : nil
        return file.flatMap { StageTelemetry(continuing: $0, from: completed, total: total) }
            ?? StageTelemetry(unit: unit, total: total)
    }

    /// Keeps how the work went so far. A disk that takes no more costs these figures, not the stage.
    package func keep(_ telemetry: StageTelemetry) {
        do {
            try store.keep(telemetry: telemetry.json.canonicalBytes, of: key)
        } catch {
            log("the curves of this stage can't be kept: \(error)")
        }
    }

    /// `checkpoints/KEY/`; it is removed once the outputs are published.
    package var checkpointDirectory: URL { store.checkpoints(of: key) }
}
