import Tasks
import Testing

@Suite struct ArithmeticExpressionsTests {
    private let settings = ArithmeticExpressions.Settings(
        count: 3_000, operands: 2...3, operators: [.plus, .minus], magnitude: 49, seed: 11)

    @Test("no number and no step exceeds the magnitude, and negative operands occur")
    func bounded() {
        let expressions = ArithmeticExpressions.generate(settings, excluding: [])
        #expect(expressions.count == 3_000)
        #expect(expressions.allSatisfy { $0.operands.allSatisfy { abs($0) <= 49 } })
        #expect(expressions.allSatisfy { ($0.steps ?? [Int.max]).allSatisfy { abs($0) <= 49 } })
        #expect(expressions.contains { $0.operands.contains { $0 < 0 } })
        #expect(Set(expressions.flatMap(\.operands)).count == 99)
    }

    @Test("excluded expressions never come")
    func excluded() {
        let first = Set(ArithmeticExpressions.generate(settings, excluding: []).prefix(1_000))
        let second = ArithmeticExpressions.generate(settings, excluding: first)
        #expect(first.isDisjoint(with: second))
    }

    @Test("unbounded expressions have operands without a sign, and results of any size")
    func unbounded() {
        let settings = ArithmeticExpressions.Settings(
            count: 3_000, operands: 2...6, operators: [.plus, .minus, .times], magnitude: 99_999, isUnbounded: true,
            seed: 3)
        let expressions = ArithmeticExpressions.generate(settings, excluding: [])
        #expect(expressions.allSatisfy { $0.operands.allSatisfy((0...99_999).contains) })
        #expect(expressions.contains { $0.steps == nil })
        // Each of the three operators, as likely as another: five standard deviations of 9,000 draws or so are 230.
        let products = expressions.reduce(0) { $0 + $1.operators.count { $0 == .times } }
        let operators = expressions.reduce(0) { $0 + $1.operators.count }
        #expect(abs(products - operators / 3) < 230)
    }

    @Test("no number stands for those that are too large")
    func fair() {
        let settings = ArithmeticExpressions.Settings(
            count: 4_000, operands: 2...2, operators: [.plus], magnitude: 1_000, isUnbounded: true, seed: 9)
        let numbers = ArithmeticExpressions.generate(settings, excluding: []).flatMap(\.operands)
        #expect(numbers.allSatisfy { (0...1_000).contains($0) })
        // Zeros and powers of ten are many, since digits are sparse; any other number is rare.
        let counts = Dictionary(grouping: numbers.filter { $0 > 100 && $0 % 100 != 0 }, by: \.self).mapValues(\.count)
        #expect((counts.values.max() ?? 0) < 100)
    }

    @Test("the share of runs is as asked")
    func share() {
        let settings = ArithmeticExpressions.Settings(
            count: 4_000, operands: 6...6, operators: [.plus, .times], magnitude: 99, isUnbounded: true,
            productRuns: 0.35, seed: 4)
        let runs = ArithmeticExpressions.generate(settings, excluding: []).count { expression in
            let products = expression.operators.map { $0 == .times }
            guard let first = products.firstIndex(of: true), let last = products.lastIndex(of: true) else {
                return false
            }
            return products[first...last].allSatisfy(\.self)
        }
        // By nature 15 of the 32 patterns are one run: 0.35 + 0.65·15/32 of 4,000, within five standard deviations.
        #expect(abs(Double(runs) - 4_000 * (0.35 + 0.65 * 15 / 32)) < 150)
    }

    @Test("runs of products have every length and place, and nothing else is multiplied")
    func runs() {
        let settings = ArithmeticExpressions.Settings(
            count: 2_000, operands: 4...4, operators: [.plus, .minus, .times], magnitude: 99, isUnbounded: true,
            productRuns: 1, seed: 3)
        let places = ArithmeticExpressions.generate(settings, excluding: []).map { expression in
            expression.operators.map { $0 == .times }
        }
        #expect(
            Set(places) == [
                [true, false, false], [false, true, false], [false, false, true], [true, true, false],
                [false, true, true], [true, true, true],
            ])
    }

    @Test("the same seed gives the same expressions")
    func seeded() {
        #expect(
            ArithmeticExpressions.generate(settings, excluding: [])
                == ArithmeticExpressions.generate(settings, excluding: []))
    }
}
