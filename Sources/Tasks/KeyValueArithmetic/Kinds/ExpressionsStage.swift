import Artifacts
import Evaluation
import Foundation
import Pipelines
import Stages

/// `kv.expressions`: D_KV-EXP, expressions over keys, split by key and by expression.
package enum ExpressionsStage: StageKind {
    package struct Parameters: StageParameters {
        var fewest = 3
        var most = 3
        var operators: JSONValue = .array([.string("+"), .string("-")])
        var training = 50_000
        var composition = 50_000
        var evaluation = 1_000
        var validation = 0
        var firstKey = 0
        var keys: Int?
        var spanning: Int?
        var seed = 0

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .int("fewest-operands", \.fewest, in: 2...12, "Keys of the shortest expressions"),
            .int("most-operands", \.most, in: 2...12, "Keys of the longest expressions"),
            .json("operators", \.operators, .operators, "Operators, each as likely as another"),
            .int("training", \.training, in: 1...10_000_000, "Expressions over any keys, for the base models"),
            .int("composition", \.composition, in: 1...10_000_000, "Expressions over held-in keys, for composition"),
            .int("evaluation", \.evaluation, in: 1...1_000_000, "Expressions of each evaluated split"),
            .int(
                "validation", \.validation, in: 0...1_000_000, "Expressions of the split that settings may be chosen by"
            ),
            .int("first-key", \.firstKey, in: 0...1_000_000, "The first key of `pairs` that is used, from 0"),
            .optionalInt("keys", \.keys, in: 2...1_000_000, "How many keys are used from there on; null for all"),
            .optionalInt(
                "spanning", \.spanning, in: 1...1_000_000,
                "Every expression has a key before this one of `pairs` and one from it on; null for any"),
            .int("seed", \.seed, in: 0...Int.max, "Seed of the random generator"),
        ]

        func settings() throws -> KeyExpressions.Settings {
            KeyExpressions.Settings(
                operands: try operands(fewest: fewest, most: most), operators: try operatorList(operators),
                training: training, composition: composition, evaluation: evaluation, validation: validation,
                keys: firstKey == 0 && keys == nil ? nil : firstKey..<firstKey + (keys ?? 1_000_000), border: spanning,
                seed: seed)
        }
    }

    package static let name = "kv.expressions"
    package static let version = 3
    package static let summary =
        "Arithmetic expressions over keys, split by key and by expression (CALM §4.1, D_KV-EXP)"
    package static let metrics: [MetricDeclaration]? = []
    package static let member = "expressions.tsv"

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [InputRole("pairs", [.dataset], "the keys and their values")]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [
            OutputRole("training", .dataset, "expressions over any keys; none of them is evaluated"),
            OutputRole("composition", .dataset, "expressions over held-in keys only; none of them is evaluated"),
            OutputRole("held-out", .dataset, "expressions in which every key is held out"),
            OutputRole("mixed", .dataset, "expressions with held-in and held-out keys"),
            OutputRole(
                "validation", .dataset,
                "other expressions in which every key is held out: what settings may be chosen by"),
        ]
    }

    package static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        let settings = try parameters.settings()
        var facts: Facts = [:]
        if let pairs = inputs["pairs"]?.first, let keys = pairs["keys"], let heldIn = pairs["held-in"] {
            if parameters.firstKey + (parameters.keys ?? 2) > keys {
                throw PlanningError(
                    parameter: parameters.keys == nil ? "first-key" : "keys",
                    "there are only \(keys) keys: none left for \(parameters.firstKey)+\(parameters.keys ?? 2)")
            }
            // How many of a part are held in shows when it is drawn.
            if settings.keys == nil, settings.border == nil, let problem = settings.problem(keys: keys, heldIn: heldIn)
            {
                throw PlanningError(parameter: problem.parameter, problem.message)
            }
            if let maximum = pairs["maximum"] {
                facts["magnitude"] = settings.magnitude(maximum: maximum)
                facts["largest-operand"] = maximum
            }
            facts["operands"] = parameters.most
            (facts["signed"], facts["keyed"]) = (0, 1)
        }
        return Dictionary(uniqueKeysWithValues: outputs(parameters).map { ($0.name, facts) })
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let input = try context.input("pairs")
        let pairs = try KeyValuePairs(table: try input.text(PairsStage.member), file: PairsStage.member)
        let settings = try parameters.settings()
        if let problem = settings.problem(over: pairs) {
            throw DatasetError(problem.message)
        }
        let expressions = KeyExpressions.generate(settings, over: pairs)
        // What values may be, not the largest that was drawn: planning knows no more.
        let maximum = try input.number("maximum")
        for split in KeyExpressions.Split.allCases {
            try context.write(
                split.rawValue,
                metadata: [
                    "count": .int(expressions[split].count),
                    "magnitude": .int(settings.magnitude(maximum: maximum)),
                    "largest-operand": .int(maximum), "operands": .int(parameters.most),
                    "operators": parameters.operators,
                ],
                members: [(member, Data(ArithmeticExpression.table(expressions[split]).utf8))])
        }
    }
}
