import ArgumentParser
import Artifacts
import Catalogue
import Pipelines
import Reports

struct ReportsGateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate",
        abstract: "Exit with 1 if a run of tests, or a metric of a pipeline, is worse than it may be.",
        discussion: """
            New is what fails and didn't in the baseline; without a baseline, in the first run of a job and branch, every failure
            is new. Failures of quarantined tests don't count while the quarantine lasts. Flaky is as in `calm reports flaky`,
            slower as in `calm reports slowest`. A metric is that of the latest run of its pipeline; it is held against the
            median of its earlier values less k times their median absolute deviation, and passes if there are none.

            EXAMPLES
              calm reports gate
              calm reports gate --max-new-failures 2 --max-flaky-share 0.01 --max-slower 0
              calm reports gate --metric "scores[model=composed].accuracy" --loss anchor.loss
            """)

    @Argument(help: "The run to judge; the latest if left out.")
    var target: String?

    @Option(help: "The baseline; the run of the same job and branch before it if left out.")
    var baseline: String?

    @Option(name: .customLong("max-new-failures"), help: "How many new failures pass.")
    var maxNewFailures = 0

    @Option(name: .customLong("max-flaky-share"), help: "Which share of the run's tests may be flaky, from 0 to 1.")
    var maxFlakyShare = 1.0

    @Option(name: .customLong("max-slower"), help: "How many tests may be slower than before; any if left out.")
    var maxSlower: Int?

    @Option(
        name: .customLong("metric"),
        help: ArgumentHelp("A metric that mustn't fall below its history.", valueName: "stage.metric"))
    var metrics: [String] = []

    @Option(
        name: .customLong("loss"),
        help: ArgumentHelp("A metric that mustn't rise above its history.", valueName: "stage.metric"))
    var losses: [String] = []

    @Option(name: .customLong("metric-tolerance"), help: "By how much a metric may be worse than that, besides.")
    var tolerance = 0.0

    @OptionGroup var flaky: FlakyOptions
    @OptionGroup var slowness: SlownessOptions
    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func validate() throws {
        if maxNewFailures < 0 { throw ValidationError("--max-new-failures takes 0 or more, found \(maxNewFailures)") }
        if !(0...1).contains(maxFlakyShare) {
            throw ValidationError("--max-flaky-share takes a number from 0 to 1, found \(maxFlakyShare)")
        }
        if let maxSlower, maxSlower < 0 { throw ValidationError("--max-slower takes 0 or more, found \(maxSlower)") }
        if !(tolerance >= 0) { throw ValidationError("--metric-tolerance takes 0 or more, found \(tolerance)") }
        for text in metrics + losses where TestGate.Metric(text, isBetterBelow: false) == nil {
            throw ValidationError("a metric is STAGE.METRIC, such as scores.accuracy, found '\(text)'")
        }
    }

    private var gate: TestGate {
        var gate = TestGate()
        gate.maxNewFailures = maxNewFailures
        gate.maxFlakyShare = maxFlakyShare
        gate.maxSlower = maxSlower
        gate.flaky = flaky.rules
        gate.slowness = slowness.rules
        let wanted = metrics.map { ($0, false) } + losses.map { ($0, true) }
        gate.metrics = wanted.compactMap { text, isBetterBelow in
            var metric = TestGate.Metric(text, isBetterBelow: isBetterBelow)
            metric?.last = slowness.last
            metric?.deviations = slowness.deviations
            metric?.tolerance = tolerance
            return metric
        }
        return gate
    }

    func run() throws {
        let catalogue = try store.openTestHistory()
        // A pipeline's metrics can be judged where no tests were ingested.
        let isOfMetricsOnly = try target == nil && !gate.metrics.isEmpty && catalogue.testRuns(limit: 1).isEmpty
        let runs = isOfMetricsOnly ? nil : try catalogue.testRuns(baseline, target)
        let result: TestGate.Result
        do {
            result = try gate.judge(runs?.run, against: runs?.baseline, in: catalogue, today: today())
        } catch let unknown as UnknownMetric {
            throw CommandFailure.notFound("no run has the metric '\(unknown.name)'; `calm metrics` lists them")
        }
        if json {
            try output(json: document(result, runs?.run, runs?.baseline))
        } else {
            if let runs { try output("\(runs.run.run.name) against \(runs.baseline?.run.name ?? "nothing")") }
            try output(text(result), terminator: "")
        }
        if !result.passed { throw CommandFailure("", exitCode: 1) }
    }

    private func text(_ result: TestGate.Result) -> String {
        let rules = result.verdicts.map { verdict in
            "\(verdict.passed ? "passed" : "missed"): \(verdict.rule): \(verdict.explanation)\n"
                + (verdict.limit == nil || verdict.rule.hasPrefix("metric")
                    ? "" : verdict.evidence.map { "  \($0)\n" }.joined())
        }
        let excepted = result.quarantined.map { "quarantined until \($0.quarantinedUntil ?? ""): \($0.test)\n" }
        let expired = result.expired.map {
            "counts again, its quarantine ended \($0.quarantinedUntil ?? ""): \($0.test)\n"
        }
        return (rules + excepted + expired).joined()
    }

    private func document(_ result: TestGate.Result, _ run: TestRunRow?, _ baseline: TestRunRow?) -> JSONValue {
        .object([
            "run": run?.json ?? .null, "baseline": baseline?.json ?? .null, "passed": .bool(result.passed),
            "rules": .array(
                result.verdicts.map { verdict in
                    .object([
                        "rule": .string(verdict.rule), "value": .number(verdict.value), "limit": .number(verdict.limit),
                        "passed": .bool(verdict.passed), "explanation": .string(verdict.explanation),
                        "evidence": .array(verdict.evidence.map(JSONValue.string)),
                    ])
                }),
            "failures": .array(result.newFailures.map(\.json)),
            "quarantined": .array(result.quarantined.map(\.json)), "expired": .array(result.expired.map(\.json)),
        ])
    }
}
