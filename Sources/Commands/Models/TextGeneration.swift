import Foundation
import JSONReading
import LanguageModels
import Synchronization
import Tokenization

/// A batch of prompts continued by a model from outside.
struct TextGeneration {
    struct Result {
        let ids: [Int32]
        let text: String
        let finish: FinishReason
        /// Log-probability of each token, and of the likeliest ones; empty unless asked for.
        let logprobs: [(chosen: Double, top: [(id: Int32, value: Double)])]
    }

    let opened: OpenedModel
    let options: GenerationOptions

    /// Set by Ctrl-C: generation ends behind the token at work.
    static let isInterrupted = Atomic<Bool>(false)

    /// Ends generation, not the process, at the first Ctrl-C.
    static func endOnInterrupt() {
        signal(SIGINT) { _ in
            TextGeneration.isInterrupted.store(true, ordering: .relaxed)
            signal(SIGINT, SIG_DFL)
        }
    }

    /// - Parameters:
    ///   - first: Number of the first prompt among all, which its draws depend on.
    ///   - stream: Told of the text of a sequence as it grows.
    func run(
        _ prompts: [[Int32]], first: Int, stream: (_ sequence: Int, String) throws -> Void = { _, _ in }
    ) throws -> (results: [Result], times: GenerationTimes) {
        for prompt in prompts {
            guard !prompt.isEmpty else { throw JSONLineError("the prompt has no tokens") }
            try opened.checkLength(prompt.count + 1)
        }
        let longest = prompts.map(\.count).max() ?? 0
        let limit = [opened.contextLength, opened.model.maximumLength].compactMap { $0 }.min() ?? .max
        let limits = GenerationLimits(
            maximumNewTokens: min(options.tokens, limit - longest), stops: options.ignoreEos ? [] : opened.text.stops)
        var watchers = prompts.map { _ in Watcher(opened.text.tokenizer, options) }
        var failure: (any Error)?
        func generate(_ model: some CausalLanguageModel) -> (continuations: [Continuation], times: GenerationTimes) {
            let capacity = longest + limits.maximumNewTokens
            var state = model.makeState(sequences: prompts.count, capacity: capacity, precision: .float32)
            let sampling = options.sampling
            return LanguageModels.generate(
                model, prompts: prompts, limits: limits, state: &state,
                sampler: { RandomSampler(sampling, sequence: first + $0) },
                watch: { sequence, token, logits in
                    let (text, step) = watchers[sequence].see(token, logits)
                    do {
                        try opened.check()
                        if !text.isEmpty { try stream(sequence, text) }
                    } catch {
                        failure = failure ?? error
                        return .cancel
                    }
                    return Self.isInterrupted.load(ordering: .relaxed) ? .cancel : step
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
        private(set) var text = ""
        private(set) var logprobs: [(chosen: Double, top: [(id: Int32, value: Double)])] = []

        init(_ tokenizer: any Tokenizer, _ options: GenerationOptions) {
            decoder = StreamingDecoder(tokenizer)
            stops = StopTexts(options.stop)
            topCount = options.logprobs
        }

        mutating func see(_ token: Int32, _ logits: UnsafeBufferPointer<Float>) -> (text: String, GenerationStep) {
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
    /// The members of a JSON answer.
    func members(
        _ tokenizer: any Tokenizer, load: Double, _ times: GenerationTimes
    ) -> [(String, JSONNode)] {
        func object(_ members: [(String, JSONNode)]) -> JSONNode {
            var result = JSONMembers()
            for (name, value) in members { _ = result.append(name, value) }
            return .object(result)
        }
        var members: [(String, JSONNode)] = [
            ("text", .string(text)), ("ids", .array(ids.map { .int(Int($0)) })), ("finish", .string(finish.rawValue)),
            (
                "seconds",
                object([
                    ("load", .double(load)), ("prefill", .double(times.prefill)), ("decode", .double(times.decode)),
                ])
            ),
        ]
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
