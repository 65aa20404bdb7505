import Artifacts
import Pipelines

extension ParameterType {
    /// A list of arithmetic operators.
    static let operators = ParameterType.list(of: .choice(ArithmeticOperator.allCases.map(\.rawValue)))
}

/// The operators of a parameter of type `operators`.
func operatorList(_ value: JSONValue) throws -> [ArithmeticOperator] {
    guard case .array(let values) = value, !values.isEmpty else {
        throw PlanningError(parameter: "operators", "expected at least one operator")
    }
    let operators = values.compactMap { value -> ArithmeticOperator? in
        guard case .string(let text) = value else { return nil }
        return ArithmeticOperator(rawValue: text)
    }
    guard operators.count == values.count, Set(operators).count == operators.count else {
        throw PlanningError(parameter: "operators", "expected different operators of + - *, found \(value.canonical)")
    }
    return operators
}

/// The range of operand counts from its two bounds.
func operands(fewest: Int, most: Int) throws -> ClosedRange<Int> {
    guard fewest <= most else {
        throw PlanningError(
            parameter: "fewest-operands", "the fewest operands, \(fewest), are more than the most, \(most)")
    }
    return fewest...most
}
