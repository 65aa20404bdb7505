import Artifacts
import Foundation
import Pipelines

/// How a stage's training went.
package struct StageCurve: Sendable {
    package typealias Points = [(x: Double, y: Double)]

    package let stage: String
    /// What the horizontal axis counts.
    package let unit: String
    /// The artifact that has the loss of every step; nil for a stage that made none, as one that failed.
    package let figure: Digest?
    /// By what they measure, such as `loss` and `learning rate`; only those that have points.
    package let charts: [(name: String, series: [(name: String, points: Points)])]
    /// Whether the stage was cached, so that the curve is that of an earlier execution.
    package let isEarlier: Bool
    package let failed: Bool
}

extension ArtifactReader {
    /// The curve of a stage: from the telemetry of its execution, or else from a figure that it made, a table whose first
    /// column counts and whose others are measured.
    func curve(of stage: RunReport.Stage) -> StageCurve? {
        let figure = stage.outputs.first { $0.type == .figure }?.artifact
        let telemetry = stage.row.key.flatMap { store.telemetry(of: $0) }.flatMap { StageTelemetry(file: $0) }
        var charts: [(name: String, series: [(name: String, points: StageCurve.Points)])] = []
        var unit = "steps"
        if let telemetry, !telemetry.points.isEmpty {
            unit = telemetry.unit
            func points(_ value: (StageTelemetry.Point) -> Double?) -> StageCurve.Points {
                telemetry.points.compactMap { point in value(point).map { (Double(point.completed), $0) } }
            }
            var losses = [("training loss", points(\.loss))]
            var accuracies = [("training accuracy", points(\.accuracy))]
            var others: [(String, StageCurve.Points)] = []
            for (name, all) in Dictionary(grouping: telemetry.evaluations, by: \.name).sorted(by: { $0.key < $1.key }) {
                let series = (name, all.map { (x: Double($0.completed), y: $0.value) })
                if name.hasSuffix("loss") {
                    losses.append(series)
                } else if name.hasSuffix("accuracy") {
                    accuracies.append(series)
                } else {
                    others.append(series)
                }
            }
            charts = [
                ("loss", losses), ("accuracy", accuracies),
                ("learning rate", [("learning rate", points(\.learningRate))]),
                ("tokens/s", [("tokens/s", points(\.tokensPerSecond))]),
            ]
            charts += others.prefix(8).map { ($0.0, [$0]) }
        } else if let figure, let table = figureTable(figure), table.columns.count > 1 {
            unit = "\(table.columns[0])s"
            charts = table.columns.indices.dropFirst().prefix(8).map { column in
                let points = table.rows.compactMap { row -> (x: Double, y: Double)? in
                    guard let x = Double(row[0]), let y = Double(row[column]) else { return nil }
                    return (x, y)
                }
                return (table.columns[column], [(table.columns[column], thinned(points))])
            }
        }
        charts = charts.compactMap { chart in
            let series = chart.series.filter { !$0.points.isEmpty }
            return series.isEmpty ? nil : (chart.name, series)
        }
        guard !charts.isEmpty else { return nil }
        return StageCurve(
            stage: stage.row.name, unit: unit, figure: figure, charts: charts, isEarlier: stage.row.state == "cached",
            failed: stage.row.state == "failed")
    }

    private func figureTable(_ figure: Digest) -> TabbedText? {
        guard let name = manifest(figure)?.members.keys.filter({ $0.hasSuffix(".tsv") }).min(),
            let data = member(name, of: figure)
        else { return nil }
        return TabbedText(String(decoding: data, as: UTF8.self), limit: 1_000_000)
    }

    /// Means of neighbours, so that no curve has more points than a screen can show.
    private func thinned(_ points: StageCurve.Points) -> StageCurve.Points {
        let stride = max(1, (points.count + StageTelemetry.maximumPoints - 1) / StageTelemetry.maximumPoints)
        guard stride > 1 else { return points }
        return Swift.stride(from: 0, to: points.count, by: stride).map { start in
            let part = points[start..<min(start + stride, points.count)]
            return (part.last?.x ?? 0, part.reduce(0) { $0 + $1.y } / Double(part.count))
        }
    }
}
