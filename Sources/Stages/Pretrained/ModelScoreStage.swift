import Artifacts
import Evaluation
import Foundation
import JSONReading
import LanguageModels
import Pipelines
import Tokenization

/// `model.score`: how likely a model finds texts, or continuations of prompts, as `calm score --jsonl` does.
///
/// Of several continuations of a prompt the likeliest is the model's choice, as in the multiple-choice tasks of EleutherAI's
/// lm-evaluation-harness.
enum ModelScoreStage: TaskReadingKind, NumericKind {
    enum Format: String, CaseIterable, Sendable { case jsonl, lines }
    enum SpecialText: String, CaseIterable, Sendable { case parse, text }
    enum Beginning: String, CaseIterable, Sendable { case auto, no }

    struct Parameters: StageParameters {
        var label = ""
        var format = Format.jsonl
        var top = 0
        var delimiter = ""
        var special = SpecialText.parse
        var beginning = Beginning.auto
        var isChat = false
        var system = ""

        static let fields: [ParameterField<Self>] = [
            .string("label", \.label, "What the evaluation is called in a table: ROW.COLUMN"),
            .choice("format", \.format, "jsonl: an object a line; lines: each line is a text"),
            .int("top", \.top, in: 0...1_000, "Number of likeliest next tokens to tell of each text"),
            .string(
                "delimiter", \.delimiter,
                "Text between a prompt and its continuations; it is scored, but not counted in bytes"),
            .choice(
                "special", \.special, "Whether text that looks like a control token, such as <|im_end|>, is one"),
            .choice(
                "bos", \.beginning, "Whether the beginning token is added that the model's tokenizer adds: auto or no"),
            .bool(
                "chat", \.isChat, "Read each 'prompt' as a user's message, in the words of the model's chat template"),
            .string("system", \.system, "With chat: a message of the system in front; empty for none"),
        ]

        var reading: ScoreReading {
            var reading = ScoreReading()
            reading.prompt.text.control = special == .parse ? .parsed : .plain
            reading.prompt.text.addsBeginning = beginning == .auto
            reading.prompt.isChat = isChat
            reading.prompt.system = system.isEmpty ? nil : system
            reading.delimiter = delimiter
            return reading
        }
    }

