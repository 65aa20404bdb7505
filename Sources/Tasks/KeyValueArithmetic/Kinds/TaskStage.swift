import Artifacts
import Evaluation
import Foundation
import Pipelines
import Stages

/// `kv.task`: D_KV-SUBS, D_KV-MATH or D_NUM-MATH as prompts and answers.
package enum TaskStage: StageKind {
    package enum Steps: String, CaseIterable, Sendable { case results, columns }

    package struct Parameters: StageParameters {
        var task = KeyValueTask.keyArithmetic
        var scratchpad = true
        var steps = Steps.results
        var width: Int?
        var prefixShare = 0.0
        var seed = 0

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .choice("task", \.task, required: true, "Which of the paper's datasets"),
            .bool("scratchpad", \.scratchpad, "Whether arithmetic answers go step by step: 10+22-24=32=8, not 8"),
            .choice(
                "steps", \.steps,
                "What a step is: an operation's result, or the sum or product of digits, calculated in columns"),
            .optionalInt(
                "width", \.width, in: 1...NumberWriting.Style.columns.widest,
                "Digits of a number in columns; null for the fewest that fit the operands of `expressions`"),
            .double(
                "prefix-share", \.prefixShare, in: 0...1,
                "Share of num-math examples with an unrelated key expression of `prefixes` in front"),
            .int("seed", \.seed, in: 0...Int.max, "Seed of the random generator"),
        ]

        /// Digits of a number in columns.
        ///
        /// - Throws: `PlanningError` if operands up to `largestOperand` can't be written.
        fileprivate func width(largestOperand: Int) throws -> Int {
            guard let fitting = NumberWriting.width(for: largestOperand, style: .columns) else {
                throw PlanningError(
                    parameter: "steps",
                    "columns are for operands of at most \(NumberWriting.Style.columns.widest) digits, not \(largestOperand): take smaller ones"
                )
            }
            guard let width, width < fitting else { return width ?? fitting }
            throw PlanningError(
                parameter: "width", "\(width) digits can't write operands up to \(largestOperand); \(fitting) can")
        }
    }

    package static let name = "kv.task"
    package static let version = 3
    package static let summary = "Prompts and answers over expressions (CALM §4.1: D_KV-SUBS, D_KV-MATH, D_NUM-MATH)"
    package static let metrics: [MetricDeclaration]? = []

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
        if parameters.steps == .columns, !parameters.scratchpad {
            throw PlanningError(parameter: "scratchpad", "columns are a scratchpad: leave it, or take steps: results")
        }
        if parameters.width != nil, parameters.steps != .columns {
            throw PlanningError(parameter: "width", "only numbers in columns have a width here")
        }
        let expressions = inputs["expressions"] ?? []
        let (magnitudes, operands) = (expressions.map { $0["magnitude"] }, expressions.map { $0["largest-operand"] })
        guard !expressions.isEmpty, !magnitudes.contains(nil), !operands.contains(nil) else { return [:] }
        let magnitude = magnitudes.compactMap { $0 }.max() ?? 0
        let largest = operands.compactMap { $0 }.max() ?? 0
        switch parameters.steps {
        case .results:
            if parameters.task == .substitution { return ["examples": ["magnitude": largest, "columns": 0]] }
            if magnitude == .max {
                throw PlanningError(
                    parameter: "steps", "results over numbers up to \(largest) can exceed 64 bits: take steps: columns")
            }
            return ["examples": ["magnitude": magnitude, "columns": 0]]
        case .columns:
            if expressions.contains(where: { $0["signed"] == 1 }) {
                throw PlanningError(
                    parameter: "steps",
                    "columns are for numbers without a sign: give arithmetic.expressions results: unbounded")
            }
            if parameters.task != .numericArithmetic, expressions.contains(where: { $0["keyed"] == 0 }) {
                throw PlanningError(parameter: "task", "expressions without keys can only be num-math in columns")
            }
            let most = expressions.compactMap { $0["operands"] }.max() ?? 0
            return ["examples": ["columns": try parameters.width(largestOperand: largest), "operands": most]]
        }
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let read = { (input: Artifact) in
            try ArithmeticExpression<KeyedValue>.expressions(
                table: try input.text(ExpressionsStage.member), file: ExpressionsStage.member)
        }
        let inputs = try context.inputs("expressions")
        let expressions = try inputs.flatMap(read)
        let prefixes = try context.inputs("prefixes").flatMap(read)
        var metadata: [String: JSONValue] = [
            "task": .string(parameters.task.rawValue), "scratchpad": .bool(parameters.scratchpad),
        ]
        var scratchpad = parameters.scratchpad ? KeyValueTask.Scratchpad.results : .none
        if parameters.steps == .columns {
            let largest = try inputs.map { try $0.number("largest-operand") }.max() ?? 0
            let width = try parameters.width(largestOperand: largest)
            scratchpad = .columns(width: width)
            metadata["steps"] = .string(parameters.steps.rawValue)
            metadata["width"] = .int(width)
        }
        let examples = try parameters.task.examples(
            of: expressions, prefixes: prefixes,
            settings: KeyValueTask.Settings(
                scratchpad: scratchpad, prefixShare: parameters.prefixShare, seed: parameters.seed))
        metadata["count"] = .int(examples.count)
        metadata["judge"] = .string(parameters.task.judge(scratchpad).name)
        try context.write(
            "examples", metadata: metadata,
            members: [(Example.member, Data(Example.table(examples).utf8))])
    }
}
