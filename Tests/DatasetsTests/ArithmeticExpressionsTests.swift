import Datasets
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

    @Test("the same seed gives the same expressions")
    func seeded() {
        #expect(
            ArithmeticExpressions.generate(settings, excluding: [])
                == ArithmeticExpressions.generate(settings, excluding: []))
    }
}
