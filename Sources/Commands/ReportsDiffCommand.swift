import ArgumentParser
import Artifacts
import Catalogue
import Reports

struct ReportsDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Say which tests changed from one run to another.",
        discussion: """
            A test is its suites' names, its class and its name. It is a new failure if it fails and didn't in the baseline,
            still failing if it fails in both (since which run of this job and branch, in a row), fixed, new, removed, or newly
            skipped. A run is `latest`, its name, or the beginning of its name or commit.

            EXAMPLES
              calm reports diff
              calm reports diff 0123abc latest --json
            """)

    @Argument(help: "The baseline; if left out, the run of the same job and branch before the other.")
    var baseline: String?

    @Argument(help: "The run to look at; the latest if left out.")
    var target: String?

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let catalogue = try store.openTestHistory()
        let run = try catalogue.testRun(target ?? "latest")
        let earlier = try baseline.map { try catalogue.testRun($0) } ?? catalogue.testRun(before: run)
        let changes = try catalogue.changes(from: earlier, to: run)
        if json {
            try output(
                JSONValue.object([
                    "baseline": earlier?.json ?? .null, "run": run.json, "changes": .array(changes.map(\.json)),
                ]).canonical)
            return
        }
        try output(
            "\(run.run.name) against \(earlier?.run.name ?? "nothing: it is the first run of its job and branch")")
        for kind in TestChange.allCases {
            let some = changes.filter { $0.change == kind }
            if !some.isEmpty { try output("\(kind.rawValue): \(some.count)") }
            for item in some {
                let since = item.failingSince.map { " (since \($0))" } ?? ""
                let line = item.message.split(whereSeparator: \.isNewline).first.map { ": \($0.prefix(200))" } ?? ""
                try output("  \(item.test)\(since)\(line)")
            }
        }
        if changes.isEmpty { try output("no test changed") }
    }
}

extension ChangedTest {
    var json: JSONValue {
        .object([
            "change": .string(change.rawValue), "suite": .string(test.suite), "class": .string(test.className),
            "name": .string(test.name), "was": .optional(was?.rawValue), "status": .optional(now?.rawValue),
            "failingSince": .optional(failingSince), "message": .string(message),
        ])
    }
}
