import Tasks
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

    @Test("the validation split has held-out keys only, shares no expression, and changes no evaluated one")
    func validation() {
        var settings = settings
        settings.validation = 100
        let expressions = KeyExpressions.generate(settings, over: pairs)
        let heldIn = Set(pairs.heldIn.map(\.key))
        #expect(expressions[.validation].count == 100)
        #expect(expressions[.validation].allSatisfy { !$0.operands.contains { heldIn.contains($0.key) } })
        let others = expressions[.heldOut] + expressions[.mixed] + expressions[.training] + expressions[.composition]
        #expect(Set(expressions[.validation]).count == 100)
        #expect(Set(expressions[.validation]).isDisjoint(with: others))
        let without = KeyExpressions.generate(self.settings, over: pairs)
        #expect(without[.heldOut] == expressions[.heldOut] && without[.mixed] == expressions[.mixed])
        #expect(without[.validation].isEmpty)
    }

    @Test("a part of the keys gives expressions over these alone")
    func partOfKeys() {
        var settings = settings
        settings.evaluation = 30
        settings.keys = 5..<15
        #expect(settings.problem(over: pairs) == nil)
        let expressions = KeyExpressions.generate(settings, over: pairs)
        let keys = Set(pairs.pairs[5..<15].map(\.key))
        let found = Set(KeyExpressions.Split.allCases.flatMap { expressions[$0] }.flatMap { $0.operands.map(\.key) })
        #expect(found == keys)
    }

    @Test("with a border every expression has keys on both sides; keys on one side alone are refused")
    func border() {
        var settings = settings
        settings.border = 10
        settings.evaluation = 20
        let expressions = KeyExpressions.generate(settings, over: pairs)
        let low = Set(pairs.pairs.prefix(10).map(\.key))
        for split in KeyExpressions.Split.allCases {
            #expect(
                expressions[split].allSatisfy { expression in
                    let below = expression.operands.count { low.contains($0.key) }
                    return below > 0 && below < expression.operands.count
                })
        }
        settings.border = 20
        #expect(settings.problem(over: pairs)?.parameter == "evaluation")
        settings.border = nil
        settings.keys = 0..<2
        #expect(settings.problem(over: pairs) != nil)
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
        let bound = settings.magnitude(maximum: 20)
        let steps = expressions[.training].flatMap { $0.map(\.value).steps ?? [Int.max] }
        #expect(steps.allSatisfy { abs($0) <= bound })
        #expect(bound == 60)
    }
}
