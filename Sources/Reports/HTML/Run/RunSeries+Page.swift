import Pipelines

extension RunSeries {
    private static let mostRows = 1_000

    /// Several runs as one page: a table of metrics, a column a run, with a small curve over them.
    package func page() -> HTMLPage {
        let pipelines = Set(runs.map(\.run.pipeline)).sorted().joined(separator: ", ")
        let links = ArtifactLinks(artifacts)
        let changed = metrics.filter(\.differs)
        let same = metrics.filter { !$0.differs }
        var sections = [
            HTMLPage.Section(id: "runs", title: "Runs") { runsTable(&$0) },
            HTMLPage.Section(id: "metrics", title: "Metrics that differ") { html in
                if changed.isEmpty { return html.element("p", "Every metric is the same in every run.") }
                metricsTable(changed, links, &html)
            },
        ]
        if !same.isEmpty {
            sections.append(
                HTMLPage.Section(id: "same", title: "Metrics that are the same") { html in
                    html.element("details") { html in
                        html.element("summary", counted(same.count, "metric"))
                        metricsTable(same, links, &html)
                    }
                })
        }
        if !gates.isEmpty {
            sections.append(HTMLPage.Section(id: "gates", title: "Gates") { gatesTable(&$0) })
        }
        if !metrics.isEmpty { sections.append(links.section(more: "calm show RUN lists a run's")) }
        return HTMLPage(
            title: "\(counted(runs.count, "run")) of \(pipelines)", sections: sections,
            footer: "Written by calm. `calm report RUN… --html FILE` writes such a page.")
    }

    private func runsTable(_ html: inout HTMLWriter) {
        let parameters = parameters
        let columns: [HTMLWriter.Column] =
            [
                .init("run, pipeline"), .init("started"), .init("result"), .init("took", isNumber: true),
                .init("executed", isNumber: true), .init("cached", isNumber: true),
                .init("gates passed", isNumber: true),
            ] + parameters.map { .init($0.name) }
        html.table("Parameters are shown where they differ", columns, label: "Runs") { html in
            for (index, entry) in runs.enumerated() {
                html.element("tr") { html in
                    html.heading(entry.run.id, beside: entry.run.pipeline)
                    html.element("td", ["class": "when"], moment(entry.run.startedAt))
                    html.element("td") { $0.badge(entry.run.verdict.word, entry.run.verdict.tone) }
                    html.number(entry.run.seconds.map { formatted(seconds: $0) } ?? "–")
                    html.number("\(entry.states["executed"] ?? 0)")
                    html.number("\(entry.states["cached"] ?? 0)")
                    html.number(entry.gates == 0 ? "–" : "\(entry.passedGates) of \(entry.gates)")
                    for parameter in parameters { html.element("td", ["class": "code"], parameter.values[index]) }
                }
            }
        }
    }

    private func metricsTable(_ metrics: [Metric], _ links: ArtifactLinks, _ html: inout HTMLWriter) {
        let columns: [HTMLWriter.Column] =
            [.init("metric, stage"), .init("over the runs")] + runs.map { .init($0.run.id, isNumber: true) }
            + [.init("last − first", isNumber: true)]
        html.table("", columns, label: "Metrics") { html in
            for metric in metrics.prefix(Self.mostRows) {
                html.element("tr") { html in
                    html.heading(metric.name, beside: metric.stage)
                    html.element("td") { html in
                        Sparkline(title: "\(metric.stage) \(metric.name) over the runs", values: metric.values)
                            .write(to: &html)
                    }
                    for (value, source) in zip(metric.values, metric.sources) {
                        links.number(value.map { formatted(number: $0) } ?? "–", from: source, to: &html)
                    }
                    html.number(metric.change.map { signed($0) } ?? "–")
                }
            }
        }
        if metrics.count > Self.mostRows { html.element("p", "… and \(metrics.count - Self.mostRows) more") }
    }

    private func gatesTable(_ html: inout HTMLWriter) {
        let columns: [HTMLWriter.Column] =
            [.init("metric, stage"), .init("expected")] + runs.map { .init($0.run.id) }
        html.table("", columns, label: "Gates") { html in
            for gate in gates.prefix(Self.mostRows) {
                html.element("tr") { html in
                    html.heading(gate.metric, beside: gate.stage)
                    html.element("td", gate.expected)
                    for passed in gate.passed {
                        html.element("td") { html in
                            switch passed {
                            case true?: html.badge("passed", .good)
                            case false?: html.badge("missed", .bad)
                            case nil: html.text("–")
                            }
                        }
                    }
                }
            }
        }
        if gates.count > Self.mostRows { html.element("p", "… and \(gates.count - Self.mostRows) more") }
    }
}

/// A difference with its sign.
func signed(_ difference: Double) -> String {
    guard difference != 0 else { return "±0" }
    return difference > 0
        ? "+" + formatted(number: difference) : formatted(number: difference).replacing("-", with: "−")
}
