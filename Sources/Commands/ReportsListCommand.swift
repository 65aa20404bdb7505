import ArgumentParser
import Artifacts
import Catalogue
import Reports

struct ReportsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the runs of tests that were ingested, the latest first.",
        discussion: """
            EXAMPLE
              calm reports list --limit 5
            """)

    @OptionGroup var store: StoreOptions

    @Option(help: "The most runs to list.")
    var limit = 20

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let runs = try store.openTestHistory().testRuns(limit: max(0, limit))
        if json {
            try output(JSONValue.array(runs.map(\.json)).canonical)
            return
        }
        let rows = runs.map { row in
            [
                row.run.name, timestamp(row.run.startedAt), row.run.commit.map { String($0.prefix(12)) } ?? "–",
                row.run.branch ?? "–", row.run.job ?? "–", counted(row.summary.tests, "test"),
                row.summary.failures + row.summary.errors == 0
                    ? "passed" : "\(row.summary.failures + row.summary.errors) failed",
            ]
        }
        try output(columns(rows), terminator: "")
        if runs.isEmpty { try output("no reports yet") }
    }
}

extension TestRunRow {
    var json: JSONValue {
        .object([
            "run": .string(run.name), "startedAt": .string(timestamp(run.startedAt)), "commit": .optional(run.commit),
            "branch": .optional(run.branch), "job": .optional(run.job),
            "attempt": run.attempt.map(JSONValue.int) ?? .null, "url": .optional(run.url), "reports": .int(reports),
            "tests": .int(summary.tests), "failures": .int(summary.failures), "errors": .int(summary.errors),
            "skipped": .int(summary.skipped), "seconds": .number(summary.seconds),
        ])
    }
}

extension StoreOptions {
    /// The catalogue with every report's rows.
    func openTestHistory() throws -> Catalogue {
        let store = try open()
        let catalogue = try Catalogue(store: store)
        let problems = try ReportArchive(store, catalogue).problems
        guard problems.isEmpty else {
            throw StoreError(
                .damaged, problems.joined(separator: "\n") + "\n`calm store verify` sets aside what is damaged")
        }
        return catalogue
    }
}

extension Catalogue {
    /// The run that a person means: `latest`, a name, or the beginning of a name or commit that only one run has.
    func testRun(_ text: String) throws -> TestRunRow {
        let runs = text == "latest" ? try testRuns(limit: 1) : text.isEmpty ? [] : try testRuns(matching: text)
        if runs.count == 1 { return runs[0] }
        if runs.isEmpty {
            throw CommandFailure.notFound("no run of tests is called '\(text)'; `calm reports list` has them")
        }
        let names = runs.prefix(5).map(\.run.name).joined(separator: ", ")
        throw CommandFailure.notFound("'\(text)' may be any of \(runs.count) runs: \(names)")
    }
}
