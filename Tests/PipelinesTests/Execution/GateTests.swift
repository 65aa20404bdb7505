import Pipelines
import Testing

@Suite("Gates") struct GateTests {
    private func gate(_ bound: Double, of metric: String = "characters") -> Gate {
        Gate(metric: metric, comparison: .atLeast, bound: bound)
    }

    @Test("a missed gate is exit code 1, and gates are judged anew when the stage is cached")
    func judgedAnew() async throws {
        let workshop = try Workshop()
        let met = await workshop.run(pipeline(text("a", "xyz", gates: [gate(3)])))
        #expect(met.exit == 0)
        #expect(
            met.gates == [GateResult(stage: "a", metric: "characters", expected: ">= 3", value: 3, passed: true)])
        let missed = await workshop.run(pipeline(text("a", "xyz", gates: [gate(4)])))
        #expect(missed.states == ["a": .cached])
        #expect(missed.gates.map(\.passed) == [false])
        #expect(missed.exit == 1)
    }

    @Test("a missing metric, and one that isn't a number, fail their gates, when cached too")
    func missing() async throws {
        let workshop = try Workshop()
        let pipeline = pipeline(text("a", "x", gates: [gate(0, of: "nothing"), gate(0, of: "undefined")]))
        for state in [StageState.executed, .cached] {
            let result = await workshop.run(pipeline)
            #expect(result.states == ["a": state])
            #expect(result.gates.map(\.passed) == [false, false])
            #expect(result.gates[0].value == nil)
            #expect(result.gates[1].value?.isNaN == true)
            #expect(result.exit == 1)
        }
    }

    @Test("a failed stage outranks a missed gate, and a failed stage's gates aren't judged")
    func precedence() async throws {
        let workshop = try Workshop()
        let failing = stage("bad", FailingStage.self, gates: [gate(1)])
        let result = await workshop.run(pipeline(text("a", "x", gates: [gate(9)]), failing))
        #expect(result.exit == 4)
        #expect(result.gates.map(\.stage) == ["a"])
    }

    @Test("gates are listed in the pipeline's order, whatever the order in time")
    func order() async throws {
        let workshop = try Workshop()
        let slow = stage("slow", SleepyStage.self, gates: [gate(0, of: "nothing")])
        let result = await workshop.run(pipeline(slow, text("quick", "x", gates: [gate(1)])))
        #expect(result.gates.map(\.stage) == ["slow", "quick"])
    }
}
