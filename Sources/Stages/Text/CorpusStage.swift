import Artifacts
import Evaluation
import Foundation
import LanguageModels
import Pipelines
import Tensors
import Tokenization

/// `corpus.tokenize`: a token corpus of texts, all of them scored, or of prompts and answers, of which the answers are.
package enum CorpusStage: TaskReadingKind {
    package struct Parameters: StageParameters {
        var longest: Int?
        var cutShare = 1.0
        var seed = 0

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .optionalInt(
                "longest", \.longest, in: 2...1_000_000,
                "Most tokens in a sequence: texts go on in further ones, examples are cut; null for \(textLength) and whole examples"
            ),
            .double(
                "cut-share", \.cutShare, in: 0...1, "Share of the examples, drawn at random, that `longest` is for"),
            .int("seed", \.seed, in: 0...Int.max, "Seed of the random generator"),
        ]
    }

    package static let name = "corpus.tokenize"
    package static let version = 2
    package static let summary = "Texts, or prompts and answers, as tokens; texts and answers are scored"
    package static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("sequences", "How many sequences the corpus has"),
        MetricDeclaration("tokens", unit: "tokens", "How many tokens they have together"),
    ]
    package static let member = "corpus.safetensors"
    /// Tokens in a sequence of a text, if nothing else is said: whole books are no sequences.
    static let textLength = 512

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole(
                "datasets", [.dataset, .file, .folder], .many,
                "texts or prompts and answers; files are read as text.corpus reads them"),
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
                parameter: parameters.cutShare != 1 ? "cut-share" : "seed", "without `longest` no example is cut")
        }
        if parameters.cutShare != 1, (inputs["datasets"] ?? []).contains(where: { $0[TextDocument.fact] != nil }) {
            throw PlanningError(parameter: "cut-share", wholeTexts)
        }
        return ["corpus": tasks.passedOn(tokenizer)]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext, tasks: TaskRegistry) throws {
        let stored = try StoredTokenizer(context.input("tokenizer"), tasks: tasks)
        let tokenizer = stored.tokenizer
        let datasets = try context.inputs("datasets")
        let contents = try datasets.map { dataset in
            try tasks.check(dataset, tokenizer: tokenizer)
            return try Content(dataset)
        }
        if parameters.cutShare != 1, contents.contains(where: \.isText) {
            throw StageFailure(.badInput, "parameter 'cut-share': \(wholeTexts)")
        }
        let total = contents.reduce(0) { $0 + $1.count }
        var corpus = TokenCorpus(vocabulary: tokenizer.vocabularyCount)
        var random = RandomGenerator(seed: UInt64(parameters.seed), "corpus.tokenize")
        let interface = try tokenizerInterface(context.input("tokenizer"), stored.tokenizer, tasks)
        // Of each sequence, if models may read them in other words.
        var prompts: [String]? = contents.contains { PromptTexts.isNeeded(for: $0.examples) } ? [] : nil
        var done = 0
        func advance() {
            done += 1
            if done % 1_000 == 0 { context.progress(StageProgress(completed: done, total: total, unit: "examples")) }
        }
        for (dataset, content) in zip(datasets, contents) {
            switch content {
            case .texts(let documents):
                for document in documents {
                    do {
                        try corpus.append(document.text, tokenizer, longest: parameters.longest ?? textLength)
                        while let count = prompts?.count, count < corpus.count {
                            prompts?.append(try PromptTexts.line(nil))
                        }
                    } catch {
                        throw DatasetError("dataset \(dataset.digest.short), \(document.source): \(error)")
                    }
                    advance()
                }
            case .examples(let examples):
                for (row, example) in examples.enumerated() {
                    let isCut = parameters.longest != nil && Double(random.uniform()) < parameters.cutShare
                    do {
                        try corpus.append(example, interface, longest: isCut ? parameters.longest : nil)
                        if prompts != nil { prompts?.append(try PromptTexts.line(example)) }
                    } catch {
                        throw DatasetError("dataset \(dataset.digest.short), example \(row + 1): \(error)")
                    }
                    advance()
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
            members: [(member, corpus.safetensors())]
                + (prompts.map { [(PromptTexts.member, Data($0.map { $0 + "\n" }.joined().utf8))] } ?? [])
                + stored.members)
    }

    /// A model's own words for chats, or none.
    private static func tokenizerInterface(
        _ artifact: Artifact, _ tokenizer: any Tokenizer, _ tasks: TaskRegistry
    ) throws -> TextInterface {
        artifact.manifest.type == .pretrainedModel
            ? try TextInterface(trained: artifact, tasks: tasks) : TextInterface(tokenizer)
    }

    private static let wholeTexts = "a text goes on in further sequences, none of it is cut; leave it out"

    /// What a dataset holds.
    private enum Content {
        case texts([TextDocument])
        case examples([Example])

        init(_ dataset: Artifact) throws {
            if dataset.manifest.type == .dataset, !TextDocument.isMember(of: dataset) {
                self = .examples(try StoredExamples.examples(of: dataset))
            } else {
                self = .texts(try TextDocument.documents(of: dataset))
            }
        }

        var count: Int {
            switch self {
            case .texts(let documents): documents.count
            case .examples(let examples): examples.count
            }
        }

        var isText: Bool { if case .texts = self { true } else { false } }

        var examples: [Example] { if case .examples(let examples) = self { examples } else { [] } }
    }
}

extension TokenCorpus {
    /// Appends the leading tokens, prompt, answer and end, the answer and the end scored; of a longer sequence its first
    /// `longest` tokens.
    ///
    /// - Throws: `TokenizerError` for text that the tokenizer can't read, `DatasetError` if no token of the answer is left
    ///   or no token ends it.
    mutating func append(_ example: Example, _ interface: TextInterface, longest: Int? = nil) throws {
        let (answer, stop) = try interface.answer(of: example)
        // Prompt and answer are encoded apart, as they are at generation, so that both give the same tokens.
        let (front, fronts): ([Int32], [Int])
        if example.messages == nil {
            let (leading, prompt) = (interface.tokenizer.leadingTokens, try interface.tokenizer.encode(example.prompt))
            (front, fronts) = (leading + prompt.map(\.id), leading.map { _ in 0 } + prompt.map(\.end))
        } else {
            front = try interface.prompt(of: example).ids
            fronts = front.map { _ in 0 }
        }
        let width = fronts.last ?? 0
        let end = width + example.answer.utf8.count
        let ids = front + answer.map(\.id) + stop
        let count = min(ids.count, longest ?? ids.count)
        let unscored = front.count
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
        let marks = ids.indices.map { $0 >= unscored }
        let ends = fronts + answer.map { width + $0.end } + stop.map { _ in end }
        append(
            Array(ids.prefix(count)), scored: Array(marks.prefix(count)),
            byteOffsets: ends.prefix(count).map(Int32.init))
    }
}
