import ArgumentParser
import Artifacts
import Catalogue
import Reports

struct ReportsSlowestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slowest",
        abstract: "List a run's slowest tests, beside how long they took before.",
        discussion: """
            Durations are those of tests that passed, in runs of the same job and branch. A test is slower than before if it
            took more than the median of its last durations and k times their median absolute deviation (MAD).

            EXAMPLES
              calm reports slowest --limit 5
              calm reports slowest latest --slower --k 5
            """)

    @Argument(help: "The run; the latest if left out.")
    var target: String?

    @Option(help: "The most tests to list.")
    var limit = 20

    @Flag(help: "Only tests that are slower than before.")
    var slower = false

    @OptionGroup var rules: SlownessOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var form: AnswerOptions

    func run() throws {
        let catalogue = try store.openTestHistory()
        let run = try catalogue.testRun(target ?? "latest")
        let rules = rules.rules
        let all = try catalogue.durations(in: run, last: rules.last)
        let count = all.count(where: rules.isSlower)
        let found = all.filter { !slower || rules.isSlower($0) }.prefix(max(0, limit))
        try form.write(
            HistoryAnswer(
                title: "run \(run.run.name)",
                lines: ["\(count) of \(counted(all.count, "passed test")) slower than before"],
                sections: found.isEmpty
                    ? [] : [Array(found).section("Slowest tests", rules, try catalogue.testNaming())]),
            .object([
                "run": run.json, "slower": .int(count), "tests": .array(found.map { $0.json(rules) }),
            ]))
    }
}

extension [TestDuration] {
    func section(
        _ title: String, _ rules: SlownessRules, _ names: TestNaming
    ) -> HistoryAnswer.Section {
        let titles = ["seconds", "median", "deviation", "durations", "test", ""]
        return HistoryAnswer.Section(
            title, titles.enumerated().map { .init($1, isNumber: $0 < 4) }, map { $0.cells(rules, names) })
    }
}

extension TestDuration {
    fileprivate func cells(_ rules: SlownessRules, _ names: TestNaming) -> [HistoryAnswer.Cell] {
        let before = [earlier?.median, earlier?.deviation].map { $0.map { formatted(seconds: $0) } ?? "" }
        return [
            "\(formatted(seconds: seconds))", "\(before[0])", "\(before[1])", "\(earlier?.count ?? 0)",
            "\(names(test))",
            rules.isSlower(self) ? HistoryAnswer.Cell("slower", .warn) : "",
        ]
    }

    func json(_ rules: SlownessRules) -> JSONValue {
        test.document([
            "seconds": .number(seconds), "median": .number(earlier?.median), "deviation": .number(earlier?.deviation),
            "durations": .int(earlier?.count ?? 0), "limit": .number(rules.limit(self)),
            "slower": .bool(rules.isSlower(self)),
        ])
    }
}
