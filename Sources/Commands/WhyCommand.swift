import ArgumentParser
import Artifacts
import Catalogue
import Pipelines

struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Say why a stage ran, or didn't, in a run.",
        discussion: """
            EXAMPLE
              calm why composed
            """)

    @Argument(help: "The stage.")
    var stage: String

    @Option(name: .customLong("run"), help: "The run, by id or prefix; the latest that has the stage if left out.")
    var reference: String?

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let catalogue = try Catalogue(store: try store.open())
        let run =
            try reference.map { try Reference.run($0, in: catalogue) } ?? catalogue.latestRun(ofStage: stage)
            ?? Reference.latest(in: catalogue)
        let stages = try catalogue.stages(run: run.id)
        guard let stage = stages.first(where: { $0.name == stage }) else {
            let known = stages.map(\.name).joined(separator: ", ")
            throw CommandFailure.notFound("run \(run.id) has no stage '\(stage)'; it has: \(known)")
        }
        try output(json ? stage.json.canonical : "\(stage.name) was \(stage.state) in run \(run.id): \(stage.why)")
    }
}
