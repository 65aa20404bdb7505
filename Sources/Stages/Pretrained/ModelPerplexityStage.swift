import Artifacts
import Evaluation
import Foundation
import LanguageModels
import Pipelines

/// `model.perplexity`: how well a model predicts texts.
enum ModelPerplexityStage: TaskReadingKind, NumericKind {
    struct Parameters: StageParameters {
        var label = ""
        var window: Int?
        var stride: Int?

        static let fields: [ParameterField<Self>] = [
            .string("label", \.label, "What the evaluation is called in a table: ROW.COLUMN"),
            .optionalInt(
                "context", \.window, in: 2...(1 << 24),
                "Tokens read at once; null for as many as the model was made for, up to 2048"),
            .optionalInt(
                "stride", \.stride, in: 1...(1 << 24), "Tokens by which windows move on; null for half a window"),
        ]
    }

    static let name = "model.perplexity"
    static let version = 1
    static let summary = "How well a model predicts texts: perplexity and bits per byte"
    static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("perplexity", "e to the nats per token"),
        MetricDeclaration("bits-per-byte", unit: "bits per byte", "Negative log-likelihood of the texts by their size"),
        MetricDeclaration("nats-per-token", unit: "nats per token", "Mean negative log-likelihood of a token"),
        MetricDeclaration("tokens", unit: "tokens", "How many tokens were scored"),
        MetricDeclaration("bytes", unit: "bytes", "Size of the texts"),
        MetricDeclaration("<file>.perplexity", "The same of each file, where there are several"),
        MetricDeclaration("<file>.bits-per-byte", unit: "bits per byte", "The same of each file"),
    ]
    private static let metricsMember = "metrics.json"
    private static let textsMember = "texts.tsv"

    static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("model", [.pretrainedModel, .model, .composition], "who reads"),
            InputRole("text", [.file, .folder], .many, "files of UTF-8 text, each read by itself"),
        ]
    }

    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [
            OutputRole("metrics", .metrics, "perplexity, bits per byte and nats per token of all texts together"),
            OutputRole("texts", .table, "the same of each file"),
        ]
    }

    static func plan(
        _ parameters: Parameters, inputs: [String: [Facts]], tasks: TaskRegistry
    ) throws -> [String: Facts] {
        if let window = parameters.window, let stride = parameters.stride, stride >= window {
            throw PlanningError(
                parameter: "stride", "found \(stride), expected less than the context, which is \(window)")
        }
        return [:]
    }

    static func run(_ parameters: Parameters, _ context: StageContext, tasks: TaskRegistry) throws {
        let texts = try texts(context)
        let model = try TextModel(stored: context.input("model"), tasks: tasks)
        var measured: [(name: String, value: TextPerplexity)] = []
        var (done, all) = (0, 0)
        let tokens = try texts.map { name, text in
            let ids = try reportingBadInput(name) { try TextReading().tokens(text, model.text.tokenizer).map(\.id) }
            all += ids.count
            return ids
        }
        for ((name, text), ids) in zip(texts, tokens) {
            let value = try reportingBadInput(name) {
                try TextPerplexity(
                    ids, bytes: text.utf8.count, model, window: parameters.window, stride: parameters.stride
                ) { context.progress(StageProgress(completed: done + $0, total: all, unit: "tokens")) }
            }
            done += ids.count
            measured.append((name, value))
        }
        let total = measured.reduce(TextPerplexity()) { $0 + $1.value }
        var metrics = [
            "perplexity": total.perplexity, "bits-per-byte": total.bitsPerByte, "nats-per-token": total.natsPerToken,
            "tokens": Double(total.tokens), "bytes": Double(total.bytes),
        ]
        if measured.count > 1 {
            for (name, value) in measured {
                metrics["\(name).perplexity"] = value.perplexity
                metrics["\(name).bits-per-byte"] = value.bitsPerByte
            }
        }
        for (name, value) in metrics { context.metric(name, value) }
        let rows = measured.map { name, value in
            [
                name, "\(value.tokens)", "\(value.bytes)", "\(value.perplexity)", "\(value.bitsPerByte)",
                "\(value.natsPerToken)",
            ]
        }
        let columns = ["file", "tokens", "bytes", "perplexity", "bits-per-byte", "nats-per-token"]
        try context.write(
            "metrics", metadata: ["label": .string(parameters.label), "notes": .array([])],
            members: [(metricsMember, try prettyJSON(metrics))])
        try context.write(
            "texts", members: [(textsMember, Data(TextTable.text(columns: columns, rows: rows).utf8))])
    }

    /// The texts by the names of their files; files of the same name are numbered.
    private static func texts(_ context: StageContext) throws -> [(name: String, text: String)] {
        var texts: [(name: String, text: String)] = []
        var names: [String: Int] = [:]
        for artifact in try context.inputs("text") {
            for (name, member) in artifact.manifest.members.sorted(by: { $0.key < $1.key }) {
                guard member.kind == .file || member.kind == .executable else { continue }
                guard let text = String(validating: try artifact.data(name), as: UTF8.self) else {
                    throw StageFailure(.badInput, "\(name) of '\(artifact.stage)' is not UTF-8")
                }
                let number = names[name, default: 0] + 1
                names[name] = number
                texts.append((number == 1 ? name : "\(name)-\(number)", text))
            }
        }
        guard !texts.isEmpty else { throw StageFailure(.badInput, "the input 'text' has no file") }
        return texts
    }
}
