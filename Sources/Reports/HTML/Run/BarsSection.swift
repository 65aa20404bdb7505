import Artifacts
import Pipelines

extension RunReport {
    private static let mostBars = 240

    /// The arms of an experiment side by side, and what composition gains.
    ///
    /// A results table of several columns gives bars: a group a row, a bar a column, a mark where the figure from elsewhere
    /// is. A matrix stage whose cells share a metric, and that no table shows, gives bars by its last dimension, grouped by
    /// the others. Wherever a table has a composition and its own anchor judged on the same datasets, the gain of one over
    /// the other is drawn a row each, sorted, the paper's Figure 2. Nil if there is nothing of these.
    func barsSection(_ links: ArtifactLinks) -> HTMLPage.Section? {
        let arms = tables.filter { $0.content.isInPercent && $0.content.columns.count > 1 && !$0.content.rows.isEmpty }
        let matrices = MatrixMetrics.find(in: stages, shown: Set(tables.flatMap { $0.sources.values }))
        guard !arms.isEmpty || !matrices.isEmpty else { return nil }
        return HTMLPage.Section(id: "arms", title: "Arms and gains") { html in
            html.element("div", ["class": "charts"]) { html in
                for table in arms {
                    figure(bars(table), "Bars: our figures in %; marks: the paper's.", &html)
                    for (composed, gains) in Dictionary(grouping: table.gains, by: \.composed).sorted(by: {
                        $0.key < $1.key
                    }) {
                        figure(self.gains(gains, of: composed, in: table), "Points, sorted.", &html)
                    }
                }
                for matrix in matrices.prefix(12) { figure(matrix.chart, "", &html) }
            }
        }
    }

    private func figure(_ chart: BarChart, _ caption: String, _ html: inout HTMLWriter) {
        html.element("figure") { html in
            html.element("h3", chart.title)
            chart.write(to: &html)
            if !caption.isEmpty { html.element("figcaption", caption) }
        }
    }

    private func bars(_ table: Table) -> BarChart {
        let content = table.content
        let rows = content.rows.prefix(max(1, Self.mostBars / content.columns.count))
        return BarChart(
            title: content.title.isEmpty ? table.stage : content.title, arms: content.columns,
            groups: rows.map { row in
                BarChart.Group(
                    row,
                    content.columns.enumerated().compactMap { index, column in
                        content.values["\(row).\(column)"].map {
                            BarChart.Bar(arm: index, value: $0, reference: content.reference["\(row).\(column)"])
                        }
                    })
            }, spelling: percent)
    }

    private func gains(_ gains: [Gain], of composed: String, in table: Table) -> BarChart {
        let anchor = gains.first?.anchor ?? "anchor"
        let sorted = gains.sorted { ($1.value, $0.row) < ($0.value, $1.row) }
        return BarChart(
            title: "Gain of \(composed) over \(anchor)", arms: ["\(composed) − \(anchor)"],
            groups: sorted.prefix(Self.mostBars).map {
                BarChart.Group($0.row, [BarChart.Bar(arm: 0, value: $0.value)])
            },
            spelling: points)
    }
}

/// A metric over the cells of a matrix stage.
struct MatrixMetrics: Sendable {
    let stage: String
    let metric: String
    /// The values of the last dimension, in the order met.
    let arms: [String]
    /// By the other dimensions.
    let groups: [(name: String, values: [(arm: Int, value: Double)])]

    /// Metrics that count or size something say nothing of how well an arm does.
    private static let counts: Set = ["count", "parameters", "sequences", "tokens"]

    static func find(in stages: [RunReport.Stage], shown: Set<Digest>) -> [MatrixMetrics] {
        var order: [String] = []
        var cells: [String: [(dimensions: [String], stage: RunReport.Stage)]] = [:]
        for stage in stages where !stage.outputs.contains(where: { shown.contains($0.artifact) }) {
            guard let cell = MatrixCell(stage.row.name), !stage.metrics.isEmpty else { continue }
            if cells[cell.stage] == nil { order.append(cell.stage) }
            cells[cell.stage, default: []].append((cell.values, stage))
        }
        return order.flatMap { name -> [MatrixMetrics] in
            guard let all = cells[name], all.count > 1, all.count <= 200 else { return [] }
            let common = all.dropFirst().reduce(Set(all[0].stage.metrics.keys)) {
                $0.intersection($1.stage.metrics.keys)
            }
            return common.subtracting(counts).sorted().prefix(3).map { metric in
                var arms: [String] = []
                var groups: [(name: String, values: [(arm: Int, value: Double)])] = []
                for cell in all {
                    guard let value = cell.stage.metrics[metric], let arm = cell.dimensions.last else {
                        continue
                    }
                    if !arms.contains(arm) { arms.append(arm) }
                    let group = cell.dimensions.count > 1 ? cell.dimensions.dropLast().joined(separator: ", ") : name
                    let bar = (arm: arms.firstIndex(of: arm) ?? 0, value: value)
                    if let index = groups.firstIndex(where: { $0.name == group }) {
                        groups[index].values.append(bar)
                    } else {
                        groups.append((group, [bar]))
                    }
                }
                return MatrixMetrics(stage: name, metric: metric, arms: arms, groups: groups)
            }
        }
    }

    var chart: BarChart {
        BarChart(
            title: "\(stage): \(metric)", arms: arms,
            groups: groups.map { BarChart.Group($0.name, $0.values.map { BarChart.Bar(arm: $0.arm, value: $0.value) }) }
        )
    }
}

/// The parts of a matrix cell's name: `scores[model=composed,task=kv-subs]`.
struct MatrixCell {
    let stage: String
    let values: [String]

    init?(_ name: String) {
        guard name.hasSuffix("]"), let bracket = name.firstIndex(of: "["), bracket > name.startIndex else { return nil }
        stage = String(name[..<bracket])
        values = name[name.index(after: bracket)...].dropLast().split(separator: ",").map { part in
            String(part.drop { $0 != "=" }.dropFirst())
        }
        if values.isEmpty { return nil }
    }
}
