import Artifacts
import Evaluation
import LanguageModels
import Pipelines
import Tokenization

/// A text whose likelihood is measured: a whole one, or an answer to a prompt.
struct ScoredText {
    let source: String
    /// What it answers; nil for a whole text.
    private let example: Example?
    /// Stands in front of an example's prompt.
    private let prefix: String
    private let text: String

    /// The texts of a dataset or of files; of prompts and answers, the answers.
    ///
    /// - Parameter prefix: Stands in front of each text or prompt, and isn't scored.
    ///
    /// - Throws: `StageFailure` or `DatasetError` naming what can't be read.
    static func texts(of dataset: Artifact, behind prefix: String) throws -> [ScoredText] {
        if dataset.manifest.type == .dataset, StoredExamples.isMember(of: dataset) {
            return try StoredExamples.examples(of: dataset).enumerated().map {
                ScoredText(source: "example \($0 + 1)", example: $1, prefix: prefix, text: $1.answer)
            }
        }
        return try TextDocument.documents(of: dataset).map {
            ScoredText(
                source: $0.source, example: prefix.isEmpty ? nil : Example(prompt: prefix, answer: $0.text), prefix: "",
                text: $0.text)
        }
    }

    /// The tokens, the first of which is scored that is of the text, and the bytes of the text from there on; nil if there is
    /// none.
    ///
    /// - Throws: `TokenizerError`.
    func ids(
        _ interface: TextInterface
    ) throws -> (all: [Int32], firstScored: Int, prompt: TextPrompt?, bytes: Int)? {
        let tokenizer = interface.tokenizer
        guard let example else {
            let sequence = try TextSequence(text, tokenizer)
            guard sequence.ids.count > sequence.firstScored else { return nil }
            return (sequence.ids, sequence.firstScored, nil, text.utf8.count - sequence.unscoredBytes)
        }
        // As in training, prompt and answer are encoded apart.
        let prompt = try interface.prompt(of: example, behind: prefix)
        let front = prompt.ids
        let answer =
            example.messages == nil ? try tokenizer.encode(text) : try interface.answer(of: example).tokens
        let firstScored = max(1, front.count)
        let ids = front + answer.map(\.id)
        guard ids.count > firstScored else { return nil }
        return (ids, firstScored, prompt, text.utf8.count - (front.isEmpty ? answer.first?.end ?? 0 : 0))
    }
}
