import Datasets
import Testing

@Suite struct KeyExpressionsTests {
    private let pairs = KeyValuePairs.generate(
        KeyValuePairs.Settings(count: 20, maximum: 20, keyLengths: 2...4, heldInShare: 0.2, seed: 3))
    private let settings = KeyExpressions.Settings(
        operands: 2...3, operators: [.plus, .minus], training: 4_000, composition: 200, evaluation: 300, seed: 5)

    @Test("no evaluated expression is trained on, whatever the split")
    func disjoint() {
        let expressions = KeyExpressions.generate(settings, over: pairs)
        let evaluated = expressions[.heldOut] + expressions[.mixed]
        #expect(Set(evaluated).count == 600)
        #expect(Set(evaluated).isDisjoint(with: expressions[.training] + expressions[.composition]))
    }

    @Test("composition sees held-in keys only, held-out expressions none of them, mixed ones both")
    func keys() {
        let expressions = KeyExpressions.generate(settings, over: pairs)
        let heldIn = Set(pairs.heldIn.map(\.key))
        #expect(expressions[.composition].allSatisfy { $0.operands.allSatisfy { heldIn.contains($0.key) } })
        #expect(expressions[.heldOut].allSatisfy { !$0.operands.contains { heldIn.contains($0.key) } })
        #expect(
            expressions[.mixed].allSatisfy {
                let inside = $0.operands.filter { heldIn.contains($0.key) }.count
                return inside > 0 && inside < $0.operands.count
            })
        #expect(Set(expressions[.training].map(\.operands.count)) == [2, 3])
    }

    @Test("more evaluated expressions than half of what exists are refused")
    func tooMany() {
        var settings = settings
        settings.evaluation = 100_000
        #expect(settings.problem(keys: 20, heldIn: 4)?.parameter == "evaluation")
        #expect(self.settings.problem(keys: 20, heldIn: 4) == nil)
    }

    @Test(
        "steps follow precedence",
        arguments: [
            ([10, 22, 24], [ArithmeticOperator.plus, .minus], [32, 8]),
            ([2, 3, 4], [.plus, .times], [12, 14]),
            ([2, 3, 4, 5], [.times, .minus, .times], [6, 20, -14]),
            ([7], [], [7]),
        ])
    func steps(operands: [Int], operators: [ArithmeticOperator], expected: [Int]) {
        #expect(ArithmeticExpression(operands: operands, operators: operators).steps == expected)
    }

    @Test("a result beyond 64 bits is nil, not a trap")
    func overflow() {
        #expect(ArithmeticExpression(operands: [Int.max, 2], operators: [.times]).steps == nil)
    }

    @Test("the magnitude bounds every step")
    func magnitude() {
        let expressions = KeyExpressions.generate(settings, over: pairs)
        let bound = settings.magnitude(maximum: 20) ?? 0
        let steps = expressions[.training].flatMap { $0.map(\.value).steps ?? [Int.max] }
        #expect(steps.allSatisfy { abs($0) <= bound })
        #expect(bound == 60)
    }
}
