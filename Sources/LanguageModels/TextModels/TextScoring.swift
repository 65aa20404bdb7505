import JSONReading
import Tensors
import Tokenization

/// Scores texts and continuations of prompts with a model from outside.
package struct TextScoring {
    package let opened: TextModel
    /// How many of the likeliest next tokens are told.
    package var topCount = 0
    package var hidden: [(name: String, layer: HiddenLayer)] = []
    package var hiddenPositions = LogitRows.last

    package init(_ opened: TextModel) { self.opened = opened }

    /// - Throws: `TextRequestError` for what can't be scored, `CheckpointError` if the model's files changed.
    package func score(_ question: ScoreQuestion) throws -> TextScore {
        for candidate in question.candidates {
            guard !candidate.ids.isEmpty else { throw TextRequestError("no tokens to score") }
            try opened.checkLength(candidate.ids.count)
            try opened.checkIDs(candidate.ids)
            try opened.checkScored(candidate.ids.dropFirst(candidate.firstScored))
        }
        let prompts = try AugmentingPrompts(question.candidates.compactMap { $0.prompt })
        let scores = run(question, prompts, opened.model)
        try opened.check()
        let result = TextScore(question, scores)
        guard result.candidates.allSatisfy({ $0.score.nats.allSatisfy(\.isFinite) }) else {
            throw TextRequestError("the model gives a token no finite probability: its weights can't be right")
        }
        return result
    }

    private func run(
        _ question: ScoreQuestion, _ prompts: AugmentingPrompts, _ model: some CausalLanguageModel
    ) -> [SequenceScore] {
        let model = model.reading(prompts)
        var request = ScoreRequest()
        request.topCount = question.form == .continuations ? 0 : topCount
        request.hiddenLayers = hidden.map(\.layer)
        request.hiddenPositions = hiddenPositions
        var state = opened.makeState(
            model, sequences: 1, capacity: question.candidates.map(\.ids.count).max() ?? 0)
        // What several have in common is read once.
        var shared = 0
        if question.candidates.count > 1, hidden.isEmpty, model.readsPromptsInPieces,
            let first = question.candidates.first
        {
            shared = question.sharedCount
            var reading = ScoreRequest()
            reading.scoresTokens = false
            if shared > 0 {
                _ = LanguageModels.score(model, Array(first.ids[..<shared]), reading, state: &state)
            }
        }
        return question.candidates.map { candidate in
            state.truncate(to: shared)
            request.firstScored = candidate.firstScored
            request.promptCount = candidate.prompt?.ids.count
            return LanguageModels.score(model, candidate.ids, request, state: &state)
        }
    }

    /// The names of the members of JSON answers.
    package static let fields: Set = [
        "ids", "nats", "top", "hidden", "scores", "likeliest", "likeliest_per_byte", "correct", "correct_per_byte",
    ]

    /// The members of a JSON answer.
    ///
    /// - Throws: `TextRequestError` for a layer that the model doesn't have.
    package func members(_ score: TextScore) throws -> [(String, JSONNode)] {
        guard score.question.form == .continuations else {
            return try score.candidates.first.map { try self.members($0, score.question.form) } ?? []
        }
        let scores = try score.candidates.map { candidate in
            object(
                try self.members(candidate, .continuations) + [
                    ("log_probability", .double(-candidate.nats)), ("bytes", .int(candidate.bytes)),
                ])
        }
        var members: [(String, JSONNode)] = [
            ("scores", .array(scores)), ("likeliest", .int(score.likeliest)),
            ("likeliest_per_byte", .int(score.likeliestPerByte)),
        ]
        if let answer = score.question.answer {
            members += [
                ("correct", .bool(score.likeliest == answer)),
                ("correct_per_byte", .bool(score.likeliestPerByte == answer)),
            ]
        }
        return members
    }

    private func members(
        _ candidate: TextScore.Candidate, _ form: ScoreQuestion.Form
    ) throws -> [(String, JSONNode)] {
        let score = candidate.score
        var members: [(String, JSONNode)] = [
            ("ids", .array(candidate.ids.map { .int(Int($0)) })), ("nats", .array(score.nats.map { .double($0) })),
        ]
        if form != .continuations {
            let top = score.top.map { candidate in
                object([
                    ("id", .int(Int(candidate.token))),
                    ("text", .string(opened.text.tokenizer.text(of: candidate.token))),
                    ("logit", .double(Double(candidate.logit))),
                ])
            }
            members.append(("top", .array(top)))
        }
        if !hidden.isEmpty {
            let layers: [(String, JSONNode)] = try hidden.map { name, layer in
                guard let rows = score.hidden[layer] else {
                    throw TextRequestError("the model has no layer \(name)")
                }
                return (name, .array(rows.map { .array($0.map { .double(Double($0)) }) }))
            }
            members.append(("hidden", object(layers)))
        }
        return members
    }

    private func object(_ members: [(String, JSONNode)]) -> JSONNode {
        var result = JSONMembers()
        for (name, value) in members { _ = result.append(name, value) }
        return .object(result)
    }
}

/// How likely a model finds a text, or continuations of a prompt.
package struct TextScore: Sendable {
    package struct Candidate: Sendable {
        /// A text's tokens; of a continuation those that were scored.
        package let ids: [Int32]
        package let score: SequenceScore
        package let bytes: Int

        /// Negative log-likelihood of all scored tokens.
        package var nats: Double { score.nats.reduce(0, +) }
    }

    package let question: ScoreQuestion
    package let candidates: [Candidate]

    init(_ question: ScoreQuestion, _ scores: [SequenceScore]) {
        self.question = question
        candidates = zip(question.candidates, scores).map { candidate, score in
            let ids = question.form == .text ? candidate.ids : Array(candidate.ids[candidate.firstScored...])
            return Candidate(ids: ids, score: score, bytes: candidate.bytes)
        }
    }

    /// Index of the likeliest continuation; of equally likely ones the first.
    package var likeliest: Int { smallest { $0.nats } }

    /// Index of the continuation that is the likeliest by its length in UTF-8: short ones have no advantage.
    package var likeliestPerByte: Int { smallest { $0.nats / Double(max($0.bytes, 1)) } }

    private func smallest(_ value: (Candidate) -> Double) -> Int {
        let values = candidates.map(value)
        return values.indices.min { values[$0] < values[$1] } ?? 0
    }
}
