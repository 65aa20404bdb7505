import Artifacts
import Evaluation
import Foundation
import Pipelines

/// `text.examples`: prompts and answers as datasets to train on and to measure with, split by prompt.
enum ExamplesStage: TaskReadingKind {
    struct Parameters: StageParameters {
        var prompt = "prompt"
        var answer = "answer"
        var groups = JSONValue.array([])
        var judge = "exact"
        var validation = 0.05
        var test = 0.05
        var seed = 0

        static let fields: [ParameterField<Self>] = [
            .string("prompt", \.prompt, "The field of an object that holds the prompt"),
            .string("answer", \.answer, "The field of an object that holds the answer"),
            .json(
                "groups", \.groups, .list(of: .string),
                "Fields whose values name what an example counts among besides all"),
            .string(
                "judge", \.judge,
                "How answers are judged: exact, the expected text; beginning, what begins with it; first-line, its first line but for spaces around it"
            ),
            .double(
                "validation", \.validation, in: 0...1, "Share of the prompts for validation; 0 for no such output"),
            .double("test", \.test, in: 0...1, "Share of the prompts for the test; 0 for no such output"),
            .int("seed", \.seed, in: 0...Int.max, "With another seed other prompts are in each split"),
        ]

        var shares: SplitShares { SplitShares(validation: validation, test: test, seed: seed) }

        var groupFields: [String] {
            guard case .array(let names) = groups else { return [] }
            return names.compactMap { if case .string(let name) = $0 { name } else { nil } }
        }
    }

    static let name = "text.examples"
    static let version = 1
    static let summary =
        "Prompts and answers of JSONL files as datasets for training, validation and test, split by prompt"
    static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("examples", "How many different examples there are"),
        MetricDeclaration("<split>.examples", "How many of them are in train, validation or test"),
        MetricDeclaration("duplicates", "How many exact copies of other examples were left out"),
    ]

    static func inputs(_ parameters: Parameters) -> [InputRole] {
        [InputRole("examples", [.file], .many, "JSONL: an object with a prompt and an answer a line")]
    }

    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        parameters.shares.splits.map { OutputRole($0.rawValue, .dataset, $0.summary) }
    }

    static func plan(
        _ parameters: Parameters, inputs: [String: [Facts]], tasks: TaskRegistry
    ) throws -> [String: Facts] {
        try parameters.shares.check(of: "prompts")
        guard tasks.judge(named: parameters.judge) != nil else {
            throw PlanningError(
                parameter: "judge",
                "found '\(parameters.judge)', expected one of \(tasks.judgeNames.joined(separator: ", "))")
        }
        return [:]
    }

    static func run(_ parameters: Parameters, _ context: StageContext, tasks: TaskRegistry) throws {
        // By their bytes: Swift calls texts equal that are written differently.
        var seen: Set<Data> = []
        var splits: [CorpusSplit: [Example]] = [:]
        var duplicates = 0
        for artifact in try context.inputs("examples") {
            let examples = try JSONLines(artifact).examples(
                prompt: parameters.prompt, answer: parameters.answer, groups: parameters.groupFields)
            for example in examples {
                guard seen.insert(StoredExamples.lines([example])).inserted else {
                    duplicates += 1
                    continue
                }
                let split = parameters.shares.split(of: Digest(of: Data(example.prompt.utf8)))
                splits[split, default: []].append(example)
            }
        }
        for split in parameters.shares.splits {
            let examples = splits[split] ?? []
            context.metric("\(split.rawValue).examples", Double(examples.count))
            if examples.isEmpty {
                context.note("\(split.rawValue) has none of the \(seen.count) examples: give more, or change its share")
            }
            try context.write(split.rawValue, examples, metadata: ["judge": .string(parameters.judge)])
        }
        context.metric("examples", Double(seen.count))
        context.metric("duplicates", Double(duplicates))
    }
}
