import Artifacts
import Datasets
import Foundation
import LanguageModels
import Pipelines

/// `corpus.tokenize`: prompts and answers as a token corpus whose answers are scored.
package enum CorpusStage: StageKind {
    package struct Parameters: StageParameters {
        package init() {}

        package static let fields: [ParameterField<Self>] = []
    }

    package static let name = "corpus.tokenize"
    package static let version = 1
    package static let summary = "Prompts and answers as tokens; the answers are scored"
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
        return [:]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let tokenizerArtifact = try context.input("tokenizer")
        let tokenizerFile = try tokenizerArtifact.data(TokenizerStage.member)
        let tokenizer = try SymbolTokenizer(json: tokenizerFile)
        let examples = try context.inputs("datasets").flatMap {
            try Example.examples(table: try $0.text(TaskStage.member), file: TaskStage.member)
        }
        var corpus = TokenCorpus(vocabulary: tokenizer.vocabularyCount)
        for (index, example) in examples.enumerated() {
            try corpus.append(example, tokenizer)
            if index % 1_000 == 0 {
                context.progress(StageProgress(completed: index, total: examples.count, unit: "examples"))
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
    /// Appends `<bos> prompt answer <eos>`, the answer and the end scored.
    mutating func append(_ example: Example, _ tokenizer: SymbolTokenizer) throws {
        // Prompt and answer are encoded apart, as they are at generation, so that both give the same tokens.
        let prompt = try tokenizer.encode(example.prompt)
        let answer = try tokenizer.encode(example.answer)
        let width = example.prompt.utf8.count
        let end = width + example.answer.utf8.count
        append(
            [tokenizer.beginning] + prompt.map(\.id) + answer.map(\.id) + [tokenizer.end],
            scored: Array(repeating: false, count: prompt.count + 1) + Array(repeating: true, count: answer.count + 1),
            byteOffsets: [0] + prompt.map { Int32($0.end) } + answer.map { Int32(width + $0.end) } + [Int32(end)])
    }
}
