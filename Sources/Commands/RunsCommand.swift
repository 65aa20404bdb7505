import ArgumentParser
import Artifacts
import Catalogue
import Pipelines
import Reports

struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List the store's runs, the latest first.",
        discussion: """
            EXAMPLE
              calm runs --limit 5
            """)

    @OptionGroup var store: StoreOptions

    @Option(help: "The most runs to list.")
    var limit = 20

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let runs = try Catalogue(store: try store.open()).runs(limit: max(0, limit))
        if json {
            try output(JSONValue.array(runs.map(\.json)).canonical)
            return
        }
        try output(
            columns(
                runs.map { run in
                    [
                        run.id, run.pipeline, run.exit.map { "exit \($0)" } ?? "unfinished",
                        run.seconds.map { formatted(seconds: $0) } ?? "–", run.commandLine,
                    ]
                }), terminator: "")
        if runs.isEmpty { try output("no runs yet") }
    }
}

extension RunRow {
    var json: JSONValue {
        .object([
            "run": .string(id), "pipeline": .string(pipeline), "file": .string(file),
            "startedAt": .string(timestamp(startedAt)), "exit": exit.map { .int(Int($0)) } ?? .null,
            "seconds": .number(seconds), "commandLine": .string(commandLine), "parameters": parameters,
        ])
    }
}
