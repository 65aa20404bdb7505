import Artifacts
import Foundation
import Pipelines
import Testing

@Suite("The worker's lines") struct WorkerLinesTests {
    @Test("a request survives its line exactly, whole doubles and odd texts included")
    func request() throws {
        let odd = "a \"quoted\"\nline, \u{2028} and \u{1F600}"
        let inputs = ["parts": [BoundInput(digest: Digest(of: [1]), origin: .file, label: odd)]]
        let key = StageKey(
            kind: CommandStage.self,
            parameters: ["x": .double(1), "y": .int(1), "z": .double(1e300), "s": .string(odd)],
            inputs: inputs, environment: ["A": nil, "B": Digest(of: [2])])
        var request = WorkerRequest(
            store: URL(fileURLWithPath: "/tmp/a store", isDirectory: true), stage: odd, key: key, inputs: inputs,
            environment: ["A": nil, "B": ""], threads: 2, log: URL(fileURLWithPath: "/tmp/log"), isForced: true)
        request.unkeyedParameters = ["url": .string(odd)]
        #expect(!request.line.contains("\n"))
        let read = try WorkerRequest(line: request.line)
        #expect(read.key == key)
        #expect(read.unkeyedParameters == ["url": .string(odd)])
        #expect(read.line == request.line)
    }

    @Test("what isn't a request is refused with a hint at its use", arguments: ["", "{}", "[1]", "hello"])
    func refused(line: String) {
        let failure = #expect(throws: StageFailure.self) { try WorkerRequest(line: line) }
        #expect(failure?.message.contains("`calm run` starts workers by itself") == true)
    }

    @Test(
        "each event survives its line",
        arguments: [
            WorkerEvent.waiting, .started, .failed(StageFailure(.timeout, "two\nlines")),
            .progress(StageProgress(completed: 1, total: 2, unit: "steps", loss: 1, tokensPerSecond: nil)),
            .done(
                WorkerReport(
                    record: ExecutionRecord(
                        key: Digest(of: [1]), keyDocument: .null, outputs: ["o": Digest(of: [2])], metrics: ["m": 1],
                        startedAt: 0, seconds: 1, cpuSeconds: 2, peakMemoryBytes: 3, environment: [:]),
                    isAdopted: true, notes: ["one; two"])),
        ])
    func events(event: WorkerEvent) {
        #expect(WorkerEvent(line: event.line) == event)
    }

    @Test("a line that isn't an event is none", arguments: ["", "hello", "{\"event\":\"unknown\"}", "{\"event\":1}"])
    func notEvents(line: String) {
        #expect(WorkerEvent(line: line) == nil)
    }

    @Test("a loss that diverged arrives as such")
    func diverged() {
        let progress = StageProgress(completed: 1, total: 2, unit: "steps", loss: .nan, tokensPerSecond: .infinity)
        guard case .progress(let read) = WorkerEvent(line: WorkerEvent.progress(progress).line) else {
            Issue.record("the line isn't an event")
            return
        }
        #expect(read.loss?.isNaN == true)
        #expect(read.tokensPerSecond == .infinity)
    }
}
