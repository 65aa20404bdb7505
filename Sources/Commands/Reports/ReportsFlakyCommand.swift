import ArgumentParser
import Artifacts
import Catalogue
import Reports

struct ReportsFlakyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flaky",
        abstract: "List the flaky tests, each with what shows it.",
        discussion: """
            A test is flaky if, in the latest runs of a job and branch (--runs), it has different results on one commit: passed
            and failed in several runs or attempts of one job, or several times in one run, or failed first and then passed by
            its own report. Or if its results switched between passed and failed often enough (--switches).

            EXAMPLES
              calm reports flaky
              calm reports flaky --runs 50 --switches 5 --json
            """)

    @OptionGroup var rules: FlakyOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var form: AnswerOptions

    func run() throws {
        let catalogue = try store.openTestHistory()
        let names = try catalogue.testNaming()
        let found = try catalogue.flakyTests(rules.rules)
        let tests = Set(found.map(\.test)).count
        let rows: [[HistoryAnswer.Cell]] = found.map { item in
            [
                "\(names(item.test))\(item.quarantinedUntil.map { " (quarantined until \($0))" } ?? "")",
                "\(item.rule.rawValue)", "\(item.job ?? "")", "\(item.summary)",
            ]
        }
        let titles = ["test", "rule", "job", "evidence"]
        try form.write(
            HistoryAnswer(
                title: tests == 0 ? "no test is flaky" : counted(tests, "flaky test"),
                lines: ["in the last \(counted(rules.runs, "run")) of each job and branch"],
                sections: found.isEmpty ? [] : [.init("Flaky tests", titles.map { .init($0) }, rows)]),
            .object([
                "runs": .int(rules.runs), "switches": .int(rules.switches), "flaky": .array(found.map(\.json)),
            ]))
    }
}

extension FlakyTest {
    var json: JSONValue {
        test.document([
            "rule": .string(rule.rawValue), "job": .optional(job), "branch": .optional(branch),
            "commit": .optional(commit), "switches": switches.map(JSONValue.int) ?? .null,
            "quarantinedUntil": .optional(quarantinedUntil),
            "evidence": .array(
                results.map { result in
                    .object([
                        "run": .string(result.run), "commit": .optional(result.commit), "passed": .int(result.passed),
                        "failed": .int(result.failed), "flaky": .bool(result.isFlaky),
                        "message": .string(result.message),
                    ])
                }),
        ])
    }
}
