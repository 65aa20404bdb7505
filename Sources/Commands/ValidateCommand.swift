import ArgumentParser
import Foundation
import Pipelines

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a pipeline without running anything; all errors at once.",
        discussion: """
            EXAMPLE
              calm validate pipelines/kv-arithmetic.yaml
            """)

    @OptionGroup var pipeline: PipelineOptions

    @Flag(help: "Write the errors as JSON.")
    var json = false

    func run() throws {
        do {
            let resolved = try pipeline.load()
            try output(json ? "[]" : "\(pipeline.pipeline): valid, \(resolved.stages.count) stages")
        } catch let error as PipelineDiagnostics {
            if json { try output(error.json.canonical) }
            throw CommandFailure(json ? "" : error.description, exitCode: Pipelines.ExitCode.invalidPipeline)
        }
    }
}
