import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say what a run would execute, and why.",
        discussion: """
            EXAMPLES
              calm plan pipelines/kv-arithmetic.yaml --set params.keys=640
              calm plan pipelines/kv-arithmetic.yaml --explain
            """)

    @OptionGroup var pipeline: PipelineOptions
    @OptionGroup var store: StoreOptions

    @Flag(help: "Show every field that differs, before and now, and where a change began.")
    var explain = false

    @Flag(help: "Write JSON.")
    var json = false

    func run() async throws {
        let options = store.of(pipeline: pipeline.pipeline)
        let (pipeline, ahead) = try await pipeline.load(readingAheadIn: options)
        let store = try options.openOrCreate()
        let catalogue = try ahead?.catalogue ?? Catalogue(store: store)
        try PlanReport(pipeline: pipeline, store: store, catalogue: catalogue, ahead: ahead, forced: .none)
            .print(json: json, explains: explain)
    }
}

/// What a run would do, as text or JSON: also `calm run --dry-run`.
///
/// The JSON is a run's document in which nothing was executed: a stage is `cached`, or `skipped` with a `decision` of
/// `run` or `wait`.
struct PlanReport {
    let pipeline: ResolvedPipeline
    let store: Store
    let catalogue: Catalogue
    let ahead: ReadAhead?
    let forced: ForcedStages

    func print(json: Bool, explains: Bool = false) throws {
        var options = RunOptions()
        options.forced = forced
        let stages = try Runner(store: store, catalogue: catalogue, options: options, ahead: ahead).plan(
            pipeline, explains: explains)
        if json {
            let document = JSONValue.object([
                "run": .null, "exit": .int(0), "stages": .array(stages.map { $0.json(explains: explains) }),
                "gates": .array([]),
            ])
            try output(json: document)
            return
        }
        let origins = Self.origins(stages)
        let whys = Dictionary(stages.map { ($0.name, $0.why) }) { first, _ in first }
        let width = stages.map(\.name.count).max() ?? 0
        for stage in stages {
            let name = stage.name + String(repeating: " ", count: width - stage.name.count)
            let word = stage.decision.word + String(repeating: " ", count: 6 - stage.decision.word.count)
            try output("  \(name)  \(word)  \(stage.why)")
            guard explains else { continue }
            for difference in stage.differences { try output("      \(difference.line)") }
            for origin in origins[stage.name] ?? [] where origin != stage.name {
                try output("      began with stage \(origin): \(whys[origin] ?? "")")
            }
        }
        let cached = stages.filter { $0.decision.word == "cached" }.count
        try output(
            "\(counted(stages.count, "stage")): \(cached) cached, \(stages.count - cached) to run or to decide on the way"
        )
    }
}

extension PlanReport {
    /// For each stage that runs or waits, the stages whose own change began it.
    private static func origins(_ stages: [PlannedStage]) -> [String: [String]] {
        var origins: [String: [String]] = [:]
        for stage in stages {
            switch stage.decision {
            case .cached: break
            case .runs: origins[stage.name] = [stage.name]
            case .waits(let upstream):
                let own = stage.differences.isEmpty ? [] : [stage.name]
                origins[stage.name] = Set(upstream.flatMap { origins[$0] ?? [] } + own).sorted()
            }
        }
        return origins
    }
}

extension PlannedStage {
    fileprivate func json(explains: Bool) -> JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "state": .string("skipped"), "key": .optional(key?.digest.hex),
            "outputs": .object([:]),
            "seconds": .double(0), "metrics": .object([:]), "why": .string(why),
            "decision": .string(decision.word),
        ]
        if case .cached(let outputs, let metrics) = decision {
            members["state"] = .string("cached")
            members["outputs"] = .digests(outputs)
            members["metrics"] = .object(metrics.mapValues { .number($0) })
        }
        if explains { members["differences"] = .array(differences.map(\.json)) }
        if explains, case .waits = decision { members["certain"] = .bool(isCertain) }
        return .object(members)
    }

    /// Why it runs or doesn't; of a stage that waits, what it has changed itself comes first.
    fileprivate var why: String {
        guard case .waits(let stages) = decision, !differences.isEmpty else { return decision.why }
        let (change, others) = (Why.line(differences), listed(stages))
        return isCertain
            ? "certain to run: \(change); and waits for \(others)"
            : "\(change); decided when \(others) is done, since an earlier execution may do"
    }
}

extension PlannedStage.Decision {
    fileprivate var word: String {
        switch self {
        case .cached: "cached"
        case .runs: "run"
        case .waits: "wait"
        }
    }

    fileprivate var why: String {
        switch self {
        case .cached: "nothing changed"
        case .runs(let why): why
        case .waits(let stages): "decided when \(listed(stages)) is done"
        }
    }
}

/// The first few names, and how many more there are.
private func listed(_ stages: [String]) -> String {
    let (shown, left) = (stages.prefix(6).joined(separator: ", "), stages.count - 6)
    return left > 0 ? "\(shown) and \(left) more" : shown
}
