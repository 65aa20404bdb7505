import Foundation

/// How well a model predicts a text.
package struct TextPerplexity: Sendable {
    /// Tokens that were scored.
    package private(set) var tokens = 0
    /// Bytes of the text.
    package private(set) var bytes = 0
    package private(set) var nats = 0.0

    package var natsPerToken: Double { nats / Double(tokens) }
    package var perplexity: Double { exp(natsPerToken) }
    package var bitsPerByte: Double { nats / log(2) / Double(bytes) }

    package init() {}

    package static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.tokens += right.tokens
        sum.bytes += right.bytes
        sum.nats += right.nats
        return sum
    }

    /// Text longer than the window is read in windows that overlap; of each, the tokens are scored that are new in it.
    ///
    /// - Parameters:
    ///   - ids: The text's tokens and what stands in front of it.
    ///   - firstScored: Number of ids in front that aren't scored; at least 1, as nothing comes before the first.
    ///   - prompt: Those ids, if they are a prompt that the others answer.
    ///   - window: Tokens read at once; nil for as many as the model was made for, up to 2048.
    ///   - stride: Tokens by which windows move on; nil for half a window.
    ///   - watch: Told how many tokens are done.
    /// - Throws: `TextRequestError` for what can't be scored, `CheckpointError` if the model's files changed.
    package init(
        _ ids: [Int32], firstScored: Int = 1, prompt: TextPrompt? = nil, bytes: Int, _ opened: TextModel, window: Int?,
        stride: Int?,
        watch: (_ done: Int) throws -> Void = { _ in }
    ) throws {
        precondition(firstScored >= 1, "the first token can't be scored")
        guard ids.count > firstScored else { throw TextRequestError("a text of \(ids.count) tokens has none to score") }
        try opened.checkIDs(ids)
        try opened.checkScored(ids.dropFirst(firstScored))
        let longest = opened.longest ?? 2048
        if let window, window > longest {
            throw TextRequestError("a window of \(window) tokens, the model reads at most \(longest)")
        }
        let window = window ?? min(longest, 2048)
        let stride = min(stride ?? max(1, window / 2), window - 1)
        self.bytes = bytes
        func run(_ model: some CausalLanguageModel) throws -> (tokens: Int, nats: Double) {
            let model = model.reading(try AugmentingPrompts([prompt].compactMap { $0 }))
            var (tokens, nats, scored) = (0, 0.0, firstScored)
            var start = 0
            while scored < ids.count {
                let end = min(start + window, ids.count)
                var state = opened.makeState(model, sequences: 1, capacity: end - start)
                var request = ScoreRequest()
                request.firstScored = scored - start
                request.promptCount = prompt == nil ? nil : scored - start
                let fresh = LanguageModels.score(model, Array(ids[start..<end]), request, state: &state).nats
                nats += fresh.reduce(0, +)
                tokens += fresh.count
                scored = end
                start += stride
                try watch(scored)
            }
            return (tokens, nats)
        }
        (tokens, nats) = try run(opened.model)
        try opened.check()
    }
}
