import Artifacts
import Foundation
import LanguageModels
import Pipelines
import Tensors
import Tokenization

/// A stored model or composition that answers prompts in text.
package struct AnsweringModel: Sendable {
    package let tokenizer: any Tokenizer
    private let maximumLength: Int?
    private let generate: @Sendable (_ prompts: [[Int32]], _ maximum: Int, _ batch: Int, _ threads: Int) -> [[Int32]]

    /// - Throws: `StageFailure` (bad input) if the artifact is neither, or can't be loaded.
    package init(_ artifact: Artifact, tasks: TaskRegistry, precision: Precision = .float32) throws {
        switch artifact.manifest.type {
        case .model:
            let stored = try StoredModel(artifact, tasks: tasks)
            self.init(stored.decoder, stored.tokenizer, precision)
        case .composition:
            let stored = try StoredComposition(artifact, tasks: tasks)
            self.init(stored.model, stored.tokenizer, precision)
        default:
            throw StageFailure(
                .badInput,
                "expected a model or a composition, found the \(artifact.manifest.type.rawValue) \(artifact.digest.short)"
            )
        }
    }

    private init(_ model: some CausalLanguageModel, _ tokenizer: any Tokenizer, _ precision: Precision) {
        self.tokenizer = tokenizer
        maximumLength = model.maximumLength
        // No id is negative: without a token that ends a text, nothing stops.
        let stop = tokenizer.end ?? -1
        generate = { prompts, maximum, batch, threads in
            generateGreedy(
                model, prompts: prompts, maximumNewTokens: maximum, stop: stop, batch: batch, threads: threads,
                precision: precision)
        }
    }

    /// Greedy continuations as text, of at most `maximum` tokens each, or as many as the model has positions for.
    ///
    /// - Throws: `StageFailure` (bad input) for a prompt that the tokenizer can't read.
    package func answers(to prompts: [String], maximum: Int, batch: Int = 64, threads: Int = 1) throws -> [String] {
        let tokens: [[Int32]]
        do {
            tokens = try prompts.map { tokenizer.leadingTokens + (try tokenizer.encode($0).map(\.id)) }
        } catch let error as TokenizerError {
            throw StageFailure(.badInput, error.description)
        }
        var maximum = maximum
        if let maximumLength, let (prompt, longest) = zip(prompts, tokens).max(by: { $0.1.count < $1.1.count }) {
            guard longest.count <= maximumLength else {
                throw StageFailure(
                    .badInput,
                    "the prompt '\(prompt)' has \(longest.count) tokens, the model positions for \(maximumLength)")
            }
            maximum = min(maximum, maximumLength - longest.count + 1)
        }
        return generate(tokens, maximum, batch, threads).map {
            String(decoding: tokenizer.decode($0), as: UTF8.self)
        }
    }

    /// The same, with room for the longest expected answer and a little more, so that one that runs on is seen to.
    package func answers(
        to prompts: [String], expecting answers: [String], batch: Int, threads: Int
    ) throws -> [String] {
        let longest: Int
        do {
            longest = try answers.map { try tokenizer.encode($0).count }.max() ?? 0
        } catch let error as TokenizerError {
            throw StageFailure(.badInput, "an expected answer: \(error)")
        }
        return try self.answers(to: prompts, maximum: longest + 8, batch: batch, threads: threads)
    }
}