    static let name = "model.score"
    static let version = 1
    static let summary = "How likely a model finds texts and continuations; accuracy in multiple choice"
    static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("records", "How many texts and prompts there are"),
        MetricDeclaration("tokens", unit: "tokens", "How many tokens were scored, wrong continuations' too"),
        MetricDeclaration("nats-per-token", unit: "nats per token", "Their mean negative log-likelihood"),
        MetricDeclaration("answers", "How many prompts say which continuation is right; the metrics below are theirs"),
        MetricDeclaration(
            "answer-nats-per-token", unit: "nats per token", "Mean negative log-likelihood of the right ones' tokens"),
        MetricDeclaration("accuracy", unit: "share", "How often the right one is the likeliest (acc)"),
        MetricDeclaration("accuracy-low", unit: "share", "Lower end of its 95% interval (Wilson)"),
        MetricDeclaration("accuracy-high", unit: "share", "Upper end of its 95% interval (Wilson)"),
        MetricDeclaration(
            "accuracy-per-byte", unit: "share", "How often it is the likeliest by its length in bytes (acc_norm)"),
        MetricDeclaration("accuracy-per-byte-low", unit: "share", "Lower end of its 95% interval (Wilson)"),
        MetricDeclaration("accuracy-per-byte-high", unit: "share", "Upper end of its 95% interval (Wilson)"),
    ]
    private static let metricsMember = "metrics.json"
    private static let scoresMember = "scores.jsonl"

    static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("model", [.pretrainedModel, .model, .composition], "who reads"),
            InputRole(
                "texts", [.file],
                "an object a line: 'text' or 'ids'; or 'prompt' or 'messages', with 'continuation' or 'continuations', of "
                    + "which 'answer' numbers the right one from 0"),
        ]
    }

    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [
            OutputRole(
                "scores", .file,
                "JSONL: 'ids', 'nats' and 'top' of each text; 'scores', 'likeliest', 'likeliest_per_byte' of continuations"
            ),
            OutputRole("metrics", .metrics, "the stage's metrics"),
        ]
    }

    static func plan(
        _ parameters: Parameters, inputs: [String: [Facts]], tasks: TaskRegistry
    ) throws -> [String: Facts] {
        if !parameters.system.isEmpty, !parameters.isChat {
            throw PlanningError(parameter: "system", "found a message of the system, expected chat: true with it")
        }
        return [:]
    }

    static func run(_ parameters: Parameters, _ context: StageContext, tasks: TaskRegistry) throws {
        let texts = try JSONLines(context.input("texts"), asTexts: parameters.format == .lines)
        let model = try TextModel(stored: context.input("model"), tasks: tasks)
        let reading = parameters.reading
        // All of them first: a mistake in the last line is known at once.
        let questions = try texts.lines.map { line in
            try reportingBadInput(texts.place(line.number)) { try ScoreQuestion(line.value, reading, model.text) }
        }
        var scoring = TextScoring(model)
        scoring.topCount = parameters.top
        var summary = ScoreSummary()
        var output = Data()
        for (line, question) in zip(texts.lines, questions) {
            let answer = try reportingBadInput(texts.place(line.number)) {
                let score = try scoring.score(question)
                summary.add(score)
                return line.value.answered(
                    try scoring.members(score), known: ScoreQuestion.fields(of: line.value.object))
            }
            output += Data((answer.text + "\n").utf8)
            context.progress(StageProgress(completed: summary.records, total: questions.count, unit: "records"))
        }
        guard summary.tokens > 0 else {
            throw StageFailure(
                .badInput, "\(texts.place(texts.lines[0].number)): every text has one token, and so none to score")
        }
        let metrics = summary.metrics
        for (name, value) in metrics { context.metric(name, value) }
        try context.write("scores", members: [(scoresMember, output)])
        try context.write(
            "metrics", metadata: ["label": .string(parameters.label), "notes": .array([])],
            members: [(metricsMember, try prettyJSON(metrics))])
    }
}

/// Counts over scored texts and continuations.
private struct ScoreSummary {
    private(set) var records = 0
    private(set) var tokens = 0
    private var nats = 0.0
    private var right: [(isLikeliest: Bool, isLikeliestPerByte: Bool, tokens: Int, nats: Double)] = []

    mutating func add(_ score: TextScore) {
        records += 1
        for candidate in score.candidates {
            tokens += candidate.score.nats.count
            nats += candidate.nats
        }
        if let answer = score.question.answer {
            let candidate = score.candidates[answer]
            right.append(
                (
                    score.likeliest == answer, score.likeliestPerByte == answer, candidate.score.nats.count,
                    candidate.nats
                ))
        }
    }

    var metrics: [String: Double] {
        var metrics = [
            "records": Double(records), "tokens": Double(tokens), "nats-per-token": nats / Double(tokens),
            "answers": Double(right.count),
        ]
        guard !right.isEmpty else { return metrics }
        let answerTokens = right.reduce(0) { $0 + $1.tokens }
        metrics["answer-nats-per-token"] = right.reduce(0) { $0 + $1.nats } / Double(answerTokens)
        let shares = [
            ("accuracy", Proportion(of: right.map(\.isLikeliest))),
            ("accuracy-per-byte", Proportion(of: right.map(\.isLikeliestPerByte))),
        ]
        for (name, share) in shares {
            metrics[name] = share.value
            metrics["\(name)-low"] = share.interval.lowerBound
            metrics["\(name)-high"] = share.interval.upperBound
        }
        return metrics
    }
}
