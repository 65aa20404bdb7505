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
        let store = try store.open()
        let catalogue = try Catalogue(store: store)
        let run = try reference.map { try Reference.run($0, in: catalogue) }
        guard let found = try run ?? catalogue.latestRun(ofStage: stage, withLog: true),
            let row = try catalogue.stages(run: found.id).first(where: { $0.name == stage }), let log = row.log
        else {
            let place = run.map { "run \($0.id)" } ?? "any run"
            throw CommandFailure.notFound("stage '\(stage)' was not executed in \(place), so it wrote nothing")
        }
        // In this store, which may have been moved since the run wrote down where it is.
        let files = [
            store.log(URL(fileURLWithPath: log).lastPathComponent, ofRun: found.id), URL(fileURLWithPath: log),
        ]
        guard let text = files.lazy.compactMap({ try? Data(contentsOf: $0) }).first else {
            throw CommandFailure.notFound("the log \(log) of run \(found.id) is gone")
        }
        try output(raw: text)
    }
}
