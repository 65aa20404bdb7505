import Artifacts
import Catalogue
import Foundation
import Reports
import Stages

/// What training a composition costs beside training its anchor: operations predicted from shapes, CPU time as recorded.
///
/// Source: CALM (arXiv 2401.02412), Appendix C.2.
struct TrainingCosts {
    private struct Row {
        let name: String
        let operationsPerToken: Double
        let record: TrainingRecord?
    }

    private let rows: [Row]

    /// - Throws: If the catalogue can't be read.
    init(of composition: Digest, _ summary: CompositionSummary, in catalogue: Catalogue) throws {
        let anchor = summary.anchor
        var rows = [
            Row(
                name: "composition", operationsPerToken: summary.operationsPerToken,
                record: try catalogue.training(of: composition)),
            Row(
                name: "anchor, all of it", operationsPerToken: summary.fineTuningOperationsPerToken,
                record: try catalogue.training(of: anchor.digest)),
        ]
        for record in try catalogue.trainings(from: anchor.digest) {
            rows.append(
                Row(
                    name: record.stage ?? record.execution.short, operationsPerToken: record.operationsPerToken,
                    record: record))
        }
        for (index, model) in summary.augmenting.enumerated() {
            if let record = try catalogue.training(of: model.digest) {
                rows.append(
                    Row(
                        name: "augmenting \(index + 1)", operationsPerToken: record.operationsPerToken, record: record))
            }
        }
        self.rows = rows
    }

    var text: String {
        "\n"
            + columns(
                [["training", "operations a token", "tokens", "operations", "CPU s", "µs a token"]]
                    + rows.map { row in
                        [row.name, scaled(row.operationsPerToken)]
                            + (row.record.map {
                                [
                                    scaled($0.tokens), scaled($0.operations), String(format: "%.1f", $0.cpuSeconds),
                                    String(format: "%.2f", $0.microseconds),
                                ]
                            } ?? ["–", "–", "–", "–"])
                    })
            + "  Predicted: matrix products forward and backward (2 operations an element and pass), from shapes alone; where "
            + "the frozen\n  models' activations are kept, their part is left out. Measured: tokens and CPU time of the "
            + "executions on record.\n"
    }

    var json: JSONValue {
        .array(
            rows.map { row in
                .object([
                    "name": .string(row.name), "operationsPerToken": .double(row.operationsPerToken),
                    "execution": row.record.map { .string($0.execution.hex) } ?? .null,
                    "tokens": .number(row.record?.tokens), "cpuSeconds": .number(row.record?.cpuSeconds),
                ])
            })
    }
}
