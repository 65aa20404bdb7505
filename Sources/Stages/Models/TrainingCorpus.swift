import Artifacts
import Foundation
import LanguageModels
import Pipelines
import Tokenization

/// A token corpus that something is trained on, with the tokenizer that made it.
struct TrainingCorpus {
    let tokens: TokenCorpus
    let tokenizer: any Tokenizer
    let tokenizerMembers: [(name: String, bytes: Data)]
    /// The sequences' prompts for models that read them in words of their own; see ``PromptTexts``.
    let prompts: [Substring]?
    private let tasks: TaskRegistry

    /// - Throws: `StageFailure` (bad input) if the tokenizer isn't the one that made the ids.
    init(_ artifact: Artifact, tasks: TaskRegistry) throws {
        self.tasks = tasks
        tokens = try TokenCorpus(safetensors: try artifact.data(CorpusStage.member))
        let stored = try StoredTokenizer(artifact, tasks: tasks)
        (tokenizer, tokenizerMembers) = (stored.tokenizer, stored.members)
        prompts =
            artifact.manifest.members[PromptTexts.member] == nil
            ? nil : try artifact.text(PromptTexts.member).split(separator: "\n")
        if let prompts, prompts.count != tokens.count {
            throw StageFailure(
                .badInput,
                "the corpus \(artifact.digest.short) has \(tokens.count) sequences and prompts of \(prompts.count); make it again"
            )
        }
        if case .string(let digest) = artifact.manifest.metadata["tokenizer"], digest != tokenizer.digest {
            throw StageFailure(
                .badInput,
                "the corpus \(artifact.digest.short) was made with the tokenizer \(digest.prefix(12)), the one beside it is "
                    + "\(tokenizer.digest.prefix(12)); make the corpus again")
        }
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
        guard let validation = try validation(context) else { return nil }
        try Trainer.check(model, corpus: validation.tokens, options: options)
        return validation.tokens
    }

    /// - Throws: `StageFailure` if it has another tokenizer.
    func validation(_ context: StageContext) throws -> TrainingCorpus? {
        guard let artifact = try context.inputs("validation").first else { return nil }
        let validation = try TrainingCorpus(artifact, tasks: tasks)
        guard validation.tokenizer.digest == tokenizer.digest else {
            throw StageFailure(.badInput, "the validation corpus and the corpus have different tokenizers")
        }
        return validation
    }
}
