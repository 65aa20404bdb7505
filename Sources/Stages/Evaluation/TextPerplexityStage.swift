import Artifacts
import Evaluation
import Foundation
import LanguageModels
import Pipelines
import Tensors

/// `evaluate.perplexity`: how well a model or a composition predicts texts that it hasn't seen.
enum TextPerplexityStage: TaskReadingKind, NumericKind {
    struct Parameters: StageParameters {
        var label = ""
        var prefix: String?
        var limit: Int?
        var window: Int?
        var stride: Int?

        static let fields: [ParameterField<Self>] = [
            .string("label", \.label, "What the evaluation is called in a table: ROW.COLUMN"),
            ParameterField.optionalString(
                "prefix", \.prefix,
                "Text in front of every text or prompt that isn't scored, such as a few examples of a task; null for none"
            ).leftOutIfNull,
            .optionalInt("limit", \.limit, in: 1...10_000_000, "At most so many documents, the first; null for all"),
            .optionalInt(
                "context", \.window, in: 2...(1 << 24),
                "Tokens read at once; null for as many as the model has positions for, up to 2048, and for "
                    + "\(CorpusStage.textLength), as corpus.tokenize cuts texts, if it has no limit"),
            .optionalInt(
                "stride", \.stride, in: 1...(1 << 24), "Tokens by which windows move on; null for half a window"),
        ]
    }

    static let name = "evaluate.perplexity"
    static let version = 1
    static let summary =
        "How well a model or composition predicts texts or answers: bits per byte, with 95% intervals by document"
    static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("bits-per-byte", unit: "bits per byte", "Negative log-likelihood of the texts by their size"),
        MetricDeclaration(
            "bits-per-byte-low", unit: "bits per byte", "Lower end of its 95% interval (bootstrap by document)"),
        MetricDeclaration(
            "bits-per-byte-high", unit: "bits per byte", "Upper end of its 95% interval (bootstrap by document)"),
        MetricDeclaration("nats-per-token", unit: "nats per token", "Mean negative log-likelihood of a token"),
        MetricDeclaration("nats-per-token-low", unit: "nats per token", "Lower end of its 95% interval"),
        MetricDeclaration("nats-per-token-high", unit: "nats per token", "Upper end of its 95% interval"),
        MetricDeclaration("perplexity", "e to the nats per token"),
        MetricDeclaration("documents", "How many documents were read"),
        MetricDeclaration("tokens", unit: "tokens", "How many tokens were scored"),
        MetricDeclaration("bytes", unit: "bytes", "Size of the text that they stand for"),
    ]
    private static let textsMember = "texts.tsv"

    static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("model", [.model, .composition, .pretrainedModel], "who reads"),
            InputRole(
                "dataset", [.dataset, .file, .folder],
                "texts, or prompts and answers, of which the answers are scored; files are read as text.corpus reads them"
            ),
        ]
    }

    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [
            OutputRole("metrics", .metrics, "bits per byte and nats per token with their intervals"),
            OutputRole("texts", .table, "tokens, bytes and nats of each document"),
        ]
    }

    static func plan(
        _ parameters: Parameters, inputs: [String: [Facts]], tasks: TaskRegistry
    ) throws -> [String: Facts] {
        if let window = parameters.window, let stride = parameters.stride, stride >= window {
            throw PlanningError(
                parameter: "stride", "found \(stride), expected less than the context, which is \(window)")
        }
        try tasks.check(datasets: inputs["dataset"] ?? [], tokenizer: inputs["model"]?.first ?? [:])
        return [:]
    }

    static func run(_ parameters: Parameters, _ context: StageContext, tasks: TaskRegistry) throws {
        let dataset = try context.input("dataset")
        var scored = try ScoredText.texts(of: dataset, behind: parameters.prefix ?? "")
        if let limit = parameters.limit { scored = Array(scored.prefix(limit)) }
        let artifact = try context.input("model")
        let model = try TextModel(stored: artifact, tasks: tasks)
        let window = parameters.window ?? (model.longest == nil ? CorpusStage.textLength : nil)

        var measured: [(source: String, value: TextPerplexity)] = []
        for (index, text) in scored.enumerated() {
            let value: TextPerplexity? = try reportingBadInput("\(dataset.digest.short), \(text.source)") {
                guard let ids = try text.ids(model.text) else { return nil }
                return try TextPerplexity(
                    ids.all, firstScored: ids.firstScored, prompt: ids.prompt, bytes: ids.bytes, model, window: window,
                    stride: parameters.stride)
            }
            if let value { measured.append((text.source, value)) }
            context.progress(StageProgress(completed: index + 1, total: scored.count, unit: "documents"))
        }
        guard !measured.isEmpty else {
            throw StageFailure(.badInput, "no text has a token to score: each has one, and nothing comes before it")
        }
        if measured.count < scored.count {
            context.note("\(scored.count - measured.count) texts have no token to score and don't count")
        }
        if let (source, _) = measured.first(where: { !$0.value.nats.isFinite }) {
            throw StageFailure(
                .badInput, "\(source) has no likelihood: the model's output is not a number; train it again")
        }
        let metrics = metrics(of: measured.map(\.value))
        try context.writeBootstrapped(metrics, label: parameters.label)
        let rows = measured.map { source, value in
            [
                cell(source), "\(value.tokens)", "\(value.bytes)", "\(value.nats)", "\(value.bitsPerByte)",
                "\(value.natsPerToken)",
            ]
        }
        let columns = ["source", "tokens", "bytes", "nats", "bits-per-byte", "nats-per-token"]
        try context.write(
            "texts", members: [(textsMember, Data(TextTable.text(columns: columns, rows: rows).utf8))])
    }

    private static func metrics(of measured: [TextPerplexity]) -> [String: Double] {
        let total = measured.reduce(TextPerplexity(), +)
        var metrics = [
            "bits-per-byte": total.bitsPerByte, "nats-per-token": total.natsPerToken, "perplexity": total.perplexity,
            "documents": Double(measured.count), "tokens": Double(total.tokens), "bytes": Double(total.bytes),
        ]
        // Beyond what a number can hold: a gate on it is missed.
        if !total.perplexity.isFinite { metrics["perplexity"] = nil }
        let ratios = [
            ("bits-per-byte", RatioEstimate(measured.map { ($0.nats / log(2), Double($0.bytes)) })),
            ("nats-per-token", RatioEstimate(measured.map { ($0.nats, Double($0.tokens)) })),
        ]
        for (name, ratio) in ratios {
            // The same draws for every model: evaluations of one dataset can be compared.
            var random = RandomGenerator(seed: 0, "evaluate.perplexity")
            guard let interval = ratio.interval(draw: { random.integer(below: $0) }) else { continue }
            metrics["\(name)-low"] = interval.lowerBound
            metrics["\(name)-high"] = interval.upperBound
        }
        return metrics
    }

    /// A text that can stand in a table.
    private static func cell(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    }
}
