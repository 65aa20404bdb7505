import Artifacts
import Pipelines
import Testing

@Suite("Gates as they are written") struct GateExpressionTests {
    private func gates(_ text: String) throws -> [Gate] {
        let document = """
            name: a
            params: { slack: 0.01 }
            baseline: best
            stages:
              a: { uses: toy.corpus, expect: { m: "\(text)" } }
            """
        let pipeline = try Toy.load(document)
        #expect(pipeline.baseline == "best")
        return pipeline.stages[0].gates
    }

    @Test(
        "a bound is a number, or an earlier value with a factor and an offset; each has one spelling",
        arguments: [
            (">= 0.8", GateBound.number(0.8), ">= 0.8"), ("<3", .number(3), "< 3"),
            (">= baseline", .history(.baseline), ">= baseline"),
            ("  >=baseline-0.01 ", .history(.baseline, offset: -0.01), ">= baseline - 0.01"),
            (">= baseline + -0.01", .history(.baseline, offset: -0.01), ">= baseline - 0.01"),
            (">= baseline*0.98", .history(.baseline, factor: 0.98), ">= baseline * 0.98"),
            ("<= 1.05 * baseline", .history(.baseline, factor: 1.05), "<= baseline * 1.05"),
            (
                "> median( 10 ) * 9e-1 - 1e-2", .history(.median(of: 10), factor: 0.9, offset: -0.01),
                "> median(10) * 0.9 - 0.01"
            ),
            ("== baseline * -1 + 2", .history(.baseline, factor: -1, offset: 2), "== baseline * -1 + 2"),
            (">= baseline - ${params.slack}", .history(.baseline, offset: -0.01), ">= baseline - 0.01"),
            (">= baseline - 0", .history(.baseline), ">= baseline"),
        ])
    func bounds(text: String, bound: GateBound, spelling: String) throws {
        let gates = try gates(text)
        #expect(gates.map(\.bound) == [bound])
        #expect(gates.map(\.expected) == [spelling])
    }

    @Test("a part of a pipeline keeps the pipeline's baseline")
    func part() throws {
        let pipeline = try Toy.load("{ name: a, baseline: best, stages: { a: { uses: toy.corpus } } }")
        #expect(pipeline.part(named: StageNames(["a"])).baseline == "best")
    }
}
