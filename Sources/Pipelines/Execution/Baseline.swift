import Artifacts
import Catalogue

/// The run that `baseline` in gates means.
package enum Baseline: Sendable, Hashable {
    /// A run; only one of its stages if that is what was pinned.
    case run(id: String, stage: String?, words: String)
    /// A run of another store, by its metrics.
    case metrics(RunBaseline, words: String)
    case none(why: String)

    /// The pin that is meant where nobody names another.
    package static let defaultPin = "baseline"

    /// What a pipeline means: the pin that it names, of whatever pipeline; else the pin `baseline` if that is of one of its
    /// own runs.
    init(of pipeline: ResolvedPipeline, store: Store, catalogue: Catalogue) throws {
        let name = pipeline.baseline ?? Baseline.defaultPin
        guard let pin = try Baseline.pin(name, in: store) else {
            self = .none(why: "no baseline yet: `calm pin \(name) latest` makes the latest run one")
            return
        }
        self = try Baseline(pin, catalogue)
        let other: (pipeline: String, words: String)?
        switch self {
        case .run(let id, _, let words): other = try catalogue.run(id).map { ($0.pipeline, words) }
        case .metrics(let baseline, let words): other = (baseline.pipeline, words)
        case .none: other = nil
        }
        guard pipeline.baseline == nil, let other, other.pipeline != pipeline.name else { return }
        self = .none(
            why:
                "\(other.words) is of the pipeline \(other.pipeline), not of \(pipeline.name): pin a run of \(pipeline.name) "
                + "under another name, and name that in the file: `baseline: NAME`")
    }

    /// The baseline in a file that `calm export --metrics-only` wrote.
    ///
    /// - Throws: `StageFailure` (bad input) if it can't be read, isn't one, or was changed.
    package init(file: String) throws {
        do {
            let baseline = try RunBaseline(file: file)
            self = .metrics(baseline, words: "run \(baseline.run) (\(file))")
        } catch {
            throw StageFailure(.badInput, error.message)
        }
    }

    /// The baseline that a person names: a pin, a run's id or prefix, or `latest`, the latest run of `pipeline` that has ended.
    ///
    /// - Throws: `StageFailure` (bad input) if there is none.
    package init(named name: String, of pipeline: String, store: Store, catalogue: Catalogue) throws {
        if let pin = try Baseline.pin(name, in: store) {
            self = try Baseline(pin, catalogue)
            if case .none(let why) = self { throw StageFailure(.badInput, why) }
            return
        }
        let isLatest = name == "latest"
        let run = isLatest ? try catalogue.latestEndedRun(ofPipeline: pipeline) : try catalogue.run(name)
        if isLatest, run == nil { throw StageFailure(.badInput, "no run of the pipeline \(pipeline) has ended yet") }
        guard let run else {
            throw StageFailure(
                .badInput, "no pin and no run is called '\(name)': `calm pins` and `calm runs` list them")
        }
        self = .run(id: run.id, stage: nil, words: "run \(run.id)")
    }

    /// The pin of a name, or nil.
    private static func pin(_ name: String, in store: Store) throws -> Pin? {
        guard Store.isPinName(name) else { return nil }
        do {
            return try store.pin(named: name)
        } catch {
            guard error.code == .missing else { throw error }
            return nil
        }
    }

    private init(_ pin: Pin, _ catalogue: Catalogue) throws {
        guard let (run, stage) = pin.run else {
            self = .none(why: "the pin \(pin.name) is of an artifact, not of a run")
            return
        }
        guard try catalogue.run(run)?.id == run else {
            if let baseline = pin.baseline {
                self = .metrics(baseline, words: "run \(run) (the imported pin \(pin.name))")
                return
            }
            self = .none(why: "the pin \(pin.name) is of run \(run), which the catalogue doesn't know")
            return
        }
        self = .run(id: run, stage: stage, words: "run \(run) (the pin \(pin.name))")
    }
}
