import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say what a run would execute, and why.",
        discussion: """
            EXAMPLE
              calm plan pipelines/kv-arithmetic.yaml --set params.keys=640
            """)

    @OptionGroup var pipeline: PipelineOptions
    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let pipeline = try pipeline.load()
        let store = try store.openOrCreate()
        try PlanReport(pipeline: pipeline, store: store, catalogue: Catalogue(store: store), forced: .none)
            .print(json: json)
    }
}

/// What a run would do, as text or JSON: also `calm run --dry-run`.
struct PlanReport {
    let pipeline: ResolvedPipeline
    let store: Store
    let catalogue: Catalogue
    let forced: ForcedStages

    func print(json: Bool) throws {
        var options = RunOptions()
        options.forced = forced
        let stages: [PlannedStage]
        do {
            stages = try Runner(store: store, catalogue: catalogue, options: options).plan(pipeline)
        } catch let failure as StageFailure {
            throw CommandFailure("error: \(failure.message)", exitCode: Pipelines.ExitCode.stageFailed)
        }
        if json {
            let document = JSONValue.object([
                "pipeline": .string(pipeline.name),
                "stages": .array(
                    stages.map { stage in
                        .object([
                            "name": .string(stage.name), "kind": .string(stage.kind),
                            "decision": .string(stage.decision.word), "why": .string(stage.decision.why),
                            "key": stage.key.map { .string($0.digest.hex) } ?? .null,
                        ])
                    }),
            ])
            Swift.print(document.canonical)
            return
        }
        let width = stages.map(\.name.count).max() ?? 0
        for stage in stages {
            let name = stage.name + String(repeating: " ", count: width - stage.name.count)
            let word = stage.decision.word + String(repeating: " ", count: 6 - stage.decision.word.count)
            Swift.print("  \(name)  \(word)  \(stage.decision.why)")
        }
        let cached = stages.filter { $0.decision.word == "cached" }.count
        Swift.print("\(stages.count) stages: \(cached) cached, \(stages.count - cached) to run or to decide on the way")
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
        case .waits(let stages): "decided when \(stages.joined(separator: ", ")) is done"
        }
    }
}
