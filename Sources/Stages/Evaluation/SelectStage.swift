import Artifacts
import Foundation
import Pipelines

/// `model.select`: passes on the one of several models that does best, so that settings are chosen by a validation split
/// and never by what is reported.
package enum SelectStage: StageKind {
    package enum Subject: String, CaseIterable, Sendable { case model, composition }
    package enum Order: String, CaseIterable, Sendable { case highest, lowest }

    package struct Parameters: StageParameters {
        var of = Subject.composition
        var metric = "accuracy"
        var order = Order.highest

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .choice("of", \.of, "What is chosen from"),
            .string("metric", \.metric, "The metric of `scores` that decides; of equals the first"),
            .choice("order", \.order, "Which value is the best: lowest for bits-per-byte and other losses"),
        ]
    }

    package static let name = "model.select"
    package static let version = 1
    package static let summary = "The one of several models that does best on a validation split"
    package static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("chosen", "Which of the models was chosen, counted from 1"),
        MetricDeclaration("<metric>", "The value that decided, under the name that `metric` says"),
    ]

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("models", [parameters.of == .model ? .model : .composition], .many, "what is chosen from"),
            InputRole("scores", [.metrics], .many, "an evaluation of each of them, in the same order"),
        ]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("best", parameters.of == .model ? .model : .composition, "the best of `models`, as it is")]
    }

    package static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        let (models, scores) = (inputs["models"] ?? [], inputs["scores"] ?? [])
        guard models.count == scores.count else {
            throw PlanningError("\(models.count) models but \(scores.count) scores: each needs one, in the same order")
        }
        // What all of them share is a fact of the best.
        guard var shared = models.first else { return [:] }
        for facts in models { shared = shared.filter { facts[$0.key] == $0.value } }
        return ["best": shared]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let models = try context.inputs("models")
        let values = try context.inputs("scores").map { score in
            let metrics = try JSONDecoder().decode(
                [String: Double].self, from: try score.data(EvaluateStage.metricsMember))
            guard let value = metrics[parameters.metric] else {
                throw StageFailure(
                    .badInput,
                    "metrics \(score.digest.short) have no \(parameters.metric), only \(metrics.keys.sorted().joined(separator: ", "))"
                )
            }
            return value
        }
        guard models.count == values.count, let best = parameters.order == .highest ? values.max() : values.min(),
            let place = values.firstIndex(of: best)
        else {
            throw StageFailure(.badInput, "\(models.count) models but \(values.count) scores")
        }
        for (index, (model, value)) in zip(models, values).enumerated() {
            context.log(
                "\(index + 1). \(model.digest.short): \(parameters.metric) \(value)\(index == place ? ", the best" : "")"
            )
        }
        context.metric("chosen", Double(place + 1))
        context.metric(parameters.metric, best)
        try context.pass(models[place], as: "best")
    }
}
