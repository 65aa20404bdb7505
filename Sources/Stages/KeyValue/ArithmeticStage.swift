import Artifacts
import Datasets
import Foundation
import Pipelines

/// `arithmetic.expressions`: numeric expressions over a wide range of numbers, to teach a model arithmetic.
package enum ArithmeticStage: StageKind {
    package struct Parameters: StageParameters {
        var count = 50_000
        var fewest = 3
        var most = 3
        var operators: JSONValue = .array([.string("+"), .string("-")])
        var magnitude = 4_999
        var seed = 0

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .int("count", \.count, in: 1...10_000_000, "How many expressions"),
            .int("fewest-operands", \.fewest, in: 2...12, "Numbers of the shortest expressions"),
            .int("most-operands", \.most, in: 2...12, "Numbers of the longest expressions"),
            .json("operators", \.operators, .operators, "Operators, each as likely as another"),
            .int("magnitude", \.magnitude, in: 9...100_000_000_000_000_000, "No number or step is larger"),
            .int("seed", \.seed, in: 0...Int.max, "Seed of the random generator"),
        ]

        func settings() throws -> ArithmeticExpressions.Settings {
            ArithmeticExpressions.Settings(
                count: count, operands: try operands(fewest: fewest, most: most),
                operators: try operatorList(operators), magnitude: magnitude, seed: seed)
        }
    }

    package static let name = "arithmetic.expressions"
    package static let version = 1
    package static let summary = "Numeric expressions over a wide range of numbers"

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
        return ["expressions": ["magnitude": parameters.magnitude]]
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
        try context.write(
            "expressions",
            metadata: ["count": .int(expressions.count), "magnitude": .int(parameters.magnitude)],
            members: [(ExpressionsStage.member, Data(ArithmeticExpression.table(expressions).utf8))])
    }
}
