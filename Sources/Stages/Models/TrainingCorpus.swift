import Artifacts
import Foundation
import LanguageModels
import Pipelines

/// A token corpus that something is trained on, with the tokenizer that made it.
struct TrainingCorpus {
    let tokens: TokenCorpus
    let tokenizer: SymbolTokenizer
    let tokenizerFile: Data

    /// Throws if the ids are beyond the tokenizer's.
    init(_ artifact: Artifact) throws {
        tokens = try TokenCorpus(safetensors: try artifact.data(CorpusStage.member))
        tokenizerFile = try artifact.data(TokenizerStage.member)
        tokenizer = try SymbolTokenizer(json: tokenizerFile)
        guard tokens.vocabulary == tokenizer.vocabularyCount else {
            throw StageFailure(
                .badInput,
                "the corpus has ids below \(tokens.vocabulary), its tokenizer \(tokenizer.vocabularyCount) tokens")
        }
    }

    /// The stage's input `validation`, if it has one.
    ///
    /// - Throws: `StageFailure` if it has another tokenizer, `TrainingError` if the model can't read it.
    func validation<Model: CausalLanguageModel>(
        _ context: StageContext, for model: Model, options: TrainingOptions
    ) throws -> TokenCorpus? {
        guard let artifact = try context.inputs("validation").first else { return nil }
        let validation = try TrainingCorpus(artifact)
        guard validation.tokenizer == tokenizer else {
            throw StageFailure(.badInput, "the validation corpus and the corpus have different tokenizers")
        }
        try Trainer.check(model, corpus: validation.tokens, options: options)
        return validation.tokens
    }
}
