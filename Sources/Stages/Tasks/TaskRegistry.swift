import Artifacts
import Evaluation
import Foundation
import Pipelines
import Tokenization

/// The tasks that there are, and what they have in common: what the generic kinds read tokenizers and judge answers with.
package struct TaskRegistry: Sendable {
    package let tasks: [any LearningTask.Type]
    /// Those of the tasks come last.
    package let tokenizers: [TokenizerFormat]
    private let judges: [String: (judge: any Judge, task: (any LearningTask.Type)?)]

    /// - Parameters:
    ///   - tokenizers: Formats that any task may use.
    ///   - judges: Judges that any task may use.
    /// - Precondition: No two judges have the same name.
    package init(tasks: [any LearningTask.Type], tokenizers: [TokenizerFormat], judges: [any Judge]) {
        self.tasks = tasks
        self.tokenizers = tokenizers + tasks.flatMap { $0.tokenizers }
        let entries = judges.map { ($0, nil) } + tasks.flatMap { task in task.judges.map { ($0, Optional(task)) } }
        self.judges = Dictionary(entries.map { ($0.0.name, ($0.0, $0.1)) }) { first, _ in
            preconditionFailure("two judges are named '\(first.0.name)'")
        }
    }

    /// The tasks' own stage kinds.
    package var kinds: [any StageKind.Type] { tasks.flatMap { $0.kinds } }

    /// A tokenizer from its files.
    ///
    /// - Throws: `TokenizerError` or `CheckpointError` if the file is in none of the formats, or isn't valid in its own.
    package func tokenizer(_ document: TokenizerDocument) throws -> any Tokenizer {
        guard let format = tokenizers.first(where: { $0.recognizes(document.file) }) else {
            throw TokenizerError(
                "\(StoredTokenizer.member) is in no known format; known: "
                    + tokenizers.map(\.name).joined(separator: ", "))
        }
        return try format.read(document)
    }

    /// A judge by its name, and the names of all.
    package func judge(named name: String) -> (any Judge)? { judges[name]?.judge }
    package var judgeNames: [String] { judges.keys.sorted() }

    /// The judge that a dataset asks for.
    ///
    /// - Throws: `StageFailure` (bad input) if it asks for none, or for one that isn't known.
    package func judge(of dataset: Artifact) throws -> any Judge { try entry(of: dataset).judge }

    /// What a reader must know of how figures over the dataset came about.
    package func notes(dataset: Artifact, tokenizer: any Tokenizer) throws -> [String] {
        try entry(of: dataset).task?.notes(dataset: dataset.manifest.metadata, tokenizer: tokenizer) ?? []
    }

    private func entry(of dataset: Artifact) throws -> (judge: any Judge, task: (any LearningTask.Type)?) {
        guard case .string(let name) = dataset.manifest.metadata["judge"] else {
            throw StageFailure(.badInput, "dataset \(dataset.digest.short) doesn't say how answers are judged")
        }
        guard let entry = judges[name] else {
            throw StageFailure(
                .badInput,
                "dataset \(dataset.digest.short) asks for the judge '\(name)'; expected one of "
                    + judgeNames.joined(separator: ", "))
        }
        return entry
    }
}

// What tasks say of datasets and tokenizers that don't fit each other.
extension TaskRegistry {
    /// Those of a tokenizer's facts that hold for what is made with it.
    func passedOn(_ facts: Facts) -> Facts {
        facts.filter { fact in tasks.contains { $0.tokenizerFacts.contains(fact.key) } }
    }

    /// - Throws: `PlanningError` if the datasets can't be used with the tokenizer, or with a model's.
    func check(datasets: [Facts], tokenizer: Facts) throws {
        for task in tasks {
            if let problem = task.problem(datasets: datasets, tokenizer: tokenizer) { throw PlanningError(problem) }
        }
    }

    /// - Throws: `StageFailure` (bad input) if the dataset can't be used with the tokenizer.
    func check(_ dataset: Artifact, tokenizer: any Tokenizer) throws {
        for task in tasks {
            if let problem = task.problem(dataset: dataset.manifest.metadata, tokenizer: tokenizer) {
                throw StageFailure(.badInput, "\(problem) (dataset \(dataset.digest.short))")
            }
        }
    }
}
