import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Stages
import Tasks

struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Let a stored model or composition continue prompts, greedily.",
        discussion: """
            EXAMPLES
              calm generate anchor --prompt '12+400-33='
              calm generate composed --prompt 'pwc+enz-ndmt='
            """)

    @Argument(help: ArgumentHelp(Reference.help), completion: .custom(Completion.references))
    var model: String

    @Option(help: "A prompt; several may be given. Without any, each line of standard input is one.")
    var prompt: [String] = []

    @Option(help: "The most new tokens.")
    var tokens = 64

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func validate() throws {
        if !(1...16_384).contains(tokens) { throw ValidationError("--tokens takes 1 to 16384, found \(tokens)") }
    }

    func run() throws {
        let store = try store.open()
        let catalogue = try Catalogue(store: store)
        let digest = try Reference(model, in: catalogue, withOutputs: true)
            .artifact(of: [.model, .composition], in: catalogue, store: store)
        let prompts = prompt.isEmpty ? Array(sequence(state: ()) { _ in readLine() }) : prompt
        _ = try numericEnvironment()
        let answering = try AnsweringModel(Artifact(digest, in: store), tasks: .builtIn)
        let answers = try answering.answers(to: prompts, maximum: tokens)
        if json {
            let rows = zip(prompts, answers).map {
                JSONValue.object(["prompt": .string($0), "answer": .string($1)])
            }
            try output(json: JSONValue.array(rows))
        } else {
            for (prompt, answer) in zip(prompts, answers) { try output(raw: Data((prompt + answer + "\n").utf8)) }
        }
    }
}
