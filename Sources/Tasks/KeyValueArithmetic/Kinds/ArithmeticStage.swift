import Artifacts
import Foundation
import Pipelines
import Stages

/// `arithmetic.expressions`: numeric expressions over a wide range of numbers, to teach a model arithmetic.
package enum ArithmeticStage: StageKind {
    package enum Results: String, CaseIterable, Sendable { case bounded, unbounded }

    package struct Parameters: StageParameters {
        var count = 50_000
        var fewest = 3
        var most = 3
        var operators: JSONValue = .array([.string("+"), .string("-")])
        var magnitude = 4_999
        var results = Results.bounded
        var productRuns = 0.0
        var seed = 0

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .int("count", \.count, in: 1...10_000_000, "How many expressions"),
            .int("fewest-operands", \.fewest, in: 2...12, "Numbers of the shortest expressions"),
            .int("most-operands", \.most, in: 2...12, "Numbers of the longest expressions"),
            .json("operators", \.operators, .operators, "Operators, each as likely as another"),
            .int("magnitude", \.magnitude, in: 9...100_000_000_000_000_000, "No number is larger"),
            .choice(
                "results", \.results,
                "Whether no step is larger than `magnitude` either; else numbers have no sign, and steps any size"),
            .double(
                "product-runs", \.productRuns, in: 0...1,
                "Share of expressions in which one run of numbers, of any length, is multiplied and nothing else is"),
            .int("seed", \.seed, in: 0...Int.max, "Seed of the random generator"),
        ]

        fileprivate func facts() throws -> Facts {
            let largest = ArithmeticOperator.largestResult(
                of: try operatorList(operators), operands: most, maximum: magnitude)
            return [
                "magnitude": results == .bounded ? magnitude : largest, "largest-operand": magnitude, "operands": most,
                "signed": results == .bounded ? 1 : 0, "keyed": 0,
            ]
        }

        func settings() throws -> ArithmeticExpressions.Settings {
            let operators = try operatorList(operators)
            if productRuns > 0, !operators.contains(.times) || operators == [.times] {
                throw PlanningError(parameter: "product-runs", "runs of products need * and another operator")
            }
            if productRuns > 0, results == .bounded {
                throw PlanningError(
                    parameter: "product-runs",
                    "runs of products need results: unbounded, or most of them would be too large")
            }
            return ArithmeticExpressions.Settings(
                count: count, operands: try operands(fewest: fewest, most: most), operators: operators,
                magnitude: magnitude, isUnbounded: results == .unbounded, productRuns: productRuns, seed: seed)
        }
    }

    package static let name = "arithmetic.expressions"
    package static let version = 2
    package static let summary = "Numeric expressions over a wide range of numbers"
    package static let metrics: [MetricDeclaration]? = []

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole(
                "excluding", [.dataset], .any, "expressions whose numeric forms are left out, such as evaluated ones")
        ]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("expressions", .dataset, "the expressions")]
    }

    package static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        _ = try parameters.settings()
        return ["expressions": try parameters.facts()]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        var excluded: Set<ArithmeticExpression<Int>> = []
        for input in try context.inputs("excluding") {
            let expressions = try ArithmeticExpression<KeyedValue>.expressions(
                table: try input.text(ExpressionsStage.member), file: ExpressionsStage.member)
            excluded.formUnion(expressions.map { $0.map(\.value) })
        }
        let expressions = ArithmeticExpressions.generate(try parameters.settings(), excluding: excluded)
            .map { $0.map { KeyedValue(key: String($0), value: $0) } }
        let bounds = try parameters.facts().filter { $0.key != "signed" && $0.key != "keyed" }
        try context.write(
            "expressions",
            metadata: bounds.mapValues(JSONValue.int).merging(["count": .int(expressions.count)]) { $1 },
            members: [(ExpressionsStage.member, Data(ArithmeticExpression.table(expressions).utf8))])
    }
}
