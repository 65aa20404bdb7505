import Artifacts
import Catalogue
import Foundation
import Testing

/// An execution of a key that gave something else: runs keep the one that they used.
struct SupersededExecutionTests {
    let temporary: TemporaryCatalogue
    let old: ExecutionRecord
    let new: ExecutionRecord
    var catalogue: Catalogue { temporary.catalogue }

    init() throws {
        temporary = try TemporaryCatalogue()
        let old = try temporary.store.execute(metrics: ["loss": 0.5, "none": .nan])
        var new = old
        new.startedAt += 10
        new.metrics["loss"] = 0.25
        (self.old, self.new) = (old, new)
        try temporary.adopt(old, stage: "train")
        try run("one", at: 1000, old)
        try temporary.store.publish(new)
        try temporary.adopt(new, stage: "train")
        try run("two", at: 2000, new)
        try run("three", at: 3000, new)
    }

    private func run(_ id: String, at time: Double, _ record: ExecutionRecord) throws {
        try catalogue.begin(
            run: RunRow(
                id: id, pipeline: "pipe", file: "p.yaml", startedAt: time, commandLine: "", parameters: .object([:])))
        let stage = RunStageRow(
            run: id, position: 0, name: "train", kind: record.kind, state: "cached", key: record.key, why: "",
            location: "p.yaml:1:1", result: record.result)
        try catalogue.finish(run: id, exit: 0, seconds: 1, stages: [stage])
    }

    @Test("views and executions of a run give what it had")
    func ofRun() throws {
        for (run, record) in [("one", old), ("two", new), ("three", new)] {
            let metrics = try catalogue.metrics(run: run)
            #expect(metrics.map(\.name) == ["loss", "none"])
            #expect(metrics.first?.value == record.metrics["loss"] && metrics.last?.value.isNaN == true)
            #expect(try catalogue.outputs(run: run).map(\.artifact) == [record.outputs["model"]])
            let execution = try #require(try catalogue.executions(of: try catalogue.stages(run: run))["train"])
            #expect(execution.startedAt == record.startedAt && execution.outputs == record.outputs)
            #expect(execution.metrics["loss"] == record.metrics["loss"] && execution.objects.count == 2)
        }
        #expect(try catalogue.execution(old.key)?.startedAt == new.startedAt)
    }

    @Test("the history of a metric has each execution once")
    func history() throws {
        try run("four", at: 4000, new)
        let executed = try catalogue.executedHistory(
            of: "loss", stage: "train", pipeline: "pipe", before: "four", limit: 9)
        #expect(executed.map(\.value) == [0.25, 0.5] && executed.map(\.result) == [new.keyedResult, old.keyedResult])
        let history = try catalogue.metricHistory(stage: "train", metric: "loss", last: 9)
        #expect(history?.value == 0.25 && history?.earlier == [0.5])
        #expect(
            try catalogue.history(of: "loss", stage: "train", pipeline: "pipe", before: "four", limit: 9).count == 3)
    }

    @Test("a value that missed a gate on its own metric is no history of it, unless there is no other")
    func missedGates() throws {
        func miss(_ metric: String, in run: String) throws {
            try catalogue.record(
                gate: GateRow(run: run, stage: "train", metric: metric, expected: "< 0", value: 1, passed: false))
        }
        func earlier(_ last: Int = 9) throws -> MetricHistory? {
            try catalogue.metricHistory(stage: "train", metric: "loss", last: last)
        }
        for run in ["one", "two", "three"] { try miss("none", in: run) }
        #expect(try earlier()?.earlier == [0.5] && earlier()?.areEarlierMissed == false)
        try miss("loss", in: "one")
        #expect(try earlier()?.earlier == [0.5] && earlier()?.areEarlierMissed == true)
        var third = new
        third.startedAt += 10
        third.metrics["loss"] = 0.125
        try temporary.store.publish(third)
        try temporary.adopt(third, stage: "train")
        try run("four", at: 4000, third)
        #expect(try earlier()?.earlier == [0.25] && earlier()?.areEarlierMissed == false)
        // Of a result used twice, one use that met the gate is enough.
        try miss("loss", in: "three")
        #expect(try earlier()?.earlier == [0.25] && earlier()?.areEarlierMissed == false)
        try miss("loss", in: "two")
        #expect(try earlier()?.earlier == [0.25, 0.5] && earlier()?.areEarlierMissed == true)
        #expect(try earlier(1)?.earlier == [0.25])
    }

    @Test("conditions, producers and roots tell the executions apart")
    func queries() throws {
        let filter = try RunFilter("metric.train.loss > 0.4", now: 0)
        #expect(try catalogue.runs(where: filter, limit: 9).map(\.id) == ["one"])
        let producers = try catalogue.producers(of: try #require(old.outputs["model"]))
        #expect(producers.map(\.isSuperseded) == [true, false] && producers.map(\.stage) == ["train", "train"])
        #expect(try catalogue.collectionRoots(keepRuns: 0).results == [new.keyedResult])
        #expect(try catalogue.collectionRoots(keepRuns: 3).results == [new.keyedResult, old.keyedResult])
        let uses = try catalogue.collectionRoots(keepRuns: 0).lastUse
        #expect(uses[old.keyedResult]?.run == "one" && uses[new.keyedResult]?.run == "three")
    }

    @Test("a result that comes back is its key's own again, and counts once")
    func back() throws {
        var again = old
        again.startedAt += 20
        try temporary.store.publish(again)
        try temporary.adopt(again, stage: "train")
        #expect(try catalogue.metrics(run: "one").count == 2 && catalogue.metrics(run: "two").count == 2)
        #expect(try catalogue.metrics(run: "one").first?.value == 0.5)
        var report = try temporary.store.verify()
        Catalogue.verify(temporary.store, &report)
        #expect(report.isSound, "\(report.damage)")
    }

    @Test("of an execution whose record was lost before another took its place the rows stay, and nothing is missing")
    func lost() throws {
        try temporary.store.remove(execution: old.key)
        var third = new
        third.startedAt += 10
        third.metrics["loss"] = 0.125
        try temporary.store.publish(third)
        try temporary.adopt(third, stage: "train")
        #expect(try catalogue.metrics(run: "two").first?.value == 0.25)
        var report = try temporary.store.verify()
        Catalogue.verify(temporary.store, &report)
        #expect(report.isSound, "\(report.damage)")
    }

    @Test("a row that doesn't say its result has the oldest of its key")
    func unsaid() throws {
        try temporary.run("early", at: 500, [("train", old)])
        #expect(try catalogue.stages(run: "early").map(\.result) == [old.result])
    }
}
