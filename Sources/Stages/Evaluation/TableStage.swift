import Artifacts
import Foundation
import Pipelines

/// `results.table`: the metrics of several evaluations as one table, beside figures from elsewhere.
///
/// Each evaluation carries a label `ROW.COLUMN`; its metrics become `ROW.COLUMN.METRIC`.
package enum TableStage: StageKind {
    package struct Parameters: StageParameters {
        var title = ""
        var rows: JSONValue = .array([])
        var columns: JSONValue = .array([])
        var metric = "accuracy"
        var reference: JSONValue = .object([:])
        var notes: JSONValue = .array([])

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .string("title", \.title, "What stands above the row names"),
            .json("rows", \.rows, .list(of: .string), required: true, "Row names in order: tasks"),
            .json("columns", \.columns, .list(of: .string), required: true, "Column names in order: models"),
            .string("metric", \.metric, "Which metric the cells show"),
            .json(
                "reference", \.reference, .map(of: .double(-1e9...1e9)), "Figures to compare with, by ROW.COLUMN"),
            .json("notes", \.notes, .list(of: .string), "What a reader must know to judge the figures"),
        ]

        fileprivate var labels: [(row: String, column: String)] {
            rows.strings.flatMap { row in columns.strings.map { (row, $0) } }
        }
    }

    package static let name = "results.table"
    package static let version = 1
    package static let summary = "Metrics of several evaluations as one table"

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [InputRole("scores", [.metrics], .many, "evaluations, each labelled ROW.COLUMN")]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("table", .table, "the table")]
    }

    package static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        let labels = Set(parameters.labels.map { "\($0.row).\($0.column)" })
        for name in (parameters.reference.members ?? [:]).keys.sorted() where !labels.contains(name) {
            throw PlanningError(parameter: "reference", "'\(name)' is no cell of the table: expected ROW.COLUMN")
        }
        return [:]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        var metrics: [String: Double] = [:]
        var notes = parameters.notes.strings
        for score in try context.inputs("scores") {
            guard case .string(let label) = score.manifest.metadata["label"], !label.isEmpty else {
                throw StageFailure(.badInput, "metrics \(score.digest.short) have no label: give their stage one")
            }
            let own = try JSONDecoder().decode([String: Double].self, from: try score.data(EvaluateStage.metricsMember))
            for (name, value) in own { metrics["\(label).\(name)"] = value }
            for note in (score.manifest.metadata["notes"] ?? .array([])).strings where !notes.contains(note) {
                notes.append(note)
            }
        }
        var values: [String: Double] = [:]
        for (row, column) in parameters.labels {
            guard let value = metrics["\(row).\(column).\(parameters.metric)"] else {
                throw StageFailure(.badInput, "no evaluation gave \(row).\(column).\(parameters.metric)")
            }
            values["\(row).\(column)"] = value
        }
        let table = ResultTable(
            title: parameters.title, columns: parameters.columns.strings, rows: parameters.rows.strings,
            values: values, reference: (parameters.reference.members ?? [:]).compactMapValues(\.number), notes: notes)
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
