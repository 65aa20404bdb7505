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

    @OptionGroup var form: AnswerOptions

    func run() throws {
        let runs = try store.openTestHistory().testRuns(limit: max(0, limit))
        let rows: [[HistoryAnswer.Cell]] = runs.map { row in
            [
                "\(row.run.name)", "\(timestamp(row.run.startedAt))",
                "\(row.run.commit.map { String($0.prefix(12)) } ?? "")",
                "\(row.run.branch ?? "")", "\(row.run.job ?? "")", "\(counted(row.summary.tests, "case"))",
                row.result,
            ]
        }
        let titles = ["run", "started", "commit", "branch", "job", "cases", "result"]
        let section = HistoryAnswer.Section("Runs, the latest first", titles.map { .init($0) }, rows)
        try form.write(
            HistoryAnswer(
                title: runs.isEmpty ? "no reports yet" : counted(runs.count, "run") + " of tests",
                sections: runs.isEmpty ? [] : [section]), .array(runs.map(\.json)))
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
            "incompleteReports": .int(incompleteReports),
        ])
    }

    /// How it ended, in a word or two; an incomplete run hasn't passed.
    var result: HistoryAnswer.Cell {
        let failing = summary.failures + summary.errors
        let words = [failing > 0 ? "\(failing) failed" : nil, incompleteReports > 0 ? "incomplete" : nil]
        let some = words.compactMap(\.self).joined(separator: ", ")
        return some.isEmpty ? HistoryAnswer.Cell("passed", .good) : HistoryAnswer.Cell(some, .bad)
    }

    /// What is known of it, in a line.
    var line: String {
        let known = [
            run.commit.map { "commit \($0.prefix(12))" }, run.branch.map { "branch \($0)" },
            run.job.map { "job \($0)" },
            run.attempt.map { "attempt \($0)" }, run.url,
        ]
        return ([timestamp(run.startedAt)] + known.compactMap(\.self)).joined(separator: ", ")
    }
}
