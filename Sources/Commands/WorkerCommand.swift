import ArgumentParser
import Foundation
import Pipelines
import Stages
import Tasks

/// One stage in a process of its own; `calm run` starts it.
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Run one stage read from standard input.", shouldDisplay: false)

    func run() {
        Foundation.exit(Worker.main(registry: .builtIn, environment: numericEnvironment(of:)))
    }
}
