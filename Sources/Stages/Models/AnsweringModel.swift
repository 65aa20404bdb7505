import Artifacts
import Evaluation
import LanguageModels
import Pipelines
import Tensors
import Tokenization

extension TextModel {
    /// A model from outside, or a model or composition that was trained here, from its artifact.
    ///
    /// - Throws: `StageFailure` (bad input) if the artifact is neither, or can't be loaded.
    package init(
        stored artifact: Artifact, tasks: TaskRegistry, products: FrozenProducts = FrozenProducts(),
        verifies: Bool = true
    ) throws {
        switch artifact.manifest.type {
        case .pretrainedModel: self = try ImportedModel.open(artifact, verifies: verifies, products: products)
        case .model where artifact.manifest.members[ModelOrigin.familyMember] != nil:
            self = try reportingBadInput("the model \(artifact.digest.short)") {
                try TextModel(products: products, pretrained: { try PretrainedModel(trained: artifact, tasks: tasks) })
            }
        case .model:
            try self.init(products: products) {
                let stored = try StoredModel(artifact, tasks: tasks)
                return (stored.decoder, TextInterface(stored.tokenizer), nil)
            }
        case .composition:
            var (parts, isPretrained): ([TextModel], Bool) = ([], false)
            try self.init(products: products) {
                let stored = try StoredComposition(artifact, tasks: tasks, verifies: verifies)
                (parts, isPretrained) = (stored.opened, stored.answersFromOutside)
                return (stored.model, stored.text, stored.contextLength)
            }
            join(parts, isPretrained: isPretrained)
        default: throw StageFailure(notTrained: artifact)
        }
    }
}

extension TextInterface {
    /// What of a model or composition is about text; the weights aren't read.
    ///
    /// - Throws: `StageFailure` (bad input) if the artifact is neither, or can't be loaded.
    package init(trained artifact: Artifact, tasks: TaskRegistry) throws {
        switch artifact.manifest.type {
        case .pretrainedModel:
            let path = try ImportedModel.path(artifact, verifies: false)
            self = try reportingBadInput("the model \(artifact.digest.short)", path) {
                try TextInterface(PretrainedModel.Checkpoint(path))
            }
        case .model:
            let origin = try reportingBadInput("the model \(artifact.digest.short)") { try ModelOrigin(artifact) }
            try self.init(origin, else: StoredTokenizer(artifact, tasks: tasks).tokenizer, artifact)
        case .composition:
            let anchor = try StoredComposition.anchor(of: artifact)
            try self.init(trained: anchor, tasks: tasks)
        default: throw StageFailure(notTrained: artifact)
        }
    }

    /// That of a model from outside, or else a tokenizer alone.
    fileprivate init(
        _ origin: ModelOrigin?, else tokenizer: @autoclosure () throws -> any Tokenizer, _ artifact: Artifact
    ) throws {
        guard let origin else {
            self.init(try tokenizer())
            return
        }
        self = try reportingBadInput("the \(artifact.manifest.type.rawValue) \(artifact.digest.short)") {
            try origin.text()
        }
    }
}

extension StageFailure {
    fileprivate init(notTrained artifact: Artifact) {
        self.init(
            .badInput,
            "expected a model or a composition, found the \(artifact.manifest.type.rawValue) \(artifact.digest.short)")
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

    /// Greedy answers to all examples, whose progress the context is told.
    ///
    /// - Throws: As ``answers(to:behind:batch:threads:ends:)``.
    func answers(
        to examples: [Example], behind prefix: String?, batch: Int, lines: AnswerLines = .all, _ context: StageContext
    ) throws -> [String] {
        var answers: [String] = []
        answers.reserveCapacity(examples.count)
        // Those that begin with a line's end.
        let ends =
            lines == .all
            ? [] : Set((0..<Int32(tokenizer.generatedCount)).filter { tokenizer.decode([$0]).first == 0x0A })
        // In parts, so that progress shows; a part holds several batches.
        for start in stride(from: 0, to: examples.count, by: batch * 4) {
            let part = examples[start..<min(start + batch * 4, examples.count)]
            answers += try self.answers(
                to: part, behind: prefix ?? "", batch: batch, threads: context.threads, ends: ends)
            context.progress(StageProgress(completed: answers.count, total: examples.count, unit: "prompts"))
        }
        return answers
    }

    /// Greedy continuations as text, with room for the longest expected answer and a little more, so that one that runs on is
    /// seen to, or as many tokens as the model has positions for.
    ///
    /// - Throws: `StageFailure` (bad input) for a text that the tokenizer can't read.
    ///
    /// - Parameter ends: Tokens that end an answer, besides those that end a text.
    package func answers(
        to examples: some Collection<Example>, behind prefix: String, batch: Int, threads: Int,
        ends: Set<Int32> = []
    ) throws -> [String] {
        let prompts = try reportingBadInput("a prompt") {
            try examples.map { try opened.text.prompt(of: $0, behind: prefix) }
        }
        let longestAnswer = try reportingBadInput("an expected answer") {
            try examples.map { try tokenizer.encode($0.answer).count }.max() ?? 0
        }
        var maximum = longestAnswer + 8
        if let limit = opened.longest,
            let (example, longest) = zip(examples, prompts.map(\.ids.count)).max(by: { $0.1 < $1.1 })
        {
            guard longest <= limit else {
                throw StageFailure(
                    .badInput, "the prompt '\(example.prompt)' has \(longest) tokens, the model positions for \(limit)")
            }
            maximum = min(maximum, limit - longest + 1)
        }
        var stops =
            examples.contains { $0.messages != nil } ? opened.text.stops : Set([tokenizer.end].compactMap { $0 })
        stops.formUnion(ends)
        func generate(_ model: some CausalLanguageModel, _ prompts: [[Int32]], _ own: AugmentingPrompts) -> [[Int32]] {
            generateGreedy(
                model.reading(own), prompts: prompts, maximumNewTokens: maximum, stops: stops, batch: batch,
                threads: threads,
                precision: precision)
        }
        // Prompts that the anchor can't tell apart, but the augmenting models can, are answered one after the other.
        var answers = [String?](repeating: nil, count: prompts.count)
        while true {
            var own = AugmentingPrompts()
            let part = prompts.indices.filter { answers[$0] == nil && own.add(prompts[$0].own, for: prompts[$0].ids) }
            if part.isEmpty { return answers.compactMap { $0 } }
            let found = generate(opened.model, part.map { prompts[$0].ids }, own)
            for (index, tokens) in zip(part, found) {
                answers[index] = String(decoding: tokenizer.decode(tokens), as: UTF8.self)
            }
        }
    }
}
