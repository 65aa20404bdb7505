import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines

struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Print what a stage wrote while it ran.",
        discussion: """
            EXAMPLE
              calm log composed
            """)

    @Argument(help: "The stage.")
    var stage: String

    @Option(name: .customLong("run"), help: "The run, by id or prefix; the latest that executed the stage if left out.")
    var reference: String?

    @OptionGroup var store: StoreOptions

    func run() throws {
        let catalogue = try Catalogue(store: try store.open())
        let run = try reference.map { try Reference.run($0, in: catalogue) }
        guard let found = try run ?? catalogue.latestRun(ofStage: stage, withLog: true),
            let row = try catalogue.stages(run: found.id).first(where: { $0.name == stage }), let log = row.log
        else {
            let place = run.map { "run \($0.id)" } ?? "any run"
            throw CommandFailure.notFound("stage '\(stage)' was not executed in \(place), so it wrote nothing")
        }
        guard let text = try? Data(contentsOf: URL(fileURLWithPath: log)) else {
            throw CommandFailure.notFound("the log \(log) of run \(found.id) is gone")
        }
        try output(raw: text)
    }
}
