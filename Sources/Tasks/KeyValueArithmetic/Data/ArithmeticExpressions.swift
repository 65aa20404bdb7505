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
        /// No operand is larger in magnitude; at most 10^17.
        package var magnitude: Int
        /// Operands have no sign, and results may be of any size; else no step is larger than `magnitude` either.
        package var isUnbounded: Bool
        /// The share of expressions in which one run of operands, of any length, is multiplied and nothing else is.
        package var productRuns: Double
        package var seed: Int

        package init(
            count: Int, operands: ClosedRange<Int>, operators: [ArithmeticOperator], magnitude: Int,
            isUnbounded: Bool = false, productRuns: Double = 0, seed: Int
        ) {
            self.count = count
            self.operands = operands
            self.operators = operators
            self.magnitude = magnitude
            self.isUnbounded = isUnbounded
            self.productRuns = productRuns
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
        precondition(
            settings.productRuns == 0
                || settings.operators.contains(.times) && settings.operators.contains { $0 != .times },
            "runs of products need * and another operator")
        precondition(settings.productRuns == 0 || settings.isUnbounded, "runs of products need unbounded results")
        precondition(settings.productRuns == 0 || settings.operands.lowerBound > 1, "a product needs two operands")
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
                repeat {
                    number = 0
                    for _ in 0..<places {
                        number = number * 10 + (random.uniform() < sparsity ? 0 : random.integer(below: 10))
                    }
                } while settings.isUnbounded && number > settings.magnitude
                // What is too large stands for its ten's complement, so that negative operands occur too.
                return number > settings.magnitude ? number - modulus : number
            }
            var operators = (1..<size).map { _ in settings.operators[random.integer(below: settings.operators.count)] }
            if settings.productRuns > 0, Double(random.uniform()) < settings.productRuns {
                let length = 1 + random.integer(below: size - 1)
                let start = random.integer(below: size - length)
                for place in operators.indices where !(start..<start + length).contains(place) {
                    while operators[place] == .times {
                        operators[place] = settings.operators[random.integer(below: settings.operators.count)]
                    }
                }
                for place in start..<start + length { operators[place] = .times }
            }
            let expression = ArithmeticExpression(operands: operands, operators: operators)
            if !settings.isUnbounded {
                guard operands.allSatisfy({ abs($0) <= settings.magnitude }),
                    let steps = expression.steps, steps.allSatisfy({ abs($0) <= settings.magnitude })
                else { continue }
            }
            guard !excluded.contains(expression) else { continue }
            expressions.append(expression)
        }
        return expressions
    }
}
