import Artifacts
import Foundation
import Pipelines
import Testing

@Suite("The machine-readable result") struct RunResultJSONTests {
    @Test("it has exactly the fields of the contract, and null for what isn't a number")
    func contract() throws {
        let location = SourceLocation(file: "p.yaml", line: 1, column: 1)
        let digest = Digest(of: [1])
        var done = StageResult(name: "a[n=1]", kind: "k", state: .executed, why: "no \"earlier\"", location: location)
        done.key = digest
        done.outputs = ["out": digest]
        done.seconds = 1.23456
        done.metrics = ["loss": .nan, "accuracy": 0.5]
        let skipped = StageResult(name: "b", kind: "k", state: .skipped, why: "w", location: location)
        let result = RunResult(
            run: "r", pipeline: "p", exit: 1, startedAt: Date(), seconds: 2, stages: [done, skipped],
            gates: [GateResult(stage: "a[n=1]", metric: "loss", expected: "< 1.0", value: .nan, passed: false)])
        let expected = """
            {"exit":1,"gates":[{"expected":"< 1.0","metric":"loss","passed":false,"stage":"a[n=1]","value":null}],\
            "run":"r","stages":[{"key":"\(digest)","metrics":{"accuracy":0.5,"loss":null},"name":"a[n=1]",\
            "outputs":{"out":"\(digest)"},"seconds":1.235,"state":"executed","why":"no \\"earlier\\""},\
            {"key":null,"metrics":{},"name":"b","outputs":{},"seconds":0.0,"state":"skipped","why":"w"}]}
            """
        #expect(result.json.canonical == expected)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(result.json.canonical.utf8)) }
    }
}
