import Catalogue
import Pipelines

extension RunReport {
    /// The run for a comment: its verdict, what failed, the results, what took long, how to see more.
    package func markdown() -> String {
        var text = MarkdownText()
        let verdict = run.verdict
        let mark = verdict.tone == .good ? "✅" : verdict.tone == .warn ? "⚠️" : "❌"
        text.line("## \(mark) \(MarkdownText.code(run.pipeline)): \(verdict.word)")
        text.line()
        let time = run.seconds.map { " in \(formatted(seconds: $0))" } ?? ""
        let judged = gates.isEmpty ? "no gates" : "\(passedGates) of \(gates.count) gates passed"
        text.line(
            "\(counted(stages.count, "stage")): \(stateCounts)\(time); \(judged). Run \(MarkdownText.code(run.id)).")
        text.line()
        writeFailures(to: &text)
        writeMissedGates(to: &text)
        for table in tables.prefix(6) { write(table, to: &text) }
        writePassedGates(to: &text)
        writePredictions(to: &text)
        writeSlowest(to: &text)
        text.details("Commands") { text in text.block(([run.commandLine] + reproduction).joined(separator: "\n")) }
        return text.text
    }

    private func writeFailures(to text: inout MarkdownText) {
        let failed = stages.filter { $0.row.state == "failed" }
        for stage in failed.prefix(5) {
            text.line("**Failed:** \(MarkdownText.code(stage.row.name)) at \(MarkdownText.code(stage.row.location))")
            text.line()
            let lines = (stage.row.failureMessage ?? stage.row.why).split(separator: "\n").prefix(12)
            text.block(String(lines.joined(separator: "\n").prefix(2_000)))
        }
        if failed.count > 5 { text.line("… and \(failed.count - 5) more failed stages.\n") }
    }

    private func writeMissedGates(to text: inout MarkdownText) {
        let missed = gates.filter { !$0.passed }
        guard !missed.isEmpty else { return }
        text.table(
            [("missed gate", false), ("metric", false), ("expected", false), ("found", true)],
            missed.prefix(15).map { gate in
                Self.cells(gate)
            })
        if missed.count > 15 { text.line("… and \(missed.count - 15) more missed gates.\n") }
    }

    private func writePassedGates(to text: inout MarkdownText) {
        let passed = gates.filter(\.passed)
        guard !passed.isEmpty else { return }
        text.details("Gates that passed") { text in
            text.table(
                [("gate", false), ("metric", false), ("expected", false), ("found", true)],
                passed.prefix(30).map(Self.cells))
            if passed.count > 30 { text.line("… and \(passed.count - 30) more.\n") }
        }
    }

    private static func cells(_ gate: GateRow) -> [String] {
        let wording = GateWording(
            expected: gate.expected, bound: gate.bound, value: gate.value,
            missing: gate.found.map { MarkdownText.code($0) } ?? "none")
        return [
            MarkdownText.code(gate.stage), MarkdownText.code(gate.metric), MarkdownText.code(wording.expectation),
            wording.finding,
        ]
    }

    func write(_ table: Table, to text: inout MarkdownText) {
        let content = table.content
        let columns = content.columns.prefix(12)
        let number = { (value: Double) in content.isInPercent ? percent(value) : formatted(number: value) }
        text.table(
            [(MarkdownText.code(content.title.isEmpty ? table.stage : content.title), false)]
                + columns.map { (MarkdownText.code($0, limit: 40), true) },
            content.rows.prefix(20).map { row in
                [MarkdownText.code(row, limit: 60)]
                    + columns.map { column in
                        guard let value = content.values["\(row).\(column)"] else { return "–" }
                        let margin = content.margins?["\(row).\(column)"].map { " ±\(number($0))" } ?? ""
                        guard let reference = content.reference["\(row).\(column)"] else {
                            return number(value) + margin
                        }
                        let difference = value - reference
                        return "\(number(value))\(margin) (\(number(reference)), "
                            + "\(content.isInPercent ? points(difference) : signed(number: difference)))"
                    }
            })
        if !content.reference.isEmpty {
            text.line(
                (content.isInPercent ? "In %; in" : "In") + " parentheses the paper's figure and the difference.\n")
        }
        if content.rows.count > 20 { text.line("… and \(content.rows.count - 20) more rows.\n") }
    }

    private func writePredictions(to text: inout MarkdownText) {
        guard !comparisons.isEmpty else { return }
        text.details("Predictions side by side") { text in
            let buckets = PredictionComparison.Bucket.allCases
            text.table(
                [("composition on dataset", false)] + buckets.map { ($0.rawValue, true) },
                comparisons.prefix(12).map { comparison in
                    let dataset = comparison.datasetStage ?? comparison.dataset.short
                    return [MarkdownText.code("\(comparison.composed.modelStage) on \(dataset)")]
                        + buckets.map { "\(comparison.counts[$0] ?? 0)" }
                })
        }
    }

    private func writeSlowest(to text: inout MarkdownText) {
        let slowest = stages.filter { $0.row.state == "executed" }
            .sorted { ($1.row.seconds, $0.row.name) < ($0.row.seconds, $1.row.name) }.prefix(5)
        guard !slowest.isEmpty else { return }
        text.details("What took longest") { text in
            text.table(
                [("stage", false), ("time", true), ("processor", true), ("memory", true)],
                slowest.map { stage in
                    [
                        MarkdownText.code(stage.row.name), formatted(seconds: stage.row.seconds),
                        formatted(seconds: stage.row.cpuSeconds), formatted(bytes: stage.row.peakMemoryBytes),
                    ]
                })
        }
    }
}
