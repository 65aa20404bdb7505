import ArgumentParser
import Artifacts
import Catalogue
import Reports

struct ReportsRegressionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "regressions",
        abstract: "Say what became worse since a baseline: new failures, and tests slower than before.",
        discussion: """
            EXAMPLES
              calm reports regressions
              calm reports regressions 0123abc latest --k 5
            """)

    @Argument(help: "The baseline; if left out, the run of the same job and branch before the other.")
    var baseline: String?

    @Argument(help: "The run to look at; the latest if left out.")
    var target: String?

    @OptionGroup var rules: SlownessOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var form: AnswerOptions

    func run() throws {
        let catalogue = try store.openTestHistory()
        let (earlier, run) = try catalogue.testRuns(baseline, target)
        let rules = rules.rules
        let names = try catalogue.testNaming()
        let failures = try catalogue.changes(from: earlier, to: run).filter { $0.change == .newFailure }
        let slower = try catalogue.durations(in: run, last: rules.last).filter(rules.isSlower)
        var answer = HistoryAnswer(title: run.title(against: earlier))
        if failures.isEmpty && slower.isEmpty { answer.lines.append("nothing became worse") }
        if !failures.isEmpty { answer.sections.append(failures.section("new failures: \(failures.count)", names)) }
        if !slower.isEmpty { answer.sections.append(slower.section("slower tests: \(slower.count)", rules, names)) }
        try form.write(
            answer,
            .object([
                "baseline": earlier?.json ?? .null, "run": run.json, "newFailures": .array(failures.map(\.json)),
                "slower": .array(slower.map { $0.json(rules) }),
            ]))
    }
}
