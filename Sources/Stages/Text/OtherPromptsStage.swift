import Artifacts
import Evaluation
import Foundation
import Pipelines

/// `text.other-prompts`: a dataset in which augmenting models read another example's prompt in place of each, as a control: what a
/// composition gains from it, it doesn't have from what its augmenting models know of the prompt.
enum OtherPromptsStage: StageKind {
    struct Parameters: StageParameters {
        var seed = 0

        static let fields: [ParameterField<Self>] = [
            .int("seed", \.seed, in: 0...Int.max, "With another seed other prompts are read")
        ]
    }

    static let name = "text.other-prompts"
    static let version = 1
    static let summary = "A control: augmenting models read another prompt of the same groups in place of each"
    static let metrics: [MetricDeclaration]? = [MetricDeclaration("examples", "How many prompts there are")]

    static func inputs(_ parameters: Parameters) -> [InputRole] {
        [InputRole("dataset", [.dataset], "prompts and answers")]
    }

    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("dataset", .dataset, "the same prompts and answers, with other prompts for augmenting models")]
    }

    static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        try StoredExamples.check(inputs)
        return ["dataset": inputs["dataset"]?.first ?? [:]]
    }

    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let dataset = try context.input("dataset")
        var examples = try StoredExamples.examples(of: dataset)
        if let index = examples.firstIndex(where: { $0.messages != nil }) {
            throw StageFailure(.badInput, "example \(index + 1) of '\(dataset.stage)' is a chat, expected a prompt")
        }
        let groups = Dictionary(grouping: examples.indices) { examples[$0].groups.sorted() }
        for (names, members) in groups {
            // A circle in which each has the next prompt that isn't its own.
            let ranks = members.map { Digest(of: Data("\(parameters.seed)\n\(examples[$0].prompt)".utf8)).hex }
            let circle = zip(members, ranks).sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
            let prompts = circle.map { examples[$0].prompt }
            guard var next = prompts.first, prompts.contains(where: { $0 != next }) else {
                let group = names.isEmpty ? "no group" : names.joined(separator: ", ")
                throw StageFailure(
                    .badInput, "'\(dataset.stage)' has only one prompt of \(group), expected at least two")
            }
            // Of equal prompts, which are neighbours, all have the one behind them.
            for place in circle.indices.reversed() {
                if place + 1 < prompts.count, prompts[place + 1] != prompts[place] { next = prompts[place + 1] }
                let example = examples[circle[place]]
                examples[circle[place]] = Example(
                    prompt: example.prompt, answer: example.answer, groups: example.groups, augmentingPrompt: next)
            }
        }
        context.metric("examples", Double(examples.count))
        try context.write("dataset", examples, metadata: dataset.manifest.metadata)
    }
}
