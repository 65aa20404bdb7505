import Artifacts
import Evaluation
import Pipelines
import Tokenization

/// A problem with data, prompts and judges of its own, and what the generic kinds need to know of it.
package protocol LearningTask: Sendable {
    /// The stage kinds that only this task has.
    static var kinds: [any StageKind.Type] { get }
    /// The tokenizers that only this task has.
    static var tokenizers: [TokenizerFormat] { get }
    /// The judges that its datasets ask for.
    static var judges: [any Judge] { get }

    /// The facts of a tokenizer that planning passes on to the corpora and models made with it, for `problem(datasets:tokenizer:)`.
    static var tokenizerFacts: Set<String> { get }

    /// Why the datasets can't be used with the tokenizer, by what planning knows of them; nil if nothing speaks against it.
    ///
    /// - Parameter tokenizer: The tokenizer's facts, or those of a model, of which only `tokenizerFacts` are the tokenizer's.
    static func problem(datasets: [Facts], tokenizer: Facts) -> String?

    /// The same of a dataset and a tokenizer that exist.
    ///
    /// - Parameter dataset: The dataset's metadata.
    static func problem(dataset: [String: JSONValue], tokenizer: any Tokenizer) -> String?

    /// What a reader must know of how figures came about that one of the task's judges gave.
    static func notes(dataset: [String: JSONValue], tokenizer: any Tokenizer) -> [String]
}

extension LearningTask {
    package static var tokenizers: [TokenizerFormat] { [] }
    package static var tokenizerFacts: Set<String> { [] }
    package static func problem(datasets: [Facts], tokenizer: Facts) -> String? { nil }
    package static func problem(dataset: [String: JSONValue], tokenizer: any Tokenizer) -> String? { nil }
    package static func notes(dataset: [String: JSONValue], tokenizer: any Tokenizer) -> [String] { [] }
}
