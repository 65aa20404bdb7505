import ArgumentParser
import Foundation
import Pipelines
import Reports

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a pipeline without running anything; all errors at once.",
        discussion: """
            EXAMPLE
              calm validate pipelines/kv-arithmetic.yaml
            """)

    @OptionGroup var pipeline: PipelineOptions

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write the errors as JSON.")
    var json = false

    func run() throws {
        do {
            let resolved = try pipeline.load(into: store.of(pipeline: pipeline.pipeline))
            let count = counted(resolved.stages.count, "stage")
            try json ? output(json: .array([])) : output("\(pipeline.pipeline): valid, \(count)")
        } catch let error as PipelineDiagnostics {
            if json { try output(json: error.json) }
            throw CommandFailure(json ? "" : error.description, exitCode: Pipelines.ExitCode.invalidPipeline)
        }
    }
}
