import ArgumentParser
import Artifacts
import Catalogue
import Reports

struct ReportsGateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate",
        abstract: "Exit with 1 if a run of tests has new failures, or too many flaky tests.",
        discussion: """
            New is what fails and didn't in the baseline; without a baseline, in the first run of a job and branch, every failure
            is new. Flaky is what its report says failed first and then passed.

            EXAMPLES
              calm reports gate
              calm reports gate --max-new-failures 2 --max-flaky-share 0.01
            """)

    @Argument(help: "The run to judge; the latest if left out.")
    var target: String?

    @Option(help: "The baseline; the run of the same job and branch before it if left out.")
    var baseline: String?

    @Option(name: .customLong("max-new-failures"), help: "How many new failures pass.")
    var maxNewFailures = 0

    @Option(name: .customLong("max-flaky-share"), help: "Which share of the run's tests may be flaky, from 0 to 1.")
    var maxFlakyShare = 1.0

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func validate() throws {
        if maxNewFailures < 0 { throw ValidationError("--max-new-failures takes 0 or more, found \(maxNewFailures)") }
        if !(0...1).contains(maxFlakyShare) {
            throw ValidationError("--max-flaky-share takes a number from 0 to 1, found \(maxFlakyShare)")
        }
    }

    func run() throws {
        let catalogue = try store.openTestHistory()
        let run = try catalogue.testRun(target ?? "latest")
        let earlier = try baseline.map { try catalogue.testRun($0) } ?? catalogue.testRun(before: run)
        let failures = try catalogue.changes(from: earlier, to: run).filter { $0.change == .newFailure }
        let share = try catalogue.flakyShare(of: run)
        let rules = [
            (name: "new failures", value: Double(failures.count), limit: Double(maxNewFailures)),
            (name: "flaky share", value: share, limit: maxFlakyShare),
        ]
        let isPassed = rules.allSatisfy { $0.value <= $0.limit }
        if json {
            try output(
                JSONValue.object([
                    "run": run.json, "baseline": earlier?.json ?? .null, "passed": .bool(isPassed),
                    "rules": .array(
                        rules.map {
                            .object([
                                "rule": .string($0.name), "value": .number($0.value), "limit": .number($0.limit),
                                "passed": .bool($0.value <= $0.limit),
                            ])
                        }), "failures": .array(failures.map(\.json)),
                ]).canonical)
        } else {
            try output("\(run.run.name) against \(earlier?.run.name ?? "nothing")")
            for item in failures {
                let line = item.message.split(whereSeparator: \.isNewline).first.map { ": \($0.prefix(200))" } ?? ""
                try output("  new failure: \(item.test)\(line)")
            }
            for rule in rules {
                try output(
                    "\(rule.value <= rule.limit ? "passed" : "missed"): \(rule.name) \(rule.value), at most \(rule.limit)"
                )
            }
        }
        if !isPassed { throw CommandFailure("", exitCode: 1) }
    }
}
