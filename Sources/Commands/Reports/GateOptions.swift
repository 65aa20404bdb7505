import ArgumentParser
import Artifacts
import Catalogue
import Pipelines
import Reports

/// The rules of the gate, of `calm reports gate` and of `calm reports ingest --gate`.
struct GateOptions: ParsableArguments {
    @Option(help: "The baseline (default: the run of the same job and branch before it).")
    var baseline: String?

    @Option(name: .customLong("max-new-failures"), help: "Maximum number of new failures allowed.")
    var maxNewFailures = 0

    @Flag(
        name: .customLong("allow-incomplete"),
        help: "Allow reports that were cut off, hold fewer tests than they declare, or could not be read.")
    var allowsIncomplete = false

    @Option(name: .customLong("min-tests"), help: "Minimum number of tests in the run.")
    var minTests = 1

    @Option(
        name: .customLong("max-removed"),
        help: "Maximum number of tests of the baseline that are missing (default: any number, with a note).")
    var maxRemoved: Int?

    @Option(name: .customLong("max-flaky-share"), help: "Maximum share of flaky tests in the run, from 0 to 1.")
    var maxFlakyShare = 1.0

    @Option(
        name: .customLong("max-slower"),
        help: "Maximum number of tests that are slower than before (default: any number).")
    var maxSlower: Int?

    @Option(
        name: .customLong("metric"),
        help: ArgumentHelp("A metric that must not fall below its history.", valueName: "stage.metric"))
    var metrics: [String] = []

    @Option(
        name: .customLong("loss"),
        help: ArgumentHelp("A metric that must not rise above its history.", valueName: "stage.metric"))
    var losses: [String] = []

    @Option(name: .customLong("metric-tolerance"), help: "How much worse a metric may be in addition.")
    var tolerance = 0.0

    @OptionGroup var flaky: FlakyOptions
    @OptionGroup var slowness: SlownessOptions

    /// The first of the arguments that is an option of these.
    static func option(among arguments: some Sequence<String>) -> String? {
        let names: Set<Substring> = [
            "--baseline", "--max-new-failures", "--allow-incomplete", "--min-tests", "--max-removed",
            "--max-flaky-share",
            "--max-slower", "--metric", "--loss", "--metric-tolerance", "--runs", "--switches", "--last", "--k",
            "--min-seconds", "--min-durations",
        ]
        return arguments.lazy.compactMap { $0.split(separator: "=", maxSplits: 1).first }.first(where: names.contains)
            .map(String.init)
    }

    func validate() throws {
        if maxNewFailures < 0 { throw ValidationError("--max-new-failures takes 0 or more, found \(maxNewFailures)") }
        if minTests < 0 { throw ValidationError("--min-tests takes 0 or more, found \(minTests)") }
        if let maxRemoved, maxRemoved < 0 {
            throw ValidationError("--max-removed takes 0 or more, found \(maxRemoved)")
        }
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
        gate.allowsIncomplete = allowsIncomplete
        gate.minTests = minTests
        gate.maxRemoved = maxRemoved
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

    /// Judges a run, or metrics only.
    ///
    /// - Parameter isJustIngested: a run that has its place before one that was ingested earlier is held against that, too.
    func judge(_ run: TestRunRow?, isJustIngested: Bool, _ catalogue: Catalogue) throws -> JudgedRun {
        let gate = gate
        let (earlier, other) =
            try run.map { try baselines(of: $0, isJustIngested: isJustIngested, catalogue) } ?? (nil, nil)
        do {
            let result = try gate.judge(run, against: earlier, and: other, in: catalogue, today: today())
            return JudgedRun(
                run: run, baseline: earlier, result: result, names: try catalogue.testNaming())
        } catch let unknown as UnknownMetric {
            throw CommandFailure.notFound("no run has the metric '\(unknown.name)'; `calm metrics` lists them")
        }
    }

    /// The run that a run is compared with, and a second one.
    private func baselines(
        of run: TestRunRow, isJustIngested: Bool, _ catalogue: Catalogue
    ) throws -> (TestRunRow?, TestRunRow?) {
        let baseline = baseline
        var other: TestRunRow?
        var earlier = try baseline.map { try catalogue.testRun($0) } ?? catalogue.testRun(before: run)
        if let baseline, earlier?.id == run.id {
            throw CommandFailure(
                "error: --baseline \(baseline) is the run that is judged, \(run.run.name): name an earlier one, or leave it out",
                exitCode: Pipelines.ExitCode.usage)
        }
        if baseline == nil, isJustIngested, let last = try catalogue.testRun(ingestedBefore: run),
            last.orderedAt > run.orderedAt
        {
            // Without a run before it in time, the one ingested before is all there is.
            if earlier == nil { earlier = last } else { other = last }
        }
        return (earlier, other)
    }

    /// The failures of reports that were just ingested, and which of them the gate is missed for.
    func failures(
        of reports: [(file: ReportInput, id: Digest)], in runs: [String], _ catalogue: Catalogue
    ) throws -> [ReportedFailure] {
        var rule = TestGate()
        rule.maxNewFailures = gate.maxNewFailures
        var counting: Set<TestName> = []
        for name in runs {
            let run = try catalogue.testRun(name)
            let (earlier, other) = try baselines(of: run, isJustIngested: true, catalogue)
            let failures = try rule.judge(run, against: earlier, and: other, in: catalogue, today: today()).newFailures
            if failures.count > rule.maxNewFailures { counting.formUnion(failures.map(\.test)) }
        }
        return try reports.flatMap { file, id in
            try catalogue.failedTests(ofReport: id).map { test in
                ReportedFailure(file: file.name, origin: file.origin, test: test, counts: counting.contains(test))
            }
        }
    }
}

/// A run, and what the gate says of it.
struct JudgedRun {
    /// Nil if only metrics were judged.
    let run: TestRunRow?
    let baseline: TestRunRow?
    let result: TestGate.Result
    let names: TestNaming

    var text: String {
        let head = run.map { "\($0.run.name) against \(baseline?.run.name ?? "nothing")\n" } ?? ""
        let rules = result.verdicts.map { verdict in
            "\(verdict.passed ? "passed" : "missed"): \(verdict.rule): \(verdict.explanation)\n"
                + (verdict.limit == nil || verdict.rule.hasPrefix("metric")
                    ? "" : verdict.evidence.map { "  \($0)\n" }.joined())
        }
        let excepted = result.quarantined.map {
            "quarantined until \($0.quarantinedUntil ?? ""): \(names($0.test))\n"
        }
        let expired = result.expired.map {
            "counts again, its quarantine ended \($0.quarantinedUntil ?? ""): \(names($0.test))\n"
        }
        let notes = result.notes.map { "note: \($0)\n" }
        return head + (rules + excepted + expired + notes).joined()
    }

    var json: JSONValue {
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
            "notes": .array(result.notes.map(JSONValue.string)),
        ])
    }
}
