import Pipelines

extension RunReport {
    /// How each training went: loss, evaluation under way, accuracy, learning rate and speed.
    func curvesSection(_ links: ArtifactLinks) -> HTMLPage.Section {
        HTMLPage.Section(id: "curves", title: "Training curves") { html in
            for curve in curves {
                html.element("h3") { html in
                    html.text(curve.stage)
                    if curve.failed {
                        html.text(" ")
                        html.badge("failed", .bad)
                    }
                }
                html.element("div", ["class": "charts small"]) { html in
                    for chart in curve.charts {
                        html.element("figure") { html in
                            LineChart(
                                title: chart.name, across: curve.unit,
                                series: chart.series.map { LineChart.Series($0.name, $0.points) },
                                prefersLogarithm: chart.name == "loss"
                            ).write(to: &html)
                        }
                    }
                }
                html.element("p", ["class": "muted small"]) { html in
                    if curve.isEarlier { html.text("From the earlier execution whose result was taken. ") }
                    if let figure = curve.figure {
                        html.text("The loss of every step: figure ")
                        links.write(figure, to: &html)
                    }
                }
            }
        }
    }
}
