import Artifacts
import Evaluation
import Foundation
import Pipelines

/// `text.few-shot`: a dataset whose prompts have a few answered examples of the same groups in front.
enum FewShotStage: StageKind {
    struct Parameters: StageParameters {
        var count = 5
        var separator = ""
        var seed = 0

        static let fields: [ParameterField<Self>] = [
            .int("count", \.count, in: 1...1_000, "Examples in front of each prompt"),
            .string("separator", \.separator, "Text behind each example's answer"),
            .int("seed", \.seed, in: 0...Int.max, "With another seed other examples are drawn"),
        ]
    }

    static let name = "text.few-shot"
    static let version = 1
    static let summary = "Prompts with a few answered examples in front; augmenting models read the prompt alone"
    static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("examples", "How many prompts there are"),
        MetricDeclaration("groups", "How many sets of groups have examples of their own"),
    ]

    static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("dataset", [.dataset], "the prompts, and their answers"),
            InputRole("examples", [.dataset], "what is drawn from, such as another split"),
        ]
    }

    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("dataset", .dataset, "the same prompts and answers behind examples")]
    }

    static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        try StoredExamples.check(inputs)
        return ["dataset": inputs["dataset"]?.first ?? [:]]
    }

    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let dataset = try context.input("dataset")
        let examples = try StoredExamples.examples(of: dataset)
        if let index = examples.firstIndex(where: { $0.messages != nil }) {
            throw StageFailure(
                .badInput,
                "example \(index + 1) of '\(dataset.stage)' is a chat, expected a prompt: examples can't stand in front of messages"
            )
        }
        var pool: [[String]: [Example]] = [:]
        for example in try StoredExamples.examples(of: context.input("examples")) where example.messages == nil {
            pool[example.groups.sorted(), default: []].append(example)
        }
        // A set of groups has the same examples wherever it comes, in an order that neither depends on the others.
        pool = pool.mapValues { members in
            members.map { (rank: rank($0, parameters.seed), example: $0) }
                .sorted { $0.rank < $1.rank }.map(\.example)
        }
        let asked = try examples.map { example in
            let shots = (pool[example.groups.sorted()] ?? []).lazy.filter { $0.prompt != example.prompt }
                .prefix(parameters.count)
            guard shots.count == parameters.count else {
                let groups = example.groups.isEmpty ? "without a group" : "of \(example.groups.joined(separator: ", "))"
                throw StageFailure(
                    .badInput,
                    "\(shots.count) examples \(groups) with another prompt, expected \(parameters.count): give more, or lower 'count'"
                )
            }
            return Example(
                prompt: shots.map { $0.prompt + $0.answer + parameters.separator }.joined() + example.prompt,
                answer: example.answer, groups: example.groups,
                augmentingPrompt: example.augmentingPrompt ?? example.prompt)
        }
        context.metric("examples", Double(asked.count))
        context.metric("groups", Double(Set(examples.map { $0.groups.sorted() }).count))
        try context.write("dataset", asked, metadata: dataset.manifest.metadata)
    }

    private static func rank(_ example: Example, _ seed: Int) -> String {
        Digest(of: Data("\(seed)\n\(example.prompt)\n\(example.answer)".utf8)).description
    }
}
