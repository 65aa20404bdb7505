import Artifacts
import Composition
import Datasets
import Foundation
import LanguageModels
import Pipelines
import Tensors

/// `evaluate.exact-match`: answers prompts greedily and counts the answers that the dataset's judge accepts.
package enum EvaluateStage: NumericStageKind {
    package struct Parameters: StageParameters {
        var label = ""
        var limit: Int?
        var batch = 64
        var precision = Precision.float32

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .string("label", \.label, "What the evaluation is called in a table: ROW.COLUMN"),
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
        MetricDeclaration("<group>.accuracy", unit: "share", "The same of each group of examples, such as operands-3"),
        MetricDeclaration("<group>.accuracy-low", unit: "share", "Lower end of the group's interval"),
        MetricDeclaration("<group>.accuracy-high", unit: "share", "Upper end of the group's interval"),
        MetricDeclaration("<group>.count", "How many prompts the group has"),
    ]
    package static let metricsMember = "metrics.json"
    package static let predictionsMember = "predictions.tsv"

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("model", [.model, .composition], "who answers"),
            InputRole("dataset", [.dataset], "prompts and expected answers"),
        ]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [
            OutputRole("metrics", .metrics, "accuracy with its 95% interval, and count"),
            OutputRole("predictions", .predictions, "prompt, expected and predicted answer, and whether it is right"),
        ]
    }

    package static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        if let problem = Columns.problem(
            dataset: inputs["dataset"]?.first?["columns"], tokenizer: inputs["model"]?.first?["columns"])
        {
            throw PlanningError(problem)
        }
        return [:]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let dataset = try context.input("dataset")
        let metadata = dataset.manifest.metadata
        guard case .string(let word) = metadata["judge"], let judge = Judge(rawValue: word) else {
            throw StageFailure(.badInput, "dataset \(dataset.digest.short) doesn't say how answers are judged")
        }
        var examples = try Example.examples(table: try dataset.text(TaskStage.member), file: TaskStage.member)
        if let limit = parameters.limit { examples = Array(examples.prefix(limit)) }
        guard !examples.isEmpty else { throw StageFailure(.badInput, "dataset \(dataset.digest.short) is empty") }

        let model = try AnsweringModel(try context.input("model"), precision: parameters.precision)
        try Columns.check(dataset, model.tokenizer)
        var predictions: [String] = []
        predictions.reserveCapacity(examples.count)
        // In parts, so that progress shows; a part holds several batches.
        for start in stride(from: 0, to: examples.count, by: parameters.batch * 4) {
            let part = examples[start..<min(start + parameters.batch * 4, examples.count)]
            predictions += try model.answers(
                to: part.map(\.prompt), expecting: part.map(\.answer), batch: parameters.batch, threads: context.threads
            )
            context.progress(StageProgress(completed: predictions.count, total: examples.count, unit: "prompts"))
        }
        let verdicts = zip(examples, predictions).map { judge.accepts($1, expected: $0.answer) }
        let metrics = metrics(examples, verdicts)
        for (name, value) in metrics { context.metric(name, value) }

        let rows = zip(zip(examples, predictions), verdicts).map { pair, verdict in
            [pair.0.prompt, pair.0.answer, pair.1, verdict ? "1" : "0"]
        }
        let table = TextTable.text(columns: ["prompt", "expected", "predicted", "correct"], rows: rows)
        let notes = notes(dataset: metadata, judge: judge, tokenizer: model.tokenizer)
        try context.write(
            "metrics",
            metadata: ["label": .string(parameters.label), "notes": .array(notes.map(JSONValue.string))],
            members: [(metricsMember, try prettyJSON(metrics))])
        try context.write("predictions", members: [(predictionsMember, Data(table.utf8))])
    }

    /// Accuracy with its 95% interval, of all examples and of each group that isn't all of them.
    private static func metrics(_ examples: [Example], _ verdicts: [Bool]) -> [String: Double] {
        var shares = ["": Proportion(of: verdicts)]
        for (group, members) in Dictionary(
            grouping: zip(examples, verdicts).flatMap { pair in pair.0.groups.map { ($0, pair.1) } }, by: \.0)
        where members.count < examples.count {
            shares[group + "."] = Proportion(of: members.map(\.1))
        }
        var metrics: [String: Double] = [:]
        for (group, share) in shares {
            metrics[group + "accuracy"] = share.value
            metrics[group + "accuracy-low"] = share.interval.lowerBound
            metrics[group + "accuracy-high"] = share.interval.upperBound
            metrics[group + "count"] = Double(share.count)
        }
        return metrics
    }

    /// What a reader must know of how the figures came about.
    private static func notes(dataset: [String: JSONValue], judge: Judge, tokenizer: SymbolTokenizer) -> [String] {
        var notes: [String] = []
        let digits =
            switch tokenizer.numbers.style {
            case .natural: "as people write them"
            case .padded: "padded to \(tokenizer.numbers.width) digits"
            case .reversed: "padded to \(tokenizer.numbers.width) digits, least significant first"
            case .columns: "as \(tokenizer.numbers.width) digits, least significant first, each behind its address"
            case .complement: "as \(tokenizer.numbers.width) digits of ten's complement, least significant first"
            }
        let keys = tokenizer.keys.isEmpty ? "keys are spelled in characters" : "each key is one token"
        notes.append("Models read and write numbers \(digits); \(keys). Answers are judged as natural integers.")
        if dataset["scratchpad"] == .bool(true), judge == .finalNumber {
            notes.append(
                "Arithmetic answers go through a scratchpad of running results; only the last number is judged.")
        }
        if judge == .columns {
            notes.append(
                "Arithmetic answers are calculated in columns, digit by digit, with every carry written down: the scratchpad carries the algorithm. Operands are numbered. Only the value at which the last column arrives is judged."
            )
        }
        if judge == .substitution {
            notes.append(
                "KV-SUBS is judged on the substitution with which an answer begins: it shares KV-MATH's prompts.")
        }
        return notes
    }
}
