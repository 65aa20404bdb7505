import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List the store's runs, the latest first.",
        discussion: """
            --where takes comparisons (= != < <= > >=, and ~ for 'contains') joined by 'and', 'or', 'not' and parentheses.
            What a run hasn't got makes a comparison false. Fields:
              run, pipeline, file, command     texts; a run also by its beginning
              state                            \(RunFilter.runStates.joined(separator: ", "))
              exit, seconds                    numbers
              started                          2026-11-25, 2026-11-25T08:30 (UTC), or -7d, -12h, -30m
              params.NAME                      a parameter of the pipeline
              metric.STAGE.NAME, metric.NAME   of one stage, or of any
              stage.STAGE                      \(RunFilter.stageStates.joined(separator: ", "))
              stage.STAGE.key                  and .kind, .seconds, .attempts, .why
              output.STAGE.ROLE, output        an artifact's digest, or its beginning
              gate.STAGE.METRIC, gate          \(RunFilter.gateStates.joined(separator: ", "))

            EXAMPLES
              calm runs --limit 5
              calm runs --where "pipeline = kv-arithmetic and started > -7d"
              calm runs --where "metric.scores[model=composed].accuracy >= 0.9 and not params.seed = 7"
            """)

    @OptionGroup var store: StoreOptions

    @Option(help: "Only the runs for which this holds.")
    var `where`: String?

    @Option(help: "The most runs to list.")
    var limit = 20

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let filter = try self.where.map(filter)
        let catalogue = try Catalogue(store: try store.open())
        let runs =
            try filter.map { try catalogue.runs(where: $0, limit: max(0, limit)) }
            ?? catalogue.runs(limit: max(0, limit))
        if json {
            try output(json: JSONValue.array(runs.map(\.json)))
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
        if runs.isEmpty { try output(filter == nil ? "no runs yet" : "no run for which this holds") }
    }

    private func filter(_ text: String) throws -> RunFilter {
        do {
            return try RunFilter(text, now: Date().timeIntervalSince1970)
        } catch {
            throw CommandFailure.notFound("--where: \(error)")
        }
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
