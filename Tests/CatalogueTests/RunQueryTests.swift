import Artifacts
import Catalogue
import Foundation
import ProcessorTime
import Testing

struct RunQueryTests {
    let temporary: TemporaryCatalogue
    var store: Store { temporary.store }
    var catalogue: Catalogue { temporary.catalogue }

    init() throws { temporary = try TemporaryCatalogue() }

    @Test("a run comes back with its stages, gates, metrics and outputs in the pipeline's order")
    func roundTrip() throws {
        let data = try store.execute(kind: "data.make", metrics: [:])
        let train = try store.execute(metrics: ["loss": 0.5, "accuracy": 0.9])
        try temporary.adopt(data, stage: "z-data")
        try temporary.adopt(train, stage: "a-train")
        var run = RunRow(
            id: "r1", pipeline: "pipe", file: "p.yaml", startedAt: 5.5, commandLine: "calm run p.yaml",
            parameters: .object(["rate": .double(1)]))
        try catalogue.begin(run: run)
        #expect(try catalogue.run("r1") == run)
        let stages = [
            RunStageRow(
                run: "r1", position: 0, name: "z-data", kind: "data.make", state: "cached", key: data.key,
                why: "nothing changed", location: "p.yaml:3:1", result: data.result),
            RunStageRow(
                run: "r1", position: 1, name: "a-train", kind: "model.train", state: "executed", key: train.key,
                seconds: 3, cpuSeconds: 2, peakMemoryBytes: 5, why: "first", log: "runs/r1/a.log",
                location: "p.yaml:5:1", result: train.result),
            RunStageRow(
                run: "r1", position: 2, name: "eval", kind: "evaluate", state: "failed", key: nil, why: "first",
                failureCategory: "crashed", failureMessage: "signal 11", location: "p.yaml:9:1"),
        ]
        let gates = [
            GateRow(run: "r1", stage: "a-train", metric: "accuracy", expected: ">= 0.8", value: 0.9, passed: true),
            GateRow(run: "r1", stage: "eval", metric: "score", expected: ">= 1", value: nil, passed: false),
        ]
        try catalogue.record(stages: [stages[0]])
        try catalogue.record(gate: gates[0])
        try catalogue.finish(run: "r1", exit: 4, seconds: 9, stages: stages, gates: gates)
        run.exit = 4
        run.seconds = 9
        #expect(try catalogue.run("r1") == run)
        #expect(try catalogue.stages(run: "r1") == stages)
        #expect(try catalogue.gates(run: "r1") == gates)
        #expect(try catalogue.metrics(run: "r1").map(\.name) == ["accuracy", "loss"])
        #expect(try catalogue.outputs(run: "r1").map(\.stage) == ["z-data", "a-train"])
        #expect(try catalogue.outputs(run: "r1").map(\.artifact) == [data.outputs["model"], train.outputs["model"]])
    }

    @Test("the latest run of a stage is the latest that has it, or in which it gave outputs, or wrote a log")
    func latestOfStage() throws {
        let record = try store.execute(with: ["n": .int(1)])
        try temporary.adopt(record, stage: "train")
        try temporary.run("r1", at: 1, [("train", record)])
        try temporary.run("r3", at: 3, [])
        try catalogue.begin(
            run: RunRow(
                id: "r2", pipeline: "p", file: "p.yaml", startedAt: 2, commandLine: "", parameters: .object([:])))
        try catalogue.record(
            stages: [
                RunStageRow(
                    run: "r2", position: 0, name: "train", kind: "t", state: "failed", key: nil, why: "", log: "/log",
                    location: "p.yaml:1:1")
            ])
        #expect(try catalogue.latestRun(ofStage: "train")?.id == "r2")
        #expect(try catalogue.latestRun(ofStage: "train", withOutputs: true)?.id == "r1")
        #expect(try catalogue.latestRun(ofStage: "train", withLog: true)?.id == "r2")
        #expect(try catalogue.latestRun(ofStage: "none") == nil)
    }

    @Test("runs are listed newest first and found by a unique prefix")
    func listing() throws {
        try temporary.run("20260101-aa", at: 1, [])
        try temporary.run("20260102-bb", pipeline: "other", at: 2, [])
        try temporary.run("20260102-bb-2", at: 3, [])
        #expect(try catalogue.runs(limit: 2).map(\.id) == ["20260102-bb-2", "20260102-bb"])
        #expect(try catalogue.run("20260101")?.id == "20260101-aa")
        #expect(try catalogue.run("20260102-bb")?.id == "20260102-bb")
        #expect(try catalogue.run("2026") == nil)
        #expect(try catalogue.runs(matching: "2026").count == 3)
        #expect(try catalogue.run("none") == nil)
    }

    @Test("a stage's metrics are followed over runs")
    func history() throws {
        let first = try store.execute(with: ["n": .int(1)], metrics: ["loss": 0.5])
        let second = try store.execute(with: ["n": .int(2)], metrics: ["loss": 0.4])
        for record in [first, second] { try temporary.adopt(record, stage: "train") }
        try temporary.run("r1", at: 1, [("train", first)])
        try temporary.run("r2", at: 2, [("train", second)])
        let metrics = try catalogue.metrics(stage: "train")
        #expect(metrics.map(\.value) == [0.4, 0.5])
        #expect(metrics.map(\.run) == ["r2", "r1"])
    }

    @Test("an execution known by its record alone gets the name under which a run meets it")
    func naming() throws {
        let record = try store.execute()
        try temporary.adopt(record, stage: nil)
        #expect(try catalogue.execution(record.key)?.stage == nil)
        try temporary.run("r1", at: 1, [("train", record)])
        #expect(try catalogue.execution(record.key)?.stage == "train")
    }

    @Test("the catalogue's part of a run of thirty cached stages takes a few milliseconds")
    func speed() throws {
        let records = try (0..<30).map { try store.execute(with: ["n": .int($0)]) }
        for record in records { try temporary.adopt(record, stage: nil) }
        let time = try processorSeconds {
            for record in records { _ = try catalogue.execution(record.key) }
            try temporary.run("r", at: 0, records.map { ("stage \($0.key.short)", $0) })
        }
        #expect(time < 0.3)
    }
}
