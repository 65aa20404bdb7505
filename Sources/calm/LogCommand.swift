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
        let runs = try reference.map { [try Reference.run($0, in: catalogue)] } ?? catalogue.runs(limit: 1_000)
        var isKnown = false
        for run in runs {
            guard let stage = try catalogue.stages(run: run.id).first(where: { $0.name == stage }) else { continue }
            isKnown = true
            guard let log = stage.log else { continue }
            guard let text = try? Data(contentsOf: URL(fileURLWithPath: log)) else {
                throw CommandFailure.notFound("the log \(log) of run \(run.id) is gone")
            }
            try FileHandle.standardOutput.write(contentsOf: text)
            return
        }
        throw CommandFailure.notFound(
            isKnown
                ? "stage \(stage) was not executed in \(reference.map { "run \($0)" } ?? "any run"), so it wrote nothing"
                : "no run has a stage '\(stage)'")
    }
}
