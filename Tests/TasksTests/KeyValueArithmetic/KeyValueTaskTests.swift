import Evaluation
import Tasks
import Testing

@Suite struct KeyValueTaskTests {
    private let expression = ArithmeticExpression(
        operands: [
            KeyedValue(key: "qe", value: 10), KeyedValue(key: "rim", value: 22), KeyedValue(key: "bo", value: 24),
        ],
        operators: [.plus, .minus])

    @Test(
        "each task asks and answers as the paper shows",
        arguments: [
            (KeyValueTask.substitution, KeyValueTask.Scratchpad.results, "qe+rim-bo=", "10+22-24"),
            (.keyArithmetic, .results, "qe+rim-bo=", "10+22-24=32=8"),
            (.keyArithmetic, .none, "qe+rim-bo=", "8"),
            (.numericArithmetic, .results, "10+22-24=", "32=8"),
            (.numericArithmetic, .none, "10+22-24=", "8"),
            (.substitution, .columns(width: 2), "qe+rim-bo=", "<1>10+<2>22-<3>24"),
            (
                .numericArithmetic, .columns(width: 2), "<1>10+<2>22-<3>24=",
                "=<1.0>+<2.0>+<3.0>-,T0C0<1.0>0+T0C0<2.0>2+T2C0<3.0>4-T8C-1,T9C-1<1.1>1+T0C0<2.1>2+T2C0<3.1>2-T0C0"
            ),
        ])
    func tasks(task: KeyValueTask, scratchpad: KeyValueTask.Scratchpad, prompt: String, answer: String) throws {
        let settings = KeyValueTask.Settings(scratchpad: scratchpad, prefixShare: 0, seed: 0)
        #expect(
            try task.examples(of: [expression], settings: settings) == [
                Example(prompt: prompt, answer: answer, groups: ["operands-3", "products-0"])
            ])
    }

    @Test("a key's calculation in columns is that of its value, behind the substitution")
    func columns() throws {
        let settings = KeyValueTask.Settings(scratchpad: .columns(width: 2), prefixShare: 0, seed: 0)
        let numeric = try #require(
            try KeyValueTask.numericArithmetic.examples(of: [expression], settings: settings).first)
        let keyed = try #require(try KeyValueTask.keyArithmetic.examples(of: [expression], settings: settings).first)
        #expect(keyed.prompt == "qe+rim-bo=")
        #expect(keyed.answer == numeric.prompt + numeric.answer)
    }

    @Test("the asked share of numeric examples has a key expression in front")
    func prefixes() throws {
        let settings = KeyValueTask.Settings(scratchpad: .results, prefixShare: 0.5, seed: 4)
        let examples = try KeyValueTask.numericArithmetic.examples(
            of: Array(repeating: expression, count: 2_000), prefixes: [expression], settings: settings)
        let prefixed = examples.filter { $0.prompt == "qe+rim-bo=10+22-24=" }.count
        // 2,000 fair draws: five standard deviations are 112.
        #expect(abs(prefixed - 1_000) < 112)
        #expect(examples.filter { $0.prompt == "10+22-24=" }.count == 2_000 - prefixed)
    }

    @Test(
        "a judge looks at what its task asks for",
        arguments: [
            (KeyValueJudge.finalNumber, "10+22-24=32=8", "10+22-24=32=8", true),
            (.finalNumber, "999=8", "32=8", true),
            (.finalNumber, "-8", "8", false),
            (.finalNumber, "10+22-24", "8", false),
            (.finalNumber, "", "8", false),
            (.finalNumber, "32=", "8", false),
            (.substitution, "10+22-24=32=9", "10+22-24", true),
            (.substitution, "10+22-24", "10+22-24", true),
            (.substitution, "10+22-2=10+22-24", "10+22-24", false),
            (.columns, "<1>1==,T3C0,T1C-1", "=,T3C0,T1C-1", true),
            (.columns, "=,T3C0,T9C0,T9C-1", "=,T3C0,T9C-1", true),
            (.columns, "=,T3C0,T1C0", "=,T3C0,T1C-1", false),
            (.columns, "13", "=,T3C0,T1C0", false),
        ])
    func judges(judge: KeyValueJudge, prediction: String, expected: String, accepted: Bool) {
        #expect(judge.accepts(prediction, expected: expected) == accepted)
    }

    @Test("expressions read back from their table, signs included")
    func table() throws {
        let signed = ArithmeticExpression(
            operands: [KeyedValue(key: "-5", value: -5), KeyedValue(key: "-7", value: -7)], operators: [.minus])
        let items = [expression, signed]
        let text = ArithmeticExpression.table(items)
        #expect(try ArithmeticExpression<KeyedValue>.expressions(table: text, file: "x.tsv") == items)
        #expect(throws: DatasetError.self) {
            try ArithmeticExpression<KeyedValue>.expressions(table: "expression\tnumeric\na+b\t1-2\n", file: "x.tsv")
        }
    }
}
