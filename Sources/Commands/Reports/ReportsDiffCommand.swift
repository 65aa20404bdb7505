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
    @OptionGroup var form: AnswerOptions

    func run() throws {
        let catalogue = try store.openTestHistory()
        let (earlier, run) = try catalogue.testRuns(baseline, target)
        let changes = try catalogue.changes(from: earlier, to: run)
        let names = try catalogue.testNaming()
        var answer = HistoryAnswer(title: run.title(against: earlier))
        if changes.isEmpty { answer.lines.append("no test changed") }
        for kind in TestChange.allCases {
            let some = changes.filter { $0.change == kind }
            if !some.isEmpty { answer.sections.append(some.section("\(kind.rawValue): \(some.count)", names)) }
        }
        try form.write(
            answer,
            .object(["baseline": earlier?.json ?? .null, "run": run.json, "changes": .array(changes.map(\.json))]))
    }
}

extension TestRunRow {
    func title(against baseline: TestRunRow?) -> String {
        "\(run.name) against \(baseline?.run.name ?? "nothing: it is the first run of its job and branch")"
    }
}

extension [ChangedTest] {
    func section(_ title: String, _ names: TestNaming) -> HistoryAnswer.Section {
        HistoryAnswer.Section(
            title, [.init("test"), .init("now"), .init("message")],
            map { item in
                let since = item.failingSince.map { "since \($0)" }
                let note = item.quarantinedUntil.map {
                    item.isQuarantined(on: today()) ? "quarantined until \($0)" : "quarantine ended \($0)"
                }
                // In front, since of a message only the beginning may be shown.
                let parts = [since, note, item.message.isEmpty ? nil : item.message].compactMap { $0 }
                return [
                    "\(names(item.test))", .status(item.now?.rawValue ?? "removed"), "\(parts.joined(separator: ": "))",
                ]
            })
    }
}

extension ChangedTest {
    var json: JSONValue {
        test.document([
            "change": .string(change.rawValue), "was": .optional(was?.rawValue), "status": .optional(now?.rawValue),
            "failingSince": .optional(failingSince), "message": .string(message),
            "quarantinedUntil": .optional(quarantinedUntil),
        ])
    }
}
