import ArgumentParser
import Artifacts
import Catalogue
import Reports

struct ReportsHistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Print the results of one test over its runs, the latest first.",
        discussion: """
            EXAMPLE
              calm reports history tests.test_a::test_x
            """)

    @Argument(help: "The test: suite::class::name, what is empty left out; its name; or a part that only one has.")
    var test: String

    @OptionGroup var store: StoreOptions

    @Option(help: "The most runs to print.")
    var limit = 50

    @OptionGroup var form: AnswerOptions

    func run() throws {
        let catalogue = try store.openTestHistory()
        let found = try catalogue.test(test)
        let rows = try catalogue.history(ofTest: found.id, limit: max(0, limit))
        let quarantine = try catalogue.quarantine()[found.name]
        let titles = ["run", "started", "commit", "job", "result", "seconds", "message"]
        let cells: [[HistoryAnswer.Cell]] = rows.map { row in
            [
                "\(row.run)", "\(timestamp(row.startedAt))", "\(row.commit.map { String($0.prefix(12)) } ?? "")",
                "\(row.job ?? "")", .status(row.status + (row.isFlaky ? ", flaky" : "")),
                "\(row.seconds.map { formatted(seconds: $0) } ?? "")", "\(row.message)",
            ]
        }
        try form.write(
            HistoryAnswer(
                title: try catalogue.testNaming()(found.name),
                lines: quarantine.map { ["quarantined until \($0.until)\($0.reason.isEmpty ? "" : ": \($0.reason)")"] }
                    ?? [],
                sections: [
                    .init("Results, the latest first", titles.map { .init($0, isNumber: $0 == "seconds") }, cells)
                ]),
            found.name.document(["results": .array(rows.map(\.json)), "quarantinedUntil": .optional(quarantine?.until)])
        )
    }
}

extension TestHistoryRow {
    fileprivate var json: JSONValue {
        .object([
            "run": .string(run), "startedAt": .string(timestamp(startedAt)), "commit": .optional(commit),
            "branch": .optional(branch), "job": .optional(job), "status": .string(status), "flaky": .bool(isFlaky),
            "seconds": .number(seconds), "message": .string(message),
        ])
    }
}
