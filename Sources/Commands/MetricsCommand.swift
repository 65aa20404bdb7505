import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines

struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print the metrics of a run, or of one stage over its runs.",
        discussion: """
            EXAMPLES
              calm metrics
              calm metrics --stage table-1
            """)

    @Argument(
        help: ArgumentHelp("The run, by id or prefix; the latest if left out.", valueName: "run"),
        completion: .custom(Completion.runs))
    var reference: String?

    @Option(help: "Only this stage, in every run.", completion: .custom(Completion.stages))
    var stage: String?

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func validate() throws {
        if reference != nil, stage != nil { throw ValidationError("name a run, or a stage over its runs, not both") }
    }

    func run() throws {
        let catalogue = try Catalogue(store: try store.open())
        if let reference, reference != "latest", try catalogue.runs(matching: reference).isEmpty,
            try catalogue.latestRun(ofStage: reference) != nil
        {
            throw CommandFailure.notFound(
                "'\(reference)' is a stage, expected a run: `calm metrics --stage \(reference.shellWord)` prints the stage's "
                    + "metrics in every run, `calm metrics` those of all stages in the latest run")
        }
        let metrics =
            try stage.map { try catalogue.metrics(stage: $0) }
            ?? catalogue.metrics(run: try Reference.run(reference, in: catalogue).id)
        if metrics.isEmpty, let stage, try catalogue.latestRun(ofStage: stage) == nil {
            throw CommandFailure.notFound(
                "no run has a stage '\(stage)': `calm show latest` lists those of the latest run")
        }
        if json {
            let rows = metrics.map {
                JSONValue.object([
                    "run": .string($0.run), "stage": .string($0.stage), "metric": .string($0.name),
                    "value": .number($0.value),
                ])
            }
            try output(json: JSONValue.array(rows))
            return
        }
        try output(
            columns(metrics.map { [stage == nil ? $0.stage : $0.run, $0.name, "\($0.value)"] }), terminator: "")
        if metrics.isEmpty { try output("no metrics") }
    }
}
