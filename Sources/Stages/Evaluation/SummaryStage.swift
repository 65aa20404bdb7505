import Artifacts
import Foundation
import Pipelines

/// `results.summary`: metrics of a matrix stage's cells, averaged over one of its axes, such as seeds.
///
/// Cells that differ in that axis alone make a row. Each metric of a row comes to its mean, `ROW.METRIC`, and with several
/// cells to `-deviation` (n - 1), `-lowest` and `-highest`. Where all cells make one row the metrics have no `ROW.` in front.
package enum SummaryStage: InputNamingKind {
    package struct Parameters: StageParameters {
        var title = ""
        var over = ""
        var metrics: JSONValue = .array([])

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .string("title", \.title, "What stands above the row names"),
            .string("over", \.over, "The axis of the matrix to average over, such as seed; all axes if empty"),
            .json("metrics", \.metrics, .list(of: .string), "Which metrics, in order; all that there are if empty"),
        ]

        fileprivate var names: [String] {
            guard case .array(let values) = metrics else { return [] }
            return values.compactMap(\.text)
        }
    }

    package static let name = "results.summary"
    package static let version = 1
    package static let summary = "Means and deviations of metrics over the cells of a matrix, such as seeds"

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [InputRole("scores", [.metrics, .file], .many, "a JSON object of numbers from each cell")]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("table", .table, "a row for each group of cells, a column for each metric")]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let scores = try zip(context.inputs("scores"), context.inputLabels("scores")).map { score, label in
            Score(cell: CellName(label), metrics: try numbers(of: score))
        }
        let rows = groups(scores, over: parameters.over)
        var columns = parameters.names
        if columns.isEmpty { columns = Set(scores.flatMap(\.metrics.keys)).sorted() }
        var table = ResultTable(
            title: parameters.title, columns: columns, rows: rows.map(\.name), values: [:], margins: [:],
            reference: [:], notes: [])
        table.isPlain = true
        for row in rows {
            let prefix = rows.count == 1 && row.isWhole ? "" : row.name + "."
            for column in columns {
                let sample = try row.scores.map { try $0.value(of: column) }
                let mean = decimal(sample.reduce(0, +) / Double(sample.count))
                table.values["\(row.name).\(column)"] = mean
                context.metric(prefix + column, mean)
                guard sample.count > 1 else { continue }
                let squares = sample.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
                let deviation = decimal((squares / Double(sample.count - 1)).squareRoot())
                table.margins?["\(row.name).\(column)"] = deviation
                context.metric("\(prefix)\(column)-deviation", deviation)
                context.metric("\(prefix)\(column)-lowest", sample.min() ?? mean)
                context.metric("\(prefix)\(column)-highest", sample.max() ?? mean)
            }
        }
        let counts = Set(rows.map(\.scores.count)).sorted().map(String.init).joined(separator: ", ")
        table.notes = [
            "Means over \(counts) \(parameters.over.isEmpty ? "cells" : "values of \(parameters.over)") a row; "
                + "± is their standard deviation (n - 1)."
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        try context.write("table", members: [(ResultTable.member, try encoder.encode(table))])
    }

    /// The numbers of the one JSON file of an artifact; those of nested objects by `outer.inner`.
    private static func numbers(of score: Artifact) throws -> [String: Double] {
        guard let member = score.manifest.members.keys.first, score.manifest.members.count == 1 else {
            throw StageFailure(
                .badInput, "the output of \(score.stage) isn't one file; expected a JSON object of numbers")
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: score.data(member))
        } catch let error as StoreError {
            throw error
        } catch {
            throw StageFailure(
                .badInput, "\(member) of \(score.stage) isn't JSON: \(error); expected an object of numbers")
        }
        guard case .object(let members) = value else {
            throw StageFailure(.badInput, "\(member) of \(score.stage) isn't a JSON object; expected one of numbers")
        }
        return flattened(members, prefix: "")
    }

    private static func flattened(_ members: [String: JSONValue], prefix: String) -> [String: Double] {
        members.reduce(into: [:]) { found, member in
            if let number = member.value.number { found[prefix + member.key] = number }
            if case .object(let inner) = member.value {
                found.merge(flattened(inner, prefix: "\(prefix)\(member.key).")) { own, _ in own }
            }
        }
    }
}

/// The number to twelve significant digits, as people reckon: the mean of 0.9, 0.7 and 0.8 is 0.8, which a sum in binary misses.
private func decimal(_ number: Double) -> Double { Double(String(format: "%.12g", number)) ?? number }

/// What one cell gave.
private struct Score {
    let cell: CellName
    let metrics: [String: Double]

    func value(of metric: String) throws -> Double {
        guard let value = metrics[metric], value.isFinite else {
            let known = metrics.keys.sorted().prefix(20).joined(separator: ", ")
            throw StageFailure(
                .badInput, "\(cell.text) gave no number for '\(metric)'; it gave: \(known.isEmpty ? "none" : known)")
        }
        return value
    }
}

/// Cells that are averaged.
private struct Group {
    let name: String
    /// Whether nothing of the matrix is left in the name.
    let isWhole: Bool
    var scores: [Score]
}

/// In the order in which they are first met.
private func groups(_ scores: [Score], over axis: String) -> [Group] {
    let hasOneStage = Set(scores.map(\.cell.stage)).count == 1
    var groups: [Group] = []
    for score in scores {
        let rest = axis.isEmpty ? [] : score.cell.axes.filter { !$0.hasPrefix(axis + "=") }
        let name = score.cell.name(of: rest, hasOneStage: hasOneStage)
        if let place = groups.firstIndex(where: { $0.name == name }) {
            groups[place].scores.append(score)
        } else {
            groups.append(Group(name: name, isWhole: rest.isEmpty, scores: [score]))
        }
    }
    return groups
}
