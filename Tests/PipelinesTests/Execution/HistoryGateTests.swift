import Artifacts
import Foundation
import Pipelines
import Testing

@Suite("Gates on what earlier runs gave") struct HistoryGateTests {
    private let workshop: Workshop

    init() throws { workshop = try Workshop() }

    /// A run of a stage whose metric is `characters`, judged by `gate`.
    private func run(
        _ characters: Int, _ bound: GateBound, _ comparison: Gate.Comparison = .atLeast,
        metric: String = "characters", pipeline name: String = "toys", baseline: String? = nil,
        _ change: (inout RunOptions) -> Void = { _ in }
    ) async throws -> (run: String, gate: GateResult) {
        let gate = Gate(metric: metric, comparison: comparison, bound: bound)
        let stage = text("a", String(repeating: "x", count: characters), gates: [gate])
        let result = await workshop.run(
            ResolvedPipeline(name: name, description: "", parameters: [:], stages: [stage], baseline: baseline), change)
        #expect(result.exit == (result.gates.allSatisfy(\.passed) ? 0 : 1))
        return (result.run, try #require(result.gates.first))
    }

    private func pin(_ subject: String, as name: String = "baseline") throws {
        try workshop.store.pin(
            Pin(name: name, subject: subject, note: "", pinnedAt: 1, executions: [], artifacts: []))
    }

    @Test("the value of the pinned run counts, whatever ran since; cached stages are judged as well")
    func baseline() async throws {
        let first = try await run(10, .number(1))
        #expect(first.gate.past == nil)
        _ = try await run(20, .number(1))
        try pin("run \(first.run)")
        for _ in 1...2 {
            let met = try await run(8, .history(.baseline, offset: -2)).gate
            #expect(met.passed && met.expected == ">= baseline - 2")
            #expect(
                met.past == PastValue(bound: 8, value: 10, origin: "run \(first.run) (the pin baseline)"))
            #expect(met.expectation == ">= baseline - 2 (8.0)")
        }
        let missed = try await run(8, .history(.baseline, factor: 0.9))
        #expect(!missed.gate.passed && missed.gate.past?.bound == 9)
    }

    @Test("a run that misses the median misses it as often as it is repeated")
    func repeated() async throws {
        for characters in [10, 11, 12] { _ = try await run(characters, .number(1)) }
        for _ in 1...4 {
            let gate = try await run(5, .history(.median(of: 3))).gate
            #expect(!gate.passed && gate.past?.bound == 11)
        }
    }

    @Test("without a baseline a gate passes and says how to make one; if one is required it fails")
    func absent() async throws {
        let gate = try await run(3, .history(.baseline)).gate
        #expect(gate.passed && gate.past?.bound == nil)
        #expect(gate.past?.origin == "no baseline yet: `calm pin baseline latest` makes the latest run one")
        #expect(try await !run(3, .history(.baseline)) { $0.requiresBaseline = true }.gate.passed)
        #expect(try await !run(3, .history(.median(of: 3)), pipeline: "new") { $0.requiresBaseline = true }.gate.passed)
    }

    @Test("what isn't there, or isn't a number, fails whether or not there is a baseline")
    func missing() async throws {
        #expect(try await !run(3, .history(.baseline), metric: "nothing").gate.passed)
        #expect(try await !run(3, .history(.baseline), metric: "undefined").gate.passed)
        let first = try await run(3, .number(0))
        try pin("run \(first.run)")
        let undefined = try await run(3, .history(.baseline), metric: "undefined").gate
        #expect(!undefined.passed && undefined.past?.bound == nil)
        #expect(undefined.past?.origin == "in run \(first.run) (the pin baseline) it isn't a number")
        let gone = try await run(3, .history(.baseline), metric: "nothing").gate
        #expect(gone.past?.origin == "run \(first.run) (the pin baseline) has no such metric of this stage")
    }

    @Test("the pin baseline counts for its own pipeline; one that is named, and one that is asked for, for any")
    func otherPipelines() async throws {
        let first = try await run(10, .number(1))
        try pin("run \(first.run)")
        let other = try await run(5, .history(.baseline), pipeline: "other").gate
        #expect(other.passed && other.past?.bound == nil)
        #expect(other.past?.origin.contains("is of the pipeline toys, not of other") == true)
        #expect(try await !run(5, .history(.baseline), pipeline: "other", baseline: "baseline").gate.passed)
        let chosen = try Baseline(named: first.run, of: "toys", store: workshop.store, catalogue: workshop.catalogue)
        #expect(try await !run(5, .history(.baseline), pipeline: "other") { $0.baseline = chosen }.gate.passed)
    }

    @Test("a pinned stage is a baseline for itself alone; an artifact is none")
    func stages() async throws {
        let first = try await run(10, .number(1))
        try pin("stage a of run \(first.run)")
        #expect(try await !run(5, .history(.baseline)).gate.passed)
        try pin("stage b of run \(first.run)")
        #expect(try await run(5, .history(.baseline)).gate.past?.bound == nil)
        try pin("artifact 0123")
        #expect(
            try await run(5, .history(.baseline)).gate.past?.origin
                == "the pin baseline is of an artifact, not of a run")
        #expect(throws: StageFailure.self) {
            try Baseline(named: "baseline", of: "toys", store: workshop.store, catalogue: workshop.catalogue)
        }
    }

    @Test("the median is over the last executions in the pipeline, this one not among them")
    func median() async throws {
        let median = GateBound.history(.median(of: 3))
        #expect(try await run(100, median).gate.past?.value == nil)
        for characters in [1, 5, 9] { _ = try await run(characters, .number(0)) }
        _ = try await run(2, .number(0), pipeline: "other")
        let gate = try await run(4, median).gate
        #expect(!gate.passed && gate.past == PastValue(bound: 5, value: 5, origin: "median of the last 3 executions"))
        // Now the last two are 9 and 4.
        #expect(try await run(7, .history(.median(of: 2)), .above).gate.past?.bound == 6.5)
    }

    @Test(
        "bounds are reckoned in decimal, as people do",
        arguments: [(0.07, 0.1, 0.8), (0.01, 0.2, 0.3), (0.11, 2.2, 3.3), (1e300, 1, 1e301)])
    func decimal(factor: Double, offset: Double, bound: Double) async throws {
        try pin("run \(try await run(10, .number(1)).run)")
        #expect(try await run(10, .history(.baseline, factor: factor, offset: offset)).gate.past?.bound == bound)
    }
}
