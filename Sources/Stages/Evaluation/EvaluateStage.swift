import Artifacts
import Evaluation
import Foundation
import Pipelines
import Tensors

/// `evaluate.exact-match`: answers prompts greedily and counts the answers that the dataset's judge accepts.
package enum EvaluateStage: TaskReadingKind, NumericKind {
    package struct Parameters: StageParameters {
        var label = ""
        var prefix: String?
        var limit: Int?
        var batch = 64
        var precision = Precision.float32

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .string("label", \.label, "What the evaluation is called in a table: ROW.COLUMN"),
            ParameterField.optionalString(
                "prefix", \.prefix,
                "Text in front of every prompt, such as a few examples of the task; null for none"
            ).leftOutIfNull,
            .optionalInt("limit", \.limit, in: 1...10_000_000, "At most so many examples, the first; null for all"),
            .int("batch", \.batch, in: 1...4_096, "Prompts decoded side by side"),
            .choice(
                "precision", \.precision,
                "Operands of matrix products: float32, or bfloat16, which some processors multiply faster"),
        ]
    }

    package static let name = "evaluate.exact-match"
    package static let version = 2
    package static let summary = "The share of prompts that a model answers correctly, decoding greedily"
    package static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("accuracy", unit: "share", "Share of prompts that were answered correctly"),
        MetricDeclaration("accuracy-low", unit: "share", "Lower end of its 95% interval (Wilson)"),
        MetricDeclaration("accuracy-high", unit: "share", "Upper end of its 95% interval (Wilson)"),
        MetricDeclaration("count", "How many prompts were asked"),
        MetricDeclaration(
            "<group>.accuracy", unit: "share", "The same of each group of examples that the dataset names"),
        MetricDeclaration("<group>.accuracy-low", unit: "share", "Lower end of the group's interval"),
        MetricDeclaration("<group>.accuracy-high", unit: "share", "Upper end of the group's interval"),
        MetricDeclaration("<group>.count", "How many prompts the group has"),
    ]
    package static let metricsMember = "metrics.json"
    package static let predictionsMember = "predictions.tsv"

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("model", [.model, .composition, .pretrainedModel], "who answers"),
            InputRole("dataset", [.dataset], "prompts and expected answers"),
        ]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [
            OutputRole("metrics", .metrics, "accuracy with its 95% interval, and count"),
            OutputRole("predictions", .predictions, "prompt, expected and predicted answer, and whether it is right"),
        ]
    }

    package static func plan(
        _ parameters: Parameters, inputs: [String: [Facts]], tasks: TaskRegistry
    ) throws -> [String: Facts] {
        if (inputs["dataset"] ?? []).contains(where: { $0[TextDocument.fact] != nil }) {
            throw PlanningError(
                "a dataset of texts has no answers; evaluate.perplexity measures how well it is predicted")
        }
        try tasks.check(datasets: inputs["dataset"] ?? [], tokenizer: inputs["model"]?.first ?? [:])
        return [:]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext, tasks: TaskRegistry) throws {
        let dataset = try context.input("dataset")
        let judge = try tasks.judge(of: dataset)
        var examples = try StoredExamples.examples(of: dataset)
        if let limit = parameters.limit { examples = Array(examples.prefix(limit)) }
        guard !examples.isEmpty else { throw StageFailure(.badInput, "dataset \(dataset.digest.short) is empty") }

        let model = try AnsweringModel(try context.input("model"), tasks: tasks, precision: parameters.precision)
        try tasks.check(dataset, tokenizer: model.tokenizer)
        let predictions = try model.answers(
            to: examples, behind: parameters.prefix, batch: parameters.batch, context)
        let answers = zip(examples, predictions).map { Answer($1, to: $0, judge: judge) }
        let metrics = Accuracy().valuesByGroup(of: answers)
        for (name, value) in metrics { context.metric(name, value) }

        let rows = answers.map { answer in
            [answer.example.prompt, answer.example.answer, answer.prediction].map(TextTable.cell)
                + [answer.isRight ? "1" : "0"]
        }
        let table = TextTable.text(columns: ["prompt", "expected", "predicted", "correct"], rows: rows)
        let notes = try tasks.notes(dataset: dataset, tokenizer: model.tokenizer)
        try context.write(
            "metrics",
            metadata: ["label": .string(parameters.label), "notes": .array(notes.map(JSONValue.string))],
            members: [(metricsMember, try prettyJSON(metrics))])
        try context.write("predictions", members: [(predictionsMember, Data(table.utf8))])
    }
}
