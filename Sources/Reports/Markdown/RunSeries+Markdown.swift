import Pipelines

extension RunSeries {
    private static let maximumRuns = 8
    private static let mostRows = 30

    /// Several runs for a comment: what became of each, the metrics that differ, and gates that didn't pass everywhere.
    package func markdown() -> String {
        var text = MarkdownText()
        let pipelines = Set(runs.map(\.run.pipeline)).sorted().map { MarkdownText.code($0) }.joined(separator: ", ")
        text.line("## \(counted(runs.count, "run")) of \(pipelines)")
        text.line()
        let parameters = parameters.prefix(6)
        text.table(
            [("run", false), ("result", false), ("took", true), ("gates passed", true)]
                + parameters.map { (MarkdownText.code($0.name, limit: 40), false) },
            runs.enumerated().suffix(20).map { index, entry in
                [
                    MarkdownText.code(entry.run.id), entry.run.verdict.word,
                    entry.run.seconds.map { formatted(seconds: $0) } ?? "–",
                    entry.gates == 0 ? "–" : "\(entry.passedGates) of \(entry.gates)",
                ] + parameters.map { MarkdownText.code($0.values[index], limit: 40) }
            })
        let changed = metrics.filter(\.differs)
        if changed.isEmpty {
            text.line("Every metric is the same in every run.\n")
        } else {
            // The first, which others are compared with, and the latest.
            let shown =
                runs.count <= Self.maximumRuns ? Array(runs.indices) : [0] + runs.indices.suffix(Self.maximumRuns - 1)
            text.table(
                [("stage", false), ("metric", false), ("over the runs", false)]
                    + shown.map { (MarkdownText.code(runs[$0].run.id), true) } + [("last − first", true)],
                changed.prefix(Self.mostRows).map { metric in
                    [
                        MarkdownText.code(metric.stage, limit: 60), MarkdownText.code(metric.name, limit: 60),
                        Sparkline.text(metric.values),
                    ] + shown.map { index in metric.values[index].map { formatted(number: $0) } ?? "–" }
                        + [metric.change.map { signed($0) } ?? "–"]
                })
            if changed.count > Self.mostRows { text.line("… and \(changed.count - Self.mostRows) more.\n") }
        }
        let missed = gates.filter { $0.passed.contains(false) }
        if !missed.isEmpty {
            text.table(
                [("gate", false), ("expected", false), ("runs that missed it", false)],
                missed.prefix(15).map { gate in
                    let runs = zip(self.runs, gate.passed).filter { $0.1 == false }.map {
                        MarkdownText.code($0.0.run.id)
                    }
                    return [
                        MarkdownText.code("\(gate.stage) \(gate.metric)"), MarkdownText.code(gate.expected),
                        runs.prefix(8).joined(separator: ", ") + (runs.count > 8 ? " …" : ""),
                    ]
                })
            if missed.count > 15 { text.line("… and \(missed.count - 15) more gates.\n") }
        }
        return text.text
    }
}
