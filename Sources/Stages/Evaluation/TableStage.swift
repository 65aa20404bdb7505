import Artifacts
import Foundation
import Pipelines

/// `results.table`: the metrics of several evaluations as one table, beside figures from elsewhere.
///
/// Each evaluation carries a label `ROW.COLUMN`; its metrics become `ROW.COLUMN.METRIC`. Several of one label, such as those
/// of several seeds, come to their mean, with their standard deviation as `ROW.COLUMN.METRIC-deviation`.
package enum TableStage: StageKind {
    package struct Parameters: StageParameters {
        var title = ""
        var rows: JSONValue = .array([])
        var columns: JSONValue = .array([])
        var groups: JSONValue = .array([])
        var metric = "accuracy"
        var reference: JSONValue = .object([:])
        var notes: JSONValue = .array([])

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .string("title", \.title, "What stands above the row names"),
            .json("rows", \.rows, .list(of: .string), required: true, "Row names in order: tasks"),
            .json("columns", \.columns, .list(of: .string), required: true, "Column names in order: models"),
            .json(
                "groups", \.groups, .list(of: .string),
                "Groups of examples that have a row of their own below each row"),
            .string("metric", \.metric, "Which metric the cells show"),
            .json(
                "reference", \.reference, .map(of: .double(-1e9...1e9)), "Figures to compare with, by ROW.COLUMN"),
            .json("notes", \.notes, .list(of: .string), "What a reader must know to judge the figures"),
        ]

        /// Rows of the table: what each is called, the label's row, and what stands before the metric's name.
        fileprivate var lines: [(name: String, row: String, prefix: String)] {
            rows.strings.flatMap { row in
                [(row, row, "")] + groups.strings.map { ("\(row) \($0)", row, "\($0).") }
            }
        }
    }

    package static let name = "results.table"
    package static let version = 2
    package static let summary = "Metrics of several evaluations as one table"
    package static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("<row>.<column>.<metric>", "Each metric of each evaluation; the mean, if there are several"),
        MetricDeclaration("<row>.<column>.<metric>-deviation", "Standard deviation (n - 1) over several evaluations"),
        MetricDeclaration("<row>.<column>.<metric>-lowest", "Lowest value of several evaluations"),
    ]

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [InputRole("scores", [.metrics], .many, "evaluations, each labelled ROW.COLUMN")]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("table", .table, "the table")]
    }

    package static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        let labels = Set(
            parameters.lines.flatMap { line in parameters.columns.strings.map { "\(line.name).\($0)" } })
        for name in (parameters.reference.members ?? [:]).keys.sorted() where !labels.contains(name) {
            throw PlanningError(parameter: "reference", "'\(name)' is no cell of the table: expected ROW.COLUMN")
        }
        return [:]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        var samples: [String: [Double]] = [:]
        var notes = parameters.notes.strings
        var natures: Set<ScoreNature> = []
        for score in try context.inputs("scores") {
            guard case .string(let label) = score.manifest.metadata["label"], !label.isEmpty else {
                throw StageFailure(.badInput, "metrics \(score.digest.short) have no label: give their stage one")
            }
            let own = try JSONDecoder().decode([String: Double].self, from: try score.data(EvaluateStage.metricsMember))
            natures.insert(try ScoreNature(of: score))
            for (name, value) in own { samples["\(label).\(name)", default: []].append(value) }
            for note in (score.manifest.metadata["notes"] ?? .array([])).strings where !notes.contains(note) {
                notes.append(note)
            }
        }
        var metrics = samples.mapValues { $0.reduce(0, +) / Double($0.count) }
        var (values, margins): ([String: Double], [String: Double]) = ([:], [:])
        var repeats: Set<Int> = []
        for line in parameters.lines {
            for column in parameters.columns.strings {
                let cell = "\(line.name).\(column)"
                let name = "\(line.row).\(column).\(line.prefix)\(parameters.metric)"
                guard let sample = samples[name], let value = metrics[name] else {
                    throw StageFailure(.badInput, "no evaluation gave \(name)")
                }
                values[cell] = value
                repeats.insert(sample.count)
                if sample.count > 1 {
                    let squares = sample.reduce(0) { $0 + ($1 - value) * ($1 - value) }
                    margins[cell] = (squares / Double(sample.count - 1)).squareRoot()
                    metrics["\(name)-deviation"] = margins[cell]
                    metrics["\(name)-lowest"] = sample.min()
                    // Intervals of single evaluations say nothing of their mean.
                    metrics["\(name)-low"] = nil
                    metrics["\(name)-high"] = nil
                } else if let low = metrics["\(name)-low"], let high = metrics["\(name)-high"] {
                    margins[cell] = (high - low) / 2
                }
            }
        }
        if repeats != [1] {
            let counts = repeats.sorted().map(String.init).joined(separator: ", ")
            notes.append("Means over \(counts) evaluations a cell; ± is their standard deviation (n - 1).")
        } else if !margins.isEmpty {
            notes.append(
                natures == [.share]
                    ? "± is half of Wilson's 95% interval."
                    : natures == [.bootstrapped]
                        ? "± is half of the bootstrap's 95% interval, by document."
                        : "± is half of the 95% interval: Wilson's of shares, else the bootstrap's by document.")
        }
        var table = ResultTable(
            title: parameters.title, columns: parameters.columns.strings, rows: parameters.lines.map(\.name),
            values: values, margins: margins,
            reference: (parameters.reference.members ?? [:]).compactMapValues(\.number), notes: notes)
        if natures.contains(.bootstrapped) { table.isPlain = true }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        try context.write("table", members: [(ResultTable.member, try encoder.encode(table))])
        for (name, value) in metrics { context.metric(name, value) }
    }
}

extension JSONValue {
    /// The strings of a list of strings.
    fileprivate var strings: [String] {
        guard case .array(let values) = self else { return [] }
        return values.compactMap(\.text)
    }
}
