import Foundation
import JSONReading
import Tokenization

/// How prompts are continued.
package struct GenerationSettings: Sendable {
    /// At most so many new tokens.
    package var tokens = 64
    package var sampling = SamplingOptions()
    /// A continuation ends where one of these texts stands, which is left out.
    package var stop: [String] = []
    /// Whether it goes on behind tokens that end a text.
    package var ignoresEnd = false
    /// How many of the likeliest tokens are told with each; nil: no log-probabilities at all.
    package var logprobs: Int?

    package init() {}
}

/// A batch of prompts continued by a model.
package struct TextGeneration {
    package struct Result {
        package let ids: [Int32]
        package let text: String
        package let finish: FinishReason
        /// Log-probability of each token, and of the likeliest ones; empty unless asked for.
        let logprobs: [(chosen: Double, top: [(id: Int32, value: Double)])]
    }

    package let opened: TextModel
    let settings: GenerationSettings
    let isEnding: () -> Bool

    /// - Parameter isEnding: Whether generation is to end where it is; asked behind each block of the model.
    package init(_ opened: TextModel, _ settings: GenerationSettings, isEnding: @escaping () -> Bool = { false }) {
        self.opened = opened
        self.settings = settings
        self.isEnding = isEnding
    }

    /// Whether a prompt can be continued.
    ///
    /// - Throws: `TextRequestError` if not.
    package func check(_ prompt: [Int32]) throws {
        guard !prompt.isEmpty else { throw TextRequestError("the prompt has no tokens") }
        try opened.checkIDs(prompt)
        if let longest = opened.longest, prompt.count >= longest {
            throw TextRequestError(
                "the prompt has \(prompt.count) tokens, and the model reads at most \(longest): there is no room for an answer"
            )
        }
    }

    /// - Parameters:
    ///   - numbers: Of the prompts among all, which their draws depend on.
    ///   - stream: Told of the text of a sequence as it grows.
    /// - Throws: `TextRequestError` for a prompt that can't be continued, `CheckpointError` if the model's files changed.
    package func run(
        _ asked: [TextPrompt], numbers: [Int], stream: (_ sequence: Int, String) throws -> Void = { _, _ in }
    ) throws -> (results: [Result], times: GenerationTimes) {
        let prompts = asked.map(\.ids)
        for prompt in prompts { try check(prompt) }
        let own = try AugmentingPrompts(asked)
        let longest = prompts.map(\.count).max() ?? 0
        let limit = opened.longest ?? .max
        let limits = GenerationLimits(
            maximumNewTokens: settings.tokens, maximumLength: opened.longest,
            stops: settings.ignoresEnd ? [] : opened.text.stops)
        var watchers = prompts.map { _ in Watcher(opened.text.tokenizer, settings) }
        var failure: (any Error)?
        var checked = 0
        func generate(_ model: some CausalLanguageModel) -> (continuations: [Continuation], times: GenerationTimes) {
            let model = model.reading(own)
            let capacity = min(longest + limits.maximumNewTokens, limit)
            var state = opened.makeState(model, sequences: prompts.count, capacity: capacity)
            let sampling = settings.sampling
            return LanguageModels.generate(
                model, prompts: prompts, limits: limits, state: &state,
                sampler: { RandomSampler(sampling, sequence: numbers[$0]) }, isEnding: isEnding,
                watch: { sequence, token, logits in
                    let (text, step) = watchers[sequence].see(token, logits)
                    do {
                        // Once a step: what all sequences get in it was computed together.
                        if watchers[sequence].count > checked {
                            try opened.check()
                            checked = watchers[sequence].count
                        }
                        if !text.isEmpty { try stream(sequence, text) }
                    } catch {
                        failure = failure ?? error
                        return .cancel
                    }
                    return step
                })
        }
        let (continuations, times) = generate(opened.model)
        if let failure { throw failure }
        try opened.check()
        var results: [Result] = []
        for (index, continuation) in continuations.enumerated() {
            let rest = watchers[index].finish()
            if !rest.isEmpty { try stream(index, rest) }
            results.append(
                Result(
                    ids: continuation.tokens, text: watchers[index].text, finish: continuation.finish,
                    logprobs: watchers[index].logprobs))
        }
        return (results, times)
    }

    /// Follows one sequence: its text, and whether a stop text ends it.
    private struct Watcher {
        private var decoder: StreamingDecoder
        private var stops: StopTexts
        private let topCount: Int?
        /// Tokens seen.
        private(set) var count = 0
        private(set) var text = ""
        private(set) var logprobs: [(chosen: Double, top: [(id: Int32, value: Double)])] = []

        init(_ tokenizer: any Tokenizer, _ settings: GenerationSettings) {
            decoder = StreamingDecoder(tokenizer)
            stops = StopTexts(settings.stop)
            topCount = settings.logprobs
        }

        mutating func see(_ token: Int32, _ logits: UnsafeBufferPointer<Float>) -> (text: String, GenerationStep) {
            count += 1
            if let topCount {
                let top = Double(logits.max() ?? 0)
                let norm = top + log(logits.reduce(0.0) { $0 + exp(Double($1) - top) })
                logprobs.append(
                    (
                        Double(logits[Int(token)]) - norm,
                        likeliest(topCount, logits).map { ($0.token, Double($0.logit) - norm) }
                    ))
            }
            let piece = stops.append(decoder.append(token))
            text += piece
            return (piece, stops.isStopped ? .stop : .goOn)
        }

        mutating func finish() -> String {
            let rest = stops.append(decoder.finish()) + stops.finish()
            text += rest
            return rest
        }
    }
}

extension TextGeneration.Result {
    /// The names of the members of JSON answers.
    package static let fields: Set = ["text", "ids", "finish", "seconds", "logprobs"]

    /// The members of a JSON answer.
    ///
    /// - Parameter seconds: How long it took, if that is to be told.
    package func members(
        _ tokenizer: any Tokenizer, seconds: (load: Double, times: GenerationTimes)? = nil
    ) -> [(String, JSONNode)] {
        func object(_ members: [(String, JSONNode)]) -> JSONNode {
            var result = JSONMembers()
            for (name, value) in members { _ = result.append(name, value) }
            return .object(result)
        }
        var members: [(String, JSONNode)] = [
            ("text", .string(text)), ("ids", .array(ids.map { .int(Int($0)) })), ("finish", .string(finish.rawValue)),
        ]
        if let (load, times) = seconds {
            let parts: [(String, JSONNode)] = [
                ("load", .double(load)), ("prefill", .double(times.prefill)), ("decode", .double(times.decode)),
            ]
            members.append(("seconds", object(parts)))
        }
        if !logprobs.isEmpty {
            let rows = logprobs.map { row in
                object([
                    ("logprob", .double(row.chosen)),
                    (
                        "top",
                        .array(
                            row.top.map {
                                object([
                                    ("id", .int(Int($0.id))), ("text", .string(tokenizer.text(of: $0.id))),
                                    ("logprob", .double($0.value)),
                                ])
                            })
                    ),
                ])
            }
            members.append(("logprobs", .array(rows)))
        }
        return members
    }
}
