import Artifacts
import LanguageModels
import Pipelines
import Tensors
import Tokenization

extension TextModel {
    /// A model or composition from its artifact.
    ///
    /// - Throws: `StageFailure` (bad input) if the artifact is neither, or can't be loaded.
    package init(
        stored artifact: Artifact, tasks: TaskRegistry, products: FrozenProducts = FrozenProducts(),
        verifies: Bool = true
    ) throws {
        if artifact.manifest.type == .pretrainedModel {
            self = try ImportedModel.open(artifact, verifies: verifies)
            return
        }
        var stored: StoredComposition?
        var opened = try TextModel(products: products) {
            switch artifact.manifest.type {
            case .model:
                let model = try StoredModel(artifact, tasks: tasks)
                return (model.decoder, model.tokenizer)
            case .composition:
                let composition = try StoredComposition(artifact, tasks: tasks, verifies: verifies)
                stored = composition
                return (composition.model, composition.tokenizer)
            default:
                throw StageFailure(
                    .badInput,
                    "expected a model or a composition, found the \(artifact.manifest.type.rawValue) \(artifact.digest.short)"
                )
            }
        }
        if let stored { opened.join(stored.opened, speaking: stored.openedAnchor) }
        self = opened
    }
}

/// A model or composition that answers many prompts at once, with the likeliest tokens.
package struct AnsweringModel: Sendable {
    package var tokenizer: any Tokenizer { opened.text.tokenizer }
    private let opened: TextModel
    private let precision: Precision

    /// - Throws: `StageFailure` (bad input) if the artifact is neither, or can't be loaded.
    package init(_ artifact: Artifact, tasks: TaskRegistry, precision: Precision = .float32) throws {
        opened = try TextModel(stored: artifact, tasks: tasks)
        self.precision = precision
    }

    /// Greedy continuations as text, with room for the longest expected answer and a little more, so that one that runs on is
    /// seen to, or as many tokens as the model has positions for.
    ///
    /// - Throws: `StageFailure` (bad input) for a text that the tokenizer can't read.
    package func answers(
        to prompts: [String], expecting answers: [String], batch: Int, threads: Int
    ) throws -> [String] {
        let tokens = try reportingBadInput("a prompt") {
            try prompts.map { tokenizer.leadingTokens + (try tokenizer.encode($0).map(\.id)) }
        }
        let longestAnswer = try reportingBadInput("an expected answer") {
            try answers.map { try tokenizer.encode($0).count }.max() ?? 0
        }
        var maximum = longestAnswer + 8
        if let limit = opened.longest, let (prompt, longest) = zip(prompts, tokens).max(by: { $0.1.count < $1.1.count })
        {
            guard longest.count <= limit else {
                throw StageFailure(
                    .badInput, "the prompt '\(prompt)' has \(longest.count) tokens, the model positions for \(limit)")
            }
            maximum = min(maximum, limit - longest.count + 1)
        }
        func generate(_ model: some CausalLanguageModel) -> [[Int32]] {
            // No id is negative: without a token that ends a text, nothing stops.
            generateGreedy(
                model, prompts: tokens, maximumNewTokens: maximum, stop: tokenizer.end ?? -1,
                batch: batch, threads: threads, precision: precision)
        }
        return generate(opened.model).map { String(decoding: tokenizer.decode($0), as: UTF8.self) }
    }
}
