import Artifacts
import Datasets
import Foundation
import LanguageModels
import Pipelines
import Tensors

/// `corpus.tokenize`: prompts and answers as a token corpus whose answers are scored.
package enum CorpusStage: StageKind {
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
    package static let version = 1
    package static let summary = "Prompts and answers as tokens; the answers are scored"
    package static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("sequences", "How many sequences the corpus has"),
        MetricDeclaration("tokens", unit: "tokens", "How many tokens they have together"),
    ]
    package static let member = "corpus.safetensors"

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("datasets", [.dataset], .many, "prompts and answers"),
            InputRole("tokenizer", [.tokenizer], "the tokenizer"),
        ]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("corpus", .tokenCorpus, "ids, scored positions and byte offsets, with the tokenizer")]
    }

    package static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        let magnitudes = (inputs["datasets"] ?? []).compactMap { $0["magnitude"] }
        if let capacity = inputs["tokenizer"]?.first?["capacity"], let magnitude = magnitudes.max(),
            magnitude > capacity
        {
            throw PlanningError(
                "the datasets hold numbers up to ±\(magnitude), the tokenizer writes up to ±\(capacity): "
                    + "give it those expressions, or a larger width")
        }
        if parameters.longest == nil, parameters.cutShare != 1 || parameters.seed != 0 {
            throw PlanningError(
                parameter: parameters.cutShare != 1 ? "cut-share" : "seed", "without `longest` no sequence is cut")
        }
        let tokenizer = inputs["tokenizer"]?.first ?? [:]
        guard let columns = tokenizer["columns"] else { return [:] }
        for facts in inputs["datasets"] ?? [] {
            if let problem = Columns.problem(dataset: facts["columns"], tokenizer: columns) {
                throw PlanningError(problem)
            }
            if let own = facts["operands"], let most = tokenizer["operands"], own > most {
                throw PlanningError(
                    "a dataset has expressions of \(own) operands, the tokenizer columns for \(most): give it those expressions"
                )
            }
        }
        return ["corpus": ["columns": columns]]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let tokenizerArtifact = try context.input("tokenizer")
        let tokenizerFile = try tokenizerArtifact.data(TokenizerStage.member)
        let tokenizer = try SymbolTokenizer(json: tokenizerFile)
        let datasets = try context.inputs("datasets")
        let examples = try datasets.map { dataset in
            try Columns.check(dataset, tokenizer)
            return try Example.examples(table: try dataset.text(TaskStage.member), file: TaskStage.member)
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
                    throw DatasetError("dataset \(dataset.digest.short), \(TaskStage.member):\(row + 2): \(error)")
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
            ],
            members: [(member, corpus.safetensors()), (TokenizerStage.member, tokenizerFile)])
    }
}

extension TokenCorpus {
    /// Appends `<bos> prompt answer <eos>`, the answer and the end scored; of a longer sequence its first `longest` tokens.
    ///
    /// - Throws: `TokenizerError` for text that the tokenizer can't read, `DatasetError` if no token of the answer is left.
    mutating func append(_ example: Example, _ tokenizer: SymbolTokenizer, longest: Int? = nil) throws {
        // Prompt and answer are encoded apart, as they are at generation, so that both give the same tokens.
        let prompt = try tokenizer.encode(example.prompt)
        let answer = try tokenizer.encode(example.answer)
        let width = example.prompt.utf8.count
        let end = width + example.answer.utf8.count
        let ids = [tokenizer.beginning] + prompt.map(\.id) + answer.map(\.id) + [tokenizer.end]
        let count = min(ids.count, longest ?? ids.count)
        guard count > prompt.count + 1 else {
            throw DatasetError(
                "the prompt has \(prompt.count + 1) tokens with the first one: cut behind \(count) by `longest`, nothing of the answer is left to learn; let sequences be longer"
            )
        }
        let marks = Array(repeating: false, count: prompt.count + 1) + Array(repeating: true, count: answer.count + 1)
        let ends = [0] + prompt.map { Int32($0.end) } + answer.map { Int32(width + $0.end) } + [Int32(end)]
        append(Array(ids.prefix(count)), scored: Array(marks.prefix(count)), byteOffsets: Array(ends.prefix(count)))
    }
}

/// Whether what is written in columns, and in how many digits, is read so: 0 for what isn't written in columns.
enum Columns {
    /// What is wrong between a dataset and a tokenizer, in words, or nil; either may not be known.
    static func problem(dataset: Int?, tokenizer: Int?) -> String? {
        guard let dataset, let tokenizer, dataset != tokenizer else { return nil }
        if dataset > 0, tokenizer > 0 {
            return
                "a dataset has numbers of \(dataset) digits in columns, the tokenizer of \(tokenizer): give both one width"
        }
        return "the tokenizer and the datasets must both be for columns, or neither: columns are numbers: columns of "
            + "tokenizer.symbols and steps: columns of kv.task"
    }

    /// - Throws: `StageFailure` (bad input) if the dataset isn't written as the tokenizer reads.
    static func check(_ dataset: Artifact, _ tokenizer: SymbolTokenizer) throws {
        var own = 0
        if case .int(let width) = dataset.manifest.metadata["width"] { own = width }
        let read = tokenizer.numbers.style == .columns ? tokenizer.numbers.width : 0
        if let problem = problem(dataset: own, tokenizer: read) {
            throw StageFailure(.badInput, "\(problem) (dataset \(dataset.digest.short))")
        }
    }
}
