import Artifacts
import Foundation
import JSONReading
import Pipelines
import Tokenization

/// `tokenizer.train`: a byte-level BPE tokenizer with the merges that Hugging Face's `BpeTrainer` finds on the same texts.
package enum TokenizerTrainStage: StageKind {
    package enum Unit: String, CaseIterable, Sendable { case lines, files }
    package enum Normalization: String, CaseIterable, Sendable { case none, nfc }

    package struct Parameters: StageParameters {
        var vocabularySize = 30_000
        var minimumFrequency = 0
        var specialTokens = JSONValue.array([.string(Self.usualEnd)])
        var beginning = ""
        var end = ""
        var pattern = WordPattern.gpt2
        var expression = ""
        var normalization = Normalization.none
        var unit = Unit.lines

        package init() {}

        fileprivate static let usualEnd = "<|endoftext|>"

        package static let fields: [ParameterField<Self>] = [
            .int(
                "vocabulary-size", \.vocabularySize, in: 256...10_000_000,
                "Number of tokens: 256 bytes, special tokens and merges; fewer if no pair is left to merge"),
            .int(
                "minimum-frequency", \.minimumFrequency, in: 0...Int.max,
                "How often a pair must occur at least to be merged"),
            .json(
                "special-tokens", \.specialTokens, .list(of: .string),
                "Tokens that stand for no text, such as the end of one; they get the first ids"),
            .string("bos", \.beginning, "The special token that begins a text; empty for none"),
            .string(
                "eos", \.end,
                "The special token that ends a text; empty for \(usualEnd) if that is one of them, else none"),
            .choice("pattern", \.pattern, "How text is cut into words, which no merge spans"),
            .string(
                "regex", \.expression, "A regular expression whose matches are words, instead of a pattern by name"),
            .choice("normalization", \.normalization, "What is done to text before: nfc, or none"),
            .choice(
                "texts", \.unit,
                "Whether each line is read as a text of its own, as Hugging Face's trainer reads files, or each file and document"
            ),
        ]

        var controlTokens: [String] {
            guard case .array(let values) = specialTokens else { return [] }
            return values.compactMap { if case .string(let text) = $0 { text } else { nil } }
        }

        /// The tokens that begin and end a text.
        var edges: (beginning: String?, end: String?) {
            let end = end.isEmpty ? controlTokens.first { $0 == Self.usualEnd } : end
            return (beginning.isEmpty ? nil : beginning, end)
        }

        var options: ByteLevelTrainer.Options {
            var options = ByteLevelTrainer.Options(vocabularySize: vocabularySize)
            options.minimumFrequency = minimumFrequency
            options.controlTokens = controlTokens
            options.pattern = expression.isEmpty ? pattern.expression : expression
            options.splitsDigits = expression.isEmpty && pattern.splitsDigits
            options.normalizes = normalization == .nfc
            return options
        }
    }

    package static let name = "tokenizer.train"
    package static let version = 1
    package static let summary = "A byte-level BPE tokenizer trained on texts, as Hugging Face's trainer does"
    package static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("vocabulary", unit: "tokens", "How many tokens it has"),
        MetricDeclaration("bytes", unit: "bytes", "Size of the texts"),
    ]

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole(
                "texts", [.file, .folder, .dataset], .many,
                "files of UTF-8 text, or datasets of texts or of prompts and answers")
        ]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [
            OutputRole(
                "tokenizer", .tokenizer, "tokenizer.json and tokenizer_config.json, which Hugging Face's libraries read"
            )
        ]
    }

    package static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        let tokens = parameters.controlTokens
        for (index, token) in tokens.enumerated() {
            if token.isEmpty { throw PlanningError(parameter: "special-tokens", "found an empty token") }
            if tokens[..<index].contains(token) {
                throw PlanningError(parameter: "special-tokens", "found '\(token)' twice")
            }
        }
        for (name, token) in [("bos", parameters.edges.beginning), ("eos", parameters.edges.end)] {
            if let token, !tokens.contains(token) {
                throw PlanningError(
                    parameter: name,
                    "found '\(token)', expected one of special-tokens"
                        + (tokens.isEmpty ? ", which has none" : ": \(tokens.joined(separator: ", "))"))
            }
        }
        let fewest = 256 + tokens.count
        if parameters.vocabularySize < fewest {
            throw PlanningError(
                parameter: "vocabulary-size",
                "found \(parameters.vocabularySize), expected at least \(fewest): 256 bytes and the special tokens")
        }
        if !parameters.expression.isEmpty {
            if parameters.pattern != .gpt2 {
                throw PlanningError(parameter: "regex", "found a pattern, too, expected one of them")
            }
            do {
                _ = try ByteLevelTrainer(parameters.options)
            } catch {
                throw PlanningError(parameter: "regex", error.description)
            }
        }
        return [:]
    }

    /// The texts of a dataset; of prompts and answers each with its answer behind it.
    private static func texts(of dataset: Artifact) throws -> [String] {
        guard StoredExamples.isMember(of: dataset) else { return try TextDocument.documents(of: dataset).map(\.text) }
        return try reportingBadInput("the dataset \(dataset.digest.short)") {
            try StoredExamples.examples(of: dataset).map { $0.prompt + $0.answer }
        }
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        var trainer = try ByteLevelTrainer(parameters.options)
        var bytes = 0
        let artifacts = try context.inputs("texts")
        for (index, artifact) in artifacts.enumerated() {
            if artifact.manifest.type == .dataset {
                for document in try texts(of: artifact) {
                    let text = Array(document.utf8)
                    try parameters.unit == .lines ? trainer.add(lines: text) : trainer.add(text)
                    bytes += text.count
                }
                continue
            }
            for (name, member) in artifact.manifest.members.sorted(by: { $0.key < $1.key }) {
                guard member.kind == .file || member.kind == .executable else { continue }
                let text = Array(try artifact.data(name))
                guard text.withUnsafeBufferPointer({ String(validating: $0, as: UTF8.self) }) != nil else {
                    throw StageFailure(.badInput, "\(name) of '\(artifact.stage)' is not UTF-8")
                }
                try parameters.unit == .lines ? trainer.add(lines: text) : trainer.add(text)
                bytes += text.count
            }
            context.progress(StageProgress(completed: index + 1, total: artifacts.count, unit: "inputs"))
        }
        guard bytes > 0 else { throw StageFailure(.badInput, "the input 'texts' has no text") }
        let file = trainer.train()
        let edges = parameters.edges
        let tokenizer = try SubwordTokenizer(tokenizerJSON: file, beginning: edges.beginning, end: edges.end)
        context.metric("vocabulary", Double(tokenizer.vocabularyCount))
        context.metric("bytes", Double(bytes))
        try context.write(
            "tokenizer",
            metadata: [
                "vocabulary": .int(tokenizer.vocabularyCount), "tokenizer": .string(tokenizer.digest),
            ],
            members: [
                (StoredTokenizer.member, Data(file)),
                (
                    StoredTokenizer.configurationMember,
                    StoredTokenizer.configuration(beginning: edges.beginning, end: edges.end)
                ),
            ])
    }
}
