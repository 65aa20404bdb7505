import Artifacts
import Evaluation
import Foundation
import LanguageModels
import Pipelines
import Tensors
import Tokenization

/// `corpus.tokenize`: prompts and answers as a token corpus whose answers are scored.
package enum CorpusStage: TaskReadingKind {
    package struct Parameters: StageParameters {
        var longest: Int?
        var cutShare = 1.0
        var seed = 0

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .optionalInt(
                "longest", \.longest, in: 2...1_000_000,
                "Sequences are cut behind so many tokens; null for whole ones"),
            .double(
                "cut-share", \.cutShare, in: 0...1, "Share of the sequences, drawn at random, that `longest` is for"),
            .int("seed", \.seed, in: 0...Int.max, "Seed of the random generator"),
        ]
    }

    package static let name = "corpus.tokenize"
    package static let version = 2
    package static let summary = "Prompts and answers as tokens; the answers are scored"
    package static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("sequences", "How many sequences the corpus has"),
        MetricDeclaration("tokens", unit: "tokens", "How many tokens they have together"),
    ]
    package static let member = "corpus.safetensors"

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("datasets", [.dataset], .many, "prompts and answers"),
            InputRole(
                "tokenizer", [.tokenizer, .pretrainedModel], "the tokenizer, or a model from outside that has one"),
        ]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("corpus", .tokenCorpus, "ids, scored positions and byte offsets, with the tokenizer")]
    }

    package static func plan(
        _ parameters: Parameters, inputs: [String: [Facts]], tasks: TaskRegistry
    ) throws -> [String: Facts] {
        let tokenizer = inputs["tokenizer"]?.first ?? [:]
        try tasks.check(datasets: inputs["datasets"] ?? [], tokenizer: tokenizer)
        if parameters.longest == nil, parameters.cutShare != 1 || parameters.seed != 0 {
            throw PlanningError(
                parameter: parameters.cutShare != 1 ? "cut-share" : "seed", "without `longest` no sequence is cut")
        }
        return ["corpus": tasks.passedOn(tokenizer)]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext, tasks: TaskRegistry) throws {
        let stored = try StoredTokenizer(context.input("tokenizer"), tasks: tasks)
        let tokenizer = stored.tokenizer
        let datasets = try context.inputs("datasets")
        let examples = try datasets.map { dataset in
            try tasks.check(dataset, tokenizer: tokenizer)
            return try Example.examples(table: try dataset.text(Example.member), file: Example.member)
        }
        let total = examples.reduce(0) { $0 + $1.count }
        var corpus = TokenCorpus(vocabulary: tokenizer.vocabularyCount)
        var random = RandomGenerator(seed: UInt64(parameters.seed), "corpus.tokenize")
        for (dataset, examples) in zip(datasets, examples) {
            for (row, example) in examples.enumerated() {
                let isCut = parameters.longest != nil && Double(random.uniform()) < parameters.cutShare
                do {
                    try corpus.append(example, tokenizer, longest: isCut ? parameters.longest : nil)
                } catch {
                    throw DatasetError("dataset \(dataset.digest.short), \(Example.member):\(row + 2): \(error)")
                }
                if corpus.count % 1_000 == 0 {
                    context.progress(StageProgress(completed: corpus.count, total: total, unit: "examples"))
                }
            }
        }
        context.metric("sequences", Double(corpus.count))
        context.metric("tokens", Double(corpus.tokens.count))
        try context.write(
            "corpus",
            metadata: [
                "sequences": .int(corpus.count), "tokens": .int(corpus.tokens.count),
                "vocabulary": .int(tokenizer.vocabularyCount), "generated": .int(tokenizer.generatedCount),
                "tokenizer": .string(tokenizer.digest),
            ],
            members: [(member, corpus.safetensors())] + stored.members)
    }
}

extension TokenCorpus {
    /// Appends the leading tokens, prompt, answer and end, the answer and the end scored; of a longer sequence its first
    /// `longest` tokens.
    ///
    /// - Throws: `TokenizerError` for text that the tokenizer can't read, `DatasetError` if no token of the answer is left
    ///   or the tokenizer has no token that ends a text.
    mutating func append(_ example: Example, _ tokenizer: any Tokenizer, longest: Int? = nil) throws {
        guard let stop = tokenizer.end else {
            throw DatasetError(
                "the tokenizer has no token that ends a text, so that a model can't learn where answers end: use one that has"
            )
        }
        // Prompt and answer are encoded apart, as they are at generation, so that both give the same tokens.
        let prompt = try tokenizer.encode(example.prompt)
        let answer = try tokenizer.encode(example.answer)
        let width = example.prompt.utf8.count
        let end = width + example.answer.utf8.count
        let leading = tokenizer.leadingTokens
        let ids = leading + prompt.map(\.id) + answer.map(\.id) + [stop]
        let count = min(ids.count, longest ?? ids.count)
        let unscored = leading.count + prompt.count
        guard count > unscored else {
            throw DatasetError(
                "the prompt has \(unscored) tokens with those before it: cut behind \(count) by `longest`, nothing of the answer is left to learn; let sequences be longer"
            )
        }
        guard unscored > 0 else {
            throw DatasetError(
                "the prompt is empty and the tokenizer has no token that begins a text: nothing comes before the answer; give it a prompt"
            )
        }
        let marks = Array(repeating: false, count: unscored) + Array(repeating: true, count: answer.count + 1)
        let ends =
            leading.map { _ in 0 } + prompt.map { Int32($0.end) } + answer.map { Int32(width + $0.end) } + [Int32(end)]
        append(Array(ids.prefix(count)), scored: Array(marks.prefix(count)), byteOffsets: Array(ends.prefix(count)))
    }
}
