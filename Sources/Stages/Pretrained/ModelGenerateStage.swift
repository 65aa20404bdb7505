import Artifacts
import Foundation
import JSONReading
import LanguageModels
import Pipelines

/// `model.generate`: a model continues prompts, as `calm generate --jsonl` does.
enum ModelGenerateStage: TaskReadingKind, NumericKind {
    struct Parameters: StageParameters {
        var tokens = 64
        var temperature = 0.0
        var topK = 0
        var topP = 1.0
        var minP = 0.0
        var repetitionPenalty = 1.0
        var seed = 0
        var stop = JSONValue.array([])
        var ignoresEnd = false
        var isChat = false
        var system = ""

        static let fields: [ParameterField<Self>] = [
            .int("tokens", \.tokens, in: 1...1_000_000, "Maximum number of new tokens"),
            .double(
                "temperature", \.temperature, in: 0...1_000_000,
                "Divide logits by this before drawing; 0 takes the likeliest token"),
            .int("top-k", \.topK, in: 0...1_000_000_000, "Draw among the K likeliest tokens alone; 0: all"),
            .double(
                "top-p", \.topP, in: 1.0e-9...1, "Draw among the likeliest tokens that together reach this probability"),
            .double(
                "min-p", \.minP, in: 0...1,
                "Draw among tokens of at least this share of the likeliest one's probability"),
            .double(
                "repetition-penalty", \.repetitionPenalty, in: 1.0e-3...1_000,
                "Divide logits of tokens that occurred by this"),
            .int("seed", \.seed, in: 0...Int.max, "Seed of the draws"),
            .json("stop", \.stop, .list(of: .string), "End where one of these texts stands, which is left out"),
            .bool("ignore-eos", \.ignoresEnd, "Go on behind tokens that end a text"),
            .bool(
                "chat", \.isChat, "Read each 'prompt' as a user's message, in the words of the model's chat template"),
            .string("system", \.system, "With chat: a message of the system in front; empty for none"),
        ]

        var settings: GenerationSettings {
            var settings = GenerationSettings()
            settings.tokens = tokens
            settings.sampling.temperature = Float(temperature)
            settings.sampling.topK = topK
            settings.sampling.topP = Float(topP)
            settings.sampling.minP = Float(minP)
            settings.sampling.repetitionPenalty = Float(repetitionPenalty)
            settings.sampling.seed = UInt64(seed)
            if case .array(let texts) = stop {
                settings.stop = texts.compactMap { if case .string(let text) = $0 { text } else { nil } }
            }
            settings.ignoresEnd = ignoresEnd
            return settings
        }

        var reading: PromptReading {
            var reading = PromptReading()
            reading.isChat = isChat
            reading.system = system.isEmpty ? nil : system
            return reading
        }
    }

    static let name = "model.generate"
    static let version = 1
    static let summary = "A model continues prompts, objects in a JSONL file"
    static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("prompts", "How many prompts were continued"),
        MetricDeclaration("tokens", unit: "tokens", "How many tokens were generated"),
    ]
    private static let member = "answers.jsonl"

    static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("model", [.pretrainedModel, .model, .composition], "who continues"),
            InputRole("prompts", [.file], "JSONL: an object with 'prompt', 'ids' or 'messages' a line"),
        ]
    }

    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [
            OutputRole(
                "answers", .file, "JSONL: for each prompt 'text', 'ids' and 'finish', and the object's other fields")
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
        let prompts = try JSONLines(context.input("prompts"))
        let model = try TextModel(stored: context.input("model"), tasks: tasks)
        let reading = parameters.reading
        // All of them first: a mistake in the last line is known at once.
        let asked = try prompts.lines.map { line in
            try reportingBadInput(prompts.place(line.number)) { try reading.prompt(of: line.value, model.text) }
        }
        let generation = TextGeneration(model, parameters.settings)
        var tokens = 0
        var output = Data()
        for (index, line) in prompts.lines.enumerated() {
            let result = try reportingBadInput(prompts.place(line.number)) {
                try generation.run([asked[index]], numbers: [index]).results[0]
            }
            tokens += result.ids.count
            let answer = line.value.answered(result.members(model.text.tokenizer), known: PromptReading.fields)
            output += Data((answer.text + "\n").utf8)
            context.progress(StageProgress(completed: index + 1, total: prompts.lines.count, unit: "prompts"))
        }
        context.metric("prompts", Double(prompts.lines.count))
        context.metric("tokens", Double(tokens))
        try context.write("answers", members: [(member, output)])
    }
}
