import ArgumentParser
import Foundation
import Pipelines
import Tasks

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of pipeline files, for editors.",
        discussion: """
            EXAMPLE
              calm schema > pipeline.schema.json
            """)

    func run() throws {
        try output(raw: Data(PipelineSchema(registry: .builtIn).text.utf8))
    }
}
