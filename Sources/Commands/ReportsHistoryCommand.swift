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

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let catalogue = try store.openTestHistory()
        let tests = try catalogue.tests(matching: test)
        guard let found = tests.first else { throw CommandFailure.notFound("no test is called '\(test)'") }
        guard tests.count == 1 else {
            let names = tests.prefix(5).map { "  \($0.name)" }.joined(separator: "\n")
            throw CommandFailure.notFound("'\(test)' may be any of these tests, and more:\n\(names)")
        }
        let rows = try catalogue.history(ofTest: found.id, limit: max(0, limit))
        if json {
            try output(
                JSONValue.object([
                    "suite": .string(found.name.suite), "class": .string(found.name.className),
                    "name": .string(found.name.name), "results": .array(rows.map(\.json)),
                ]).canonical)
            return
        }
        try output("\(found.name)")
        let cells = rows.map { row in
            [
                row.run, timestamp(row.startedAt), row.commit.map { String($0.prefix(12)) } ?? "–", row.job ?? "–",
                row.status + (row.isFlaky ? ", flaky" : ""), row.seconds.map { formatted(seconds: $0) } ?? "–",
                String(row.message.prefix { !$0.isNewline }.prefix(200)),
            ]
        }
        try output(columns(cells), terminator: "")
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
