import Tensors

/// Numeric expressions over a wide range of numbers: what a model is taught arithmetic on.
///
/// Digits are zeroed with a probability that is itself drawn anew for each expression, uniformly from 0 to 1. Sparse
/// expressions show single digit sums without carries, dense ones show everything; learning goes from one to the other.
package struct ArithmeticExpressions: Sendable {
    package struct Settings: Sendable {
        package var count: Int
        package var operands: ClosedRange<Int>
        package var operators: [ArithmeticOperator]
        /// No operand and no step is larger in magnitude; at most 10^17.
        package var magnitude: Int
        package var seed: Int

        package init(
            count: Int, operands: ClosedRange<Int>, operators: [ArithmeticOperator], magnitude: Int, seed: Int
        ) {
            self.count = count
            self.operands = operands
            self.operators = operators
            self.magnitude = magnitude
            self.seed = seed
        }
    }

    /// Draws expressions, none of them in `excluded`; the same settings give the same expressions.
    ///
    /// Terminates for any settings with a magnitude of at least 9 as long as `excluded` isn't nearly everything.
    package static func generate(
        _ settings: Settings, excluding excluded: Set<ArithmeticExpression<Int>>
    ) -> [ArithmeticExpression<Int>] {
        precondition(settings.magnitude >= 9, "a magnitude of \(settings.magnitude)")
        var random = RandomGenerator(seed: UInt64(settings.seed), "arithmetic.expressions")
        let places = String(settings.magnitude).count
        let modulus = (0..<places).reduce(1) { power, _ in power * 10 }
        var expressions: [ArithmeticExpression<Int>] = []
        expressions.reserveCapacity(settings.count)
        while expressions.count < settings.count {
            let size = settings.operands.lowerBound + random.integer(below: settings.operands.count)
            let sparsity = random.uniform()
            let operands = (0..<size).map { _ in
                var number = 0
                for _ in 0..<places {
                    number = number * 10 + (random.uniform() < sparsity ? 0 : random.integer(below: 10))
                }
                // What is too large stands for its ten's complement, so that negative operands occur too.
                return number > settings.magnitude ? number - modulus : number
            }
            let expression = ArithmeticExpression(
                operands: operands,
                operators: (1..<size).map { _ in settings.operators[random.integer(below: settings.operators.count)] })
            guard operands.allSatisfy({ abs($0) <= settings.magnitude }),
                let steps = expression.steps, steps.allSatisfy({ abs($0) <= settings.magnitude }),
                !excluded.contains(expression)
            else { continue }
            expressions.append(expression)
        }
        return expressions
    }
}
