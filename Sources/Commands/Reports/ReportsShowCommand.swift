import ArgumentParser
import Artifacts
import Catalogue
import Reports

struct ReportsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a run of tests: counts, suites, failures with their messages, and what they have in common.",
        discussion: """
            EXAMPLES
              calm reports show
              calm reports show 0123abc --all --json
            """)

    @Argument(help: "The run: `latest`, its name, or the beginning of its name or commit; the latest if left out.")
    var target: String?

    @Flag(help: "Every test, not the failing ones only.")
    var all = false

    @OptionGroup var store: StoreOptions
    @OptionGroup var form: AnswerOptions

    func run() throws {
        let catalogue = try store.openTestHistory()
        let run = try catalogue.testRun(target ?? "latest")
        let shown = Shown(
            run: run, reports: try catalogue.reports(of: run), results: try catalogue.results(in: run),
            failures: try catalogue.failures(in: run), clusters: try catalogue.clusters(in: run),
            quarantine: try catalogue.quarantine(), names: try catalogue.testNaming())
        try form.write(shown.answer(all: all), shown.document(all: all))
    }
}

/// A run of tests with all that is shown of it.
private struct Shown {
    let run: TestRunRow
    let reports: [TestReportRow]
    let results: [TestResultRow]
    let failures: [TestFailureRow]
    let clusters: [FailureCluster]
    let quarantine: [TestName: QuarantinedTest]
    let names: TestNaming

    private func count(_ status: TestStatus, _ rows: [TestResultRow]) -> Int { rows.count { $0.status == status } }

    private var suites: [(name: String, rows: [TestResultRow])] {
        Dictionary(grouping: results, by: \.test.suite).map { ($0.key, $0.value) }.sorted { $0.name < $1.name }
    }

    func answer(all: Bool) -> HistoryAnswer {
        let counts = TestStatus.allCases.map { ($0, count($0, results)) }.filter { $0.1 > 0 }
        let summary = counts.map { "\($1) \($0.rawValue)" }.joined(separator: ", ")
        let cases = results.reduce(0) { $0 + $1.cases }
        var answer = HistoryAnswer(
            title: "run \(run.run.name)",
            lines: [
                run.line,
                "\(counted(results.count, "test")) in \(counted(cases, "case")) of \(counted(reports.count, "report")): "
                    + "\(summary.isEmpty ? "none" : summary), \(formatted(seconds: run.summary.seconds))",
            ]
                + reports.flatMap { report in
                    report.summary.incomplete.map { "incomplete: \(report.file): \($0)" }
                        + report.summary.otherWarnings.map { "warning: \(report.file): \($0)" }
                })
        if suites.count > 1 || all {
            let columns = ["suite", "passed", "failed", "error", "skipped", "seconds"]
            answer.sections.append(
                HistoryAnswer.Section(
                    "Suites", columns.enumerated().map { .init($1, isNumber: $0 > 0) },
                    suites.map { suite in
                        ["\(suite.name)"]
                            + TestStatus.allCases.map { "\(count($0, suite.rows))" }
                            + ["\(formatted(seconds: suite.rows.reduce(0) { $0 + ($1.seconds ?? 0) }))"]
                    }))
        }
        if !failures.isEmpty { answer.sections.append(failureSection) }
        if clusters.count < failures.count { answer.sections.append(clusters.section(names)) }
        if all {
            answer.sections.append(
                HistoryAnswer.Section(
                    "Tests", [.init("test"), .init("result"), .init("seconds", isNumber: true)],
                    results.map { row in
                        [
                            "\(names(row.test))", .status(row.status.rawValue + (row.isFlaky ? ", flaky" : "")),
                            "\(row.seconds.map { formatted(seconds: $0) } ?? "")",
                        ]
                    }))
        }
        return answer
    }

    private var failureSection: HistoryAnswer.Section {
        var section = HistoryAnswer.Section(
            "Failures: \(failures.count)", [.init("test"), .init("kind"), .init("message")],
            failures.map { failure in
                let note = quarantine[failure.test].map { " (quarantined until \($0.until))" } ?? ""
                let message = failure.message.isEmpty ? failure.details : failure.message
                return ["\(names(failure.test))\(note)", HistoryAnswer.Cell(failure.kind, .bad), "\(message)"]
            })
        section.texts = failures.filter { !$0.details.isEmpty }.map { ("\(names($0.test)): \($0.kind)", $0.details) }
        return section
    }

    func document(all: Bool) -> JSONValue {
        var fields = run.json.members ?? [:]
        fields["warnings"] = .array(reports.flatMap { $0.summary.warnings.map(JSONValue.string) })
        fields["incomplete"] = .array(
            reports.flatMap { report in
                report.summary.incomplete.map {
                    .object(["file": .string(report.file), "reason": .string($0)])
                }
            })
        fields["files"] = .array(reports.map { .string($0.file) })
        fields["suites"] = .array(
            suites.map { suite in
                var counts = Dictionary(
                    uniqueKeysWithValues: TestStatus.allCases.map {
                        ($0.rawValue, JSONValue.int(count($0, suite.rows)))
                    })
                counts["suite"] = .string(suite.name)
                counts["seconds"] = .number(suite.rows.reduce(0) { $0 + ($1.seconds ?? 0) })
                return .object(counts)
            })
        fields["failing"] = .array(
            failures.map { failure in
                failure.test.document([
                    "kind": .string(failure.kind), "type": .string(failure.type), "message": .string(failure.message),
                    "details": .string(failure.details), "shape": .string(failure.shape),
                    "quarantinedUntil": .optional(quarantine[failure.test]?.until),
                ])
            })
        fields["clusters"] = clusters.document
        if all {
            fields["results"] = .array(
                results.map { row in
                    row.test.document([
                        "status": .string(row.status.rawValue), "flaky": .bool(row.isFlaky),
                        "seconds": .number(row.seconds), "cases": .int(row.cases),
                    ])
                })
        }
        return .object(fields)
    }
}
