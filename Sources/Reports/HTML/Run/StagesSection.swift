import Catalogue
import Pipelines

extension RunReport {
    private static let mostStages = 1_000

    /// Every stage with its state, what it took, why, and its metrics.
    func stagesSection(_ links: ArtifactLinks) -> HTMLPage.Section {
        HTMLPage.Section(id: "stages", title: "Stages") { html in
            html.table(
                "\(counted(stages.count, "stage")): \(stateCounts)."
                    + " For cached stages the times are those of the execution that made the result.",
                [
                    .init("stage"), .init("state"), .init("time", isNumber: true), .init("processor", isNumber: true),
                    .init("memory", isNumber: true), .init("why"), .init("metrics"),
                ], label: "Stages"
            ) { html in for stage in stages.prefix(Self.mostStages) { row(stage, links, &html) } }
            if stages.count > Self.mostStages {
                html.element("p", "… and \(stages.count - Self.mostStages) more: \(Self.whereTheRestIs)")
            }
        }
    }

    private func row(_ stage: Stage, _ links: ArtifactLinks, _ html: inout HTMLWriter) {
        html.element("tr") { html in
            html.heading(stage.row.name)
            html.element("td") { $0.badge(stage.row.state, tone(ofState: stage.row.state)) }
            let made = stage.row.state == "cached" ? stage.execution : nil
            let memory = made?.peakMemoryBytes ?? stage.row.peakMemoryBytes
            let figures = [
                formatted(seconds: made?.seconds ?? stage.row.seconds),
                formatted(seconds: made?.cpuSeconds ?? stage.row.cpuSeconds),
                memory > 0 ? formatted(bytes: memory) : "–",
            ]
            for figure in figures { links.number(figure, from: stage.execution?.key, to: &html) }
            html.element("td", ["class": "words"], String(stage.row.why.prefix(2_000)))
            html.element("td") { html in
                let metrics = stage.metrics.sorted { $0.key < $1.key }
                for (index, metric) in metrics.prefix(8).enumerated() {
                    if index > 0 { html.void("br") }
                    html.breakable(metric.key)
                    html.text(" ")
                    links.write(formatted(number: metric.value), from: stage.evidence, to: &html)
                }
                if metrics.count > 8 { html.text(" … \(metrics.count - 8) more") }
            }
        }
    }
}
