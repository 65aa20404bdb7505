import Evaluation
import Tasks
import Tensors
import Testing

@Suite struct ColumnCalculationTests {
    private static func expression(_ operands: [Int], _ operators: [ArithmeticOperator]) -> ArithmeticExpression<Int> {
        ArithmeticExpression(operands: operands, operators: operators)
    }

    @Test("a sum goes place by place, each column on from the carry of the one before")
    func sum() throws {
        let text = try ColumnCalculation(width: 2).text(of: Self.expression([3, 48, 75], [.plus, .minus]))
        #expect(
            text == "=<1.0>+<2.0>+<3.0>-"
                + ",T0C0<1.0>3+T3C0<2.0>8+T1C1<3.0>5-T6C0"
                + ",T0C0<1.1>0+T0C0<2.1>4+T4C0<3.1>7-T7C-1")
        #expect(ColumnCalculation.value(of: text) == "-24")
    }

    @Test("a product is a row for each digit of the multiplier, and its rest the limb above")
    func product() throws {
        let text = try ColumnCalculation(width: 2).text(of: Self.expression([47, 96], [.times]))
        #expect(
            text == "*<2.0>B6L0<1.0>A7[2.0.0]L2H4<1.1>A4L8H2"
                + "<2.1>B9L2<1.0>A7[2.0.1]L1H7<1.1>A4L5H4[2.1]45"
                + "=[2.0.0]+,T0C0[2.0.0]2+T2C0,T0C0[2.0.1]1+T1C0"
                + "=[2.1.0]+,T0C0[2.1.0]5+T5C0,T0C0[2.1.1]4+T4C0")
        #expect(ColumnCalculation.value(of: text) == "4512")
    }

    @Test("a product that is multiplied further has addresses of its own, and carries from limb to limb")
    func chain() throws {
        let text = try ColumnCalculation(width: 2).text(
            of: Self.expression([99, 98, 97, 5], [.times, .times, .minus]))
        // 99 · 98 = 9702, and 02 · 97 leaves 1 for the next limb's first row.
        #expect(text.contains("(2.1)97*<3.0>B7L0(2.0.0)A2[3.0.0]L4H1(2.0.1)A0L1H0"))
        #expect(text.contains("[3.2]94=[3.0.0]+<4.0>-,"))
        #expect(ColumnCalculation.value(of: text) == String(99 * 98 * 97 - 5))
    }

    @Test("the value is that of the expression, whatever the expression and the width", arguments: 1...8)
    func values(width: Int) throws {
        var random = RandomGenerator(seed: 5, "columns", width)
        let base = (0..<width).reduce(1) { power, _ in power * 10 }
        for _ in 0..<200 {
            let size = 1 + random.integer(below: 6)
            let expression = Self.expression(
                (0..<size).map { _ in random.integer(below: random.integer(below: 3) == 0 ? min(base, 3) : base) },
                (1..<max(size, 1)).map { _ in ArithmeticOperator.allCases[random.integer(below: 3)] })
            guard let value = expression.steps?.last else { continue }
            let text = try ColumnCalculation(width: width).text(of: expression)
            #expect(ColumnCalculation.value(of: text) == String(value), "\(expression.text)")
        }
    }

    @Test("a value beyond 64 bits is exact")
    func beyond() throws {
        let text = try ColumnCalculation(width: 5).text(
            of: Self.expression([1, 99_999, 99_999, 99_999, 99_999, 99_999], [.minus, .times, .times, .times, .times]))
        #expect(ColumnCalculation.value(of: text) == "-9999500009999900000499998")
    }

    @Test("what columns can't write is refused", arguments: [[-1, 5], [100, 5]])
    func refused(operands: [Int]) {
        let error = #expect(throws: DatasetError.self) {
            try ColumnCalculation(width: 2).text(of: Self.expression(operands, [.plus]))
        }
        #expect(error?.description.contains("\(operands[0]) can't be calculated with in columns of 2 digits") == true)
    }

    @Test(
        "text that arrives at no value has none",
        arguments: [
            "", "12", "=", "=<1.0>+", "=<1.0>+,", ",T1C0", "=,T1", "=,C0", "=,C0T1", "=,T1C", "=,TC0", "=,T10C0",
            "=,T1C0,", "=,T1C0,T1C999999", "=,T1C--1",
            "=,T3C01", "=,T03C1", "=,T+5C0", "=,T3C-0",
        ])
    func worthless(text: String) {
        #expect(ColumnCalculation.value(of: text) == nil)
    }
}
