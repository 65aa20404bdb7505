import Artifacts
import Datasets
import Foundation
import Pipelines

/// `kv.task`: D_KV-SUBS, D_KV-MATH or D_NUM-MATH as prompts and answers.
package enum TaskStage: StageKind {
    package struct Parameters: StageParameters {
        var task = KeyValueTask.keyArithmetic
        var scratchpad = true
        var prefixShare = 0.0
        var seed = 0

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .choice("task", \.task, required: true, "Which of the paper's datasets"),
            .bool("scratchpad", \.scratchpad, "Whether arithmetic answers go step by step: 10+22-24=32=8, not 8"),
            .double(
                "prefix-share", \.prefixShare, in: 0...1,
                "Share of num-math examples with an unrelated key expression of `prefixes` in front"),
            .int("seed", \.seed, in: 0...Int.max, "Seed of the random generator"),
        ]
    }

    package static let name = "kv.task"
    package static let version = 2
    package static let summary = "Prompts and answers over expressions (CALM §4.1: D_KV-SUBS, D_KV-MATH, D_NUM-MATH)"
    package static let member = "examples.tsv"

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("expressions", [.dataset], .many, "expressions, one example each"),
            InputRole("prefixes", [.dataset], .optional, "expressions whose keys may stand in front, unrelated"),
        ]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("examples", .dataset, "prompt and answer")]
    }

    package static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        let hasPrefixes = !(inputs["prefixes"] ?? []).isEmpty
        if parameters.prefixShare > 0, parameters.task != .numericArithmetic || !hasPrefixes {
            throw PlanningError(
                parameter: "prefix-share", "a prefix goes in front of num-math examples and comes from `prefixes`")
        }
        let magnitudes = (inputs["expressions"] ?? []).map { $0["magnitude"] }
        guard !magnitudes.isEmpty, !magnitudes.contains(nil) else { return [:] }
        return ["examples": ["magnitude": magnitudes.compactMap { $0 }.max() ?? 0]]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let read = { (input: Artifact) in
            try ArithmeticExpression<KeyedValue>.expressions(
                table: try input.text(ExpressionsStage.member), file: ExpressionsStage.member)
        }
        let expressions = try context.inputs("expressions").flatMap(read)
        let prefixes = try context.inputs("prefixes").flatMap(read)
        let examples = try parameters.task.examples(
            of: expressions, prefixes: prefixes,
            settings: KeyValueTask.Settings(
                scratchpad: parameters.scratchpad, prefixShare: parameters.prefixShare, seed: parameters.seed))
        try context.write(
            "examples",
            metadata: [
                "count": .int(examples.count), "task": .string(parameters.task.rawValue),
                "judge": .string(parameters.task.judge.rawValue), "scratchpad": .bool(parameters.scratchpad),
            ],
            members: [(member, Data(Example.table(examples).utf8))])
    }
}
