import Artifacts
import Foundation
import Pipelines

/// What a composition answered beside what the models that it joins answered to the same prompts (the paper's Appendix B).
package struct PredictionComparison: Sendable {
    /// Who answered, and where the answers lie.
    package struct Answerer: Hashable, Sendable {
        package let stage: String
        package let model: Digest
        /// The stage that made the model.
        package let modelStage: String
        package let predictions: Digest
    }

    package enum Bucket: String, CaseIterable, Sendable {
        case onlyComposition = "only the composition right"
        case someBase = "the composition and some of its bases right"
        case all = "all right"
        case regression = "regressions: a base right, the composition wrong"
        case none = "none right"
    }

    package struct Example: Hashable, Sendable {
        package let prompt: String
        package let expected: String
        /// The bases' in their order, then the composition's.
        package let answers: [Answer]
    }

    package struct Answer: Hashable, Sendable {
        package let text: String
        package let isRight: Bool
    }

    /// How many examples of a bucket are shown.
    package static let mostExamples = 24
    private static let mostRows = 1_000_000

    package let dataset: Digest
    /// The stage that made the dataset, if one of the run did.
    package let datasetStage: String?
    /// The augmenting models in their order, then the anchor.
    package let bases: [Answerer]
    package let composed: Answerer
    package private(set) var counts: [Bucket: Int] = [:]
    package private(set) var examples: [Bucket: [Example]] = [:]

    /// `composed on kv-subs`.
    package var title: String { "\(composed.modelStage) on \(datasetStage ?? dataset.short)" }

    package var total: Int { counts.values.reduce(0, +) }
}

extension PredictionComparison {
    /// Which evaluations belong together.
    struct Plan {
        let dataset: Digest
        let datasetStage: String?
        let bases: [Answerer]
        let composed: Answerer
    }

    /// A plan for every evaluation of a composition on a dataset on which a model that it joins was evaluated, too. Stages
    /// are told by the types of what they read and made, whatever they are called.
    static func plans(_ stages: [RunReport.Stage], _ reader: ArtifactReader) -> [Plan] {
        var answerers: [Digest: [Answerer]] = [:]
        var datasets: [Digest] = []
        for stage in stages {
            guard let predictions = stage.outputs.first(where: { $0.type == .predictions })?.artifact,
                let subject = reader.subject(of: stage)
            else { continue }
            if answerers[subject.dataset] == nil { datasets.append(subject.dataset) }
            answerers[subject.dataset, default: []].append(
                Answerer(
                    stage: stage.row.name, model: subject.model,
                    modelStage: reader.maker(subject.model)?.row.name ?? subject.model.short, predictions: predictions))
        }
        return datasets.flatMap { dataset -> [Plan] in
            let all = answerers[dataset] ?? []
            return all.compactMap { composed in
                guard let parts = reader.parts(of: composed.model) else { return nil }
                let bases = (parts.augmenting + [parts.anchor]).compactMap { part in all.first { $0.model == part } }
                guard !bases.isEmpty else { return nil }
                return Plan(
                    dataset: dataset, datasetStage: reader.maker(dataset)?.row.name, bases: bases, composed: composed)
            }
        }
    }

    /// Nil if predictions can't be read, or aren't answers to the same prompts in the same order.
    init?(_ plan: Plan, _ reader: ArtifactReader) {
        (dataset, datasetStage) = (plan.dataset, plan.datasetStage)
        (bases, composed) = (plan.bases, plan.composed)
        let tables = (plan.bases + [plan.composed]).compactMap { Self.answers($0.predictions, reader) }
        guard tables.count == plan.bases.count + 1, let last = tables.last,
            tables.allSatisfy({ $0.count == last.count })
        else { return nil }
        for row in last.indices {
            guard tables.allSatisfy({ $0[row].prompt == last[row].prompt && $0[row].expected == last[row].expected })
            else { return nil }
            let bucket = Bucket(bases: tables.dropLast().map { $0[row].isRight }, composed: last[row].isRight)
            counts[bucket, default: 0] += 1
            guard examples[bucket]?.count ?? 0 < Self.mostExamples else { continue }
            examples[bucket, default: []].append(
                Example(
                    prompt: Self.bounded(last[row].prompt), expected: Self.bounded(last[row].expected),
                    answers: tables.map { Answer(text: Self.bounded($0[row].predicted), isRight: $0[row].isRight) }))
        }
    }

    private typealias Row = (prompt: Substring, expected: Substring, predicted: Substring, isRight: Bool)

    private static func answers(_ predictions: Digest, _ reader: ArtifactReader) -> [Row]? {
        guard let name = reader.manifest(predictions)?.members.keys.filter({ $0.hasSuffix(".tsv") }).min(),
            let data = reader.member(name, of: predictions),
            let table = TabbedText(String(decoding: data, as: UTF8.self), limit: mostRows),
            let prompt = table.column("prompt"), let expected = table.column("expected"),
            let predicted = table.column("predicted"), let correct = table.column("correct")
        else { return nil }
        return table.rows.map { ($0[prompt], $0[expected], $0[predicted], $0[correct] == "1") }
    }

    /// As much as a page can be asked to take an excerpt from.
    private static func bounded(_ text: Substring) -> String {
        let limit = 100_000
        return text.utf8.count <= limit || text.count <= limit ? String(text) : String(text.prefix(limit)) + "…"
    }
}

extension PredictionComparison.Bucket {
    package init(bases: [Bool], composed: Bool) {
        let right = bases.count { $0 }
        self =
            composed
            ? (right == 0 ? .onlyComposition : right == bases.count ? .all : .someBase)
            : (right == 0 ? .none : .regression)
    }
}
