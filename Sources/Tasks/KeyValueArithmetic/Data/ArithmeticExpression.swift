/// An operator of an arithmetic expression.
package enum ArithmeticOperator: String, CaseIterable, Sendable {
    case plus = "+"
    case minus = "-"
    case times = "*"

    /// Nil if the result doesn't fit in an `Int`.
    func callAsFunction(_ lhs: Int, _ rhs: Int) -> Int? {
        let (result, overflow) =
            switch self {
            case .plus: lhs.addingReportingOverflow(rhs)
            case .minus: lhs.subtractingReportingOverflow(rhs)
            case .times: lhs.multipliedReportingOverflow(by: rhs)
            }
        return overflow ? nil : result
    }

    /// The largest magnitude of a step of expressions with these operators over so many operands up to `maximum`;
    /// `Int.max` if it doesn't fit in 64 bits.
    package static func largestResult(of operators: [ArithmeticOperator], operands: Int, maximum: Int) -> Int {
        let worst: ArithmeticOperator = operators.contains(.times) ? .times : .plus
        var magnitude = maximum
        for _ in 1..<operands {
            // A sum of products is no larger than the product of all, except for values of 1.
            guard let next = worst(magnitude, max(maximum, 2)) else { return .max }
            magnitude = next
        }
        return magnitude
    }
}

/// An arithmetic expression over `Operand`s, written without parentheses: `a+b-c`.
package struct ArithmeticExpression<Operand> {
    package var operands: [Operand]
    /// One fewer than operands.
    package var operators: [ArithmeticOperator]

    package init(operands: [Operand], operators: [ArithmeticOperator]) {
        precondition(operands.count == operators.count + 1, "\(operands.count) operands, \(operators.count) operators")
        self.operands = operands
        self.operators = operators
    }

    /// What a result is told apart by: how many operands the expression has, and how many products.
    package var groups: [String] {
        ["operands-\(operands.count)", "products-\(operators.count { $0 == .times })"]
    }

    package func map<Other>(_ transform: (Operand) throws -> Other) rethrows -> ArithmeticExpression<Other> {
        ArithmeticExpression<Other>(operands: try operands.map(transform), operators: operators)
    }
}

extension ArithmeticExpression: Equatable where Operand: Equatable {}
extension ArithmeticExpression: Hashable where Operand: Hashable {}
extension ArithmeticExpression: Sendable where Operand: Sendable {}

extension ArithmeticExpression where Operand: CustomStringConvertible {
    /// The expression as people write it: `qe+rim-bo`.
    package var text: String {
        var text = operands[0].description
        for (operation, operand) in zip(operators, operands.dropFirst()) {
            text += operation.rawValue + operand.description
        }
        return text
    }
}

extension ArithmeticExpression<Int> {
    /// The result of every operation in the order in which it is carried out: products first, then sums, each from the left.
    ///
    /// The last one is the value of the expression. Nil if a result doesn't fit in an `Int`.
    package var steps: [Int]? {
        var steps: [Int] = []
        var terms = [operands[0]]
        var sums: [ArithmeticOperator] = []
        for (operation, operand) in zip(operators, operands.dropFirst()) {
            if operation == .times {
                guard let product = operation(terms[terms.count - 1], operand) else { return nil }
                terms[terms.count - 1] = product
                steps.append(product)
            } else {
                sums.append(operation)
                terms.append(operand)
            }
        }
        var total = terms[0]
        for (operation, term) in zip(sums, terms.dropFirst()) {
            guard let sum = operation(total, term) else { return nil }
            total = sum
            steps.append(sum)
        }
        return steps.isEmpty ? [total] : steps
    }
}
