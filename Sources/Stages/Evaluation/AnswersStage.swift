import Artifacts
import Evaluation
import Foundation
import Pipelines
import Tensors

/// `evaluate.answers`: answers prompts greedily and scores the answers as translations are scored: chrF, chrF++ or BLEU.
enum AnswersStage: TaskReadingKind, NumericKind {
    struct Parameters: StageParameters {
        var label = ""
        var metric = AnswerMetric.chrf
        var lines = AnswerLines.first
        var prefix: String?
        var limit: Int?
        var batch = 64
        var precision = Precision.float32
        var resamples = 1_000

        static let fields: [ParameterField<Self>] = [
            .string("label", \.label, "What the evaluation is called in a table: ROW.COLUMN"),
            .choice("metric", \.metric, "How answers are scored, with sacrebleu's defaults"),
            .choice(
                "lines", \.lines,
                "How much of an answer counts: its first line, where decoding ends, or all; spaces around it don't"),
            .optionalString(
                "prefix", \.prefix, "Text in front of every prompt, such as a few examples of the task; null for none"),
            .optionalInt("limit", \.limit, in: 1...10_000_000, "At most so many examples, the first; null for all"),
            .int("batch", \.batch, in: 1...4_096, "Prompts decoded side by side"),
            .choice(
                "precision", \.precision,
                "Operands of matrix products: float32, or bfloat16, which some processors multiply faster"),
            .int("resamples", \.resamples, in: 40...100_000, "Resamples of the bootstrap that gives the intervals"),
        ]
    }

    static let name = "evaluate.answers"
    static let version = 1
    static let summary = "chrF, chrF++ or BLEU of a model's greedy answers, with 95% intervals"
    static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("<metric>", "The score of all answers, from 0 to 100, under the metric's name"),
        MetricDeclaration("<metric>-low", "Lower end of its 95% interval (bootstrap by answer)"),
        MetricDeclaration("<metric>-high", "Upper end of its 95% interval (bootstrap by answer)"),
        MetricDeclaration("exact", unit: "share", "Share of answers that are the expected ones"),
        MetricDeclaration("count", "How many prompts were asked"),
        MetricDeclaration("<group>.<metric>", "The same of each group of examples that the dataset names"),
    ]

    static func inputs(_ parameters: Parameters) -> [InputRole] { EvaluateStage.inputs(EvaluateStage.Parameters()) }

    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [
            OutputRole("metrics", .metrics, "the score with its 95% interval, exact matches, and count"),
            OutputRole(
                "predictions", .predictions,
                "prompt, hypothesis, references and groups as lines of JSON, which calm metric reads"),
        ]
    }

    static func plan(
        _ parameters: Parameters, inputs: [String: [Facts]], tasks: TaskRegistry
    ) throws -> [String: Facts] {
        try EvaluateStage.plan(EvaluateStage.Parameters(), inputs: inputs, tasks: tasks)
    }

    static func run(_ parameters: Parameters, _ context: StageContext, tasks: TaskRegistry) throws {
        let dataset = try context.input("dataset")
        var examples = try StoredExamples.examples(of: dataset)
        if let limit = parameters.limit { examples = Array(examples.prefix(limit)) }
        guard !examples.isEmpty else { throw StageFailure(.badInput, "dataset \(dataset.digest.short) is empty") }
        if let index = examples.firstIndex(where: { parameters.lines.counted(of: $0.answer).isEmpty }) {
            throw StageFailure(
                .badInput,
                "dataset \(dataset.digest.short), example \(index + 1): the expected answer has no text"
                    + (parameters.lines == .first ? " in its first line; set 'lines' to all if others count" : ""))
        }
        let model = try AnsweringModel(try context.input("model"), tasks: tasks, precision: parameters.precision)
        try tasks.check(dataset, tokenizer: model.tokenizer)
        let answers = try model.answers(
            to: examples, behind: parameters.prefix ?? "", batch: parameters.batch, lines: parameters.lines, context)
        let predictions = zip(examples, answers).map { example, answer in
            StoredPrediction(
                prompt: example.prompt, hypothesis: parameters.lines.counted(of: answer),
                references: [parameters.lines.counted(of: example.answer)], groups: example.groups)
        }
        let metrics = metrics(of: predictions, parameters)
        try context.writeBootstrapped(metrics, label: parameters.label)
        try context.write("predictions", members: [(StoredPrediction.member, StoredPrediction.lines(predictions))])
    }

    private static func metrics(of predictions: [StoredPrediction], _ parameters: Parameters) -> [String: Double] {
        let metric = parameters.metric.metric
        let statistics = metric.statistics(of: predictions.map(\.prediction))
        let isExact = predictions.map { $0.references.contains($0.hypothesis) }
        var metrics: [String: Double] = [:]
        func add(_ rows: [Int], _ prefix: String) {
            let part = statistics.selecting(rows)
            let name = prefix + parameters.metric.rawValue
            let interval = Bootstrap(resamples: parameters.resamples).scores(of: part, metric).interval
            metrics[name] = metric.score(of: part)
            metrics["\(name)-low"] = interval.lowerBound
            metrics["\(name)-high"] = interval.upperBound
            metrics["\(prefix)exact"] = Double(rows.count { isExact[$0] }) / Double(rows.count)
            metrics["\(prefix)count"] = Double(rows.count)
        }
        add(Array(predictions.indices), "")
        for (group, rows) in StoredPrediction.groups(of: predictions) where rows.count < predictions.count {
            add(rows, "\(group).")
        }
        return metrics
    }
}
