import Artifacts
import Evaluation
import Foundation
import JSONReading
import LanguageModels
import Pipelines

/// What a model answered to a prompt, and what it should have: a line of JSON that `calm metric` reads.
struct StoredPrediction {
    static let member = "predictions.jsonl"

    let prompt: String
    let hypothesis: String
    let references: [String]
    let groups: [String]

    var prediction: Prediction { Prediction(hypothesis, references: references) }

    static func lines(_ predictions: [StoredPrediction]) -> Data {
        var data = Data()
        for prediction in predictions {
            var object = JSONMembers()
            _ = object.append("prompt", .string(prediction.prompt))
            _ = object.append("hypothesis", .string(prediction.hypothesis))
            _ = object.append("references", .array(prediction.references.map { .string($0) }))
            if !prediction.groups.isEmpty {
                _ = object.append("groups", .array(prediction.groups.map { .string($0) }))
            }
            data += Data((JSONNode.object(object).text + "\n").utf8)
        }
        return data
    }

    /// - Throws: `StageFailure` (bad input) if they are none, or of another evaluation.
    static func predictions(of artifact: Artifact) throws -> [StoredPrediction] {
        guard artifact.manifest.members[member] != nil else {
            throw StageFailure(
                .badInput,
                "'\(artifact.stage)' has no \(member): only predictions of \(AnswersStage.name) can be compared")
        }
        let lines = try JSONLines(artifact)
        return try lines.lines.map { number, line in
            try reportingBadInput(lines.place(number)) {
                let references = (line.object["references"]?.elements ?? []).compactMap(\.string)
                guard let hypothesis = try line.string("hypothesis"), !references.isEmpty else {
                    throw TextRequestError("expected a 'hypothesis' and 'references'")
                }
                return StoredPrediction(
                    prompt: try line.string("prompt") ?? "", hypothesis: hypothesis, references: references,
                    groups: (line.object["groups"]?.elements ?? []).compactMap(\.string))
            }
        }
    }

    /// The places of each group's predictions, by the groups' names.
    static func groups(of predictions: [StoredPrediction]) -> [(name: String, rows: [Int])] {
        var rows: [String: [Int]] = [:]
        for (row, prediction) in predictions.enumerated() {
            for group in Set(prediction.groups) { rows[group, default: []].append(row) }
        }
        return rows.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
