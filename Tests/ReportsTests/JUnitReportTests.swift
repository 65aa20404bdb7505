import Artifacts
import Foundation
import Pipelines
import Reports
import Testing

@Suite("The JUnit report") struct JUnitReportTests {
    private let atLeast = Gate(metric: "accuracy", comparison: .atLeast, bound: 0.9)
    private let atMost = Gate(metric: "loss", comparison: .atMost, bound: 1)

    @Test("a failed stage is an error, a missed gate a failure, what was left undone is skipped, and all are counted")
    func outcomes() throws {
        let outcomes = [
            Outcome("made", .executed, gates: [atLeast, atMost]).judged(0.5, 0.5),
            Outcome("kept", .cached, gates: [atMost]).judged(nil),
            .failed("no disk", .store),
            Outcome("later", .skipped, why: "needs broken", gates: [atLeast]),
        ]
        let root = try #require(parsed(report(outcomes, exit: 4)))
        let suite = try #require(root.all("testsuite").first)
        #expect(root["tests"] == "8" && suite["tests"] == "8")
        #expect(root["failures"] == "2" && suite["failures"] == "2")
        #expect(root["errors"] == "1" && suite["errors"] == "1")
        #expect(suite["skipped"] == "2")
        let kinds = suite.all("testcase").map { item in
            let outcome = item.children.first { $0.name != "system-out" }?.name ?? "passed"
            return "\(item["classname"] ?? "")/\(item["name"] ?? ""): \(outcome)"
        }
        #expect(
            kinds == [
                "toys.stages/made: passed",
                "toys.gates/made accuracy at least: failure",
                "toys.gates/made loss at most: passed",
                "toys.stages/kept: passed",
                "toys.gates/kept loss at most: failure",
                "toys.stages/broken: error",
                "toys.stages/later: skipped",
                "toys.gates/later accuracy at least: skipped",
            ])
        #expect(suite.all("failure")[0]["message"] == "accuracy: expected >= 0.9, found 0.5")
        #expect(suite.all("failure")[1]["message"] == "loss: expected <= 1, found no such metric")
        let error = try #require(suite.all("error").first)
        #expect(error["type"] == "store")
        #expect(error["message"] == "no disk")
        #expect(error.text == "no disk\n\nat p.yaml:3:5, stage broken")
        #expect(suite.all("skipped").map { $0["message"] } == ["needs broken", "later was skipped: needs broken"])
    }

    @Test("the suite says which run it was, how it ended, and with which parameters")
    func properties() throws {
        let root = try #require(parsed(report([Outcome("a", .executed)], exit: 1)))
        let properties = root.all("property").map { "\($0["name"] ?? "")=\($0["value"] ?? "")" }
        #expect(
            properties == ["run=20260102T030405-abcd", "exit=1", "params.name=\"x\"", "params.seed=7"])
        #expect(root.all("testsuite").first?["timestamp"] == "1970-01-01T23:59:59")
    }

    @Test("a stage's output names its key, outputs and metrics")
    func output() throws {
        var outcome = Outcome("made", .executed)
        let digest = Digest(of: [1])
        outcome.result.key = digest
        outcome.result.outputs = ["b": digest, "a": digest]
        outcome.result.metrics = ["loss": 0.25]
        let text = try #require(parsed(report([outcome]))?.all("system-out").first?.text)
        #expect(
            text == """
                executed: no earlier execution
                key \(digest)
                output a \(digest)
                output b \(digest)
                metric loss 0.25
                """)
    }

    @Test("a case's name stays the same when the run, the values and the bounds differ")
    func stableNames() throws {
        let names = { (bound: Double, value: Double) in
            let gate = Gate(metric: "accuracy", comparison: .above, bound: bound)
            let outcome = Outcome("a[n=1]", .executed, gates: [gate]).judged(value)
            return try #require(parsed(report([outcome], seconds: value))).all("testcase").map { $0["name"] }
        }
        #expect(try names(0.5, 0.25) == names(0.75, 1))
    }

    @Test("no two cases have one name, not even two gates on one metric with one comparison")
    func uniqueNames() throws {
        let gates = [0.5, 0.75].map { Gate(metric: "accuracy", comparison: .atLeast, bound: $0) }
        let root = try #require(parsed(report([Outcome("a", .executed, gates: gates).judged(0.6, 0.6)])))
        let names = root.all("testcase").map { "\($0["classname"] ?? "") \($0["name"] ?? "")" }
        #expect(names.count == 3)
        #expect(Set(names).count == 3, "\(names)")
        #expect(root.all("testcase").map { $0.all("failure").count } == [0, 0, 1])
    }

    @Test("a run that never began is one error with all that was wrong")
    func neverBegun() throws {
        let report = JUnitReport(
            of: "invalid pipeline", messages: ["p.yaml:1:1: a", "p.yaml:2:1: b"], pipeline: "p", startedAt: Date())
        let root = try #require(parsed(report))
        #expect(root["tests"] == "1" && root["errors"] == "1" && root["failures"] == "0")
        let item = try #require(root.all("testcase").first)
        #expect(item["name"] == "invalid pipeline" && item["classname"] == "p.plan")
        #expect(item.all("error").first?["message"] == "p.yaml:1:1: a")
        #expect(item.all("error").first?.text == "p.yaml:1:1: a\np.yaml:2:1: b")
        #expect(root.all("properties").isEmpty)
    }

    @Test(
        "times have at most three decimals and no exponent",
        arguments: [
            (0, "0.000"), (1e-9, "0.000"), (0.0125, "0.013"), (59.9996, "60.000"), (1e7, "10000000.000"),
            (-1, "0.000"),
        ])
    func times(seconds: Double, text: String) throws {
        var outcome = Outcome("a", .executed)
        outcome.result.seconds = seconds
        let root = try #require(parsed(report([outcome], seconds: seconds)))
        #expect(
            [root["time"], root.all("testsuite").first?["time"], root.all("testcase").first?["time"]]
                == [text, text, text])
    }
}
