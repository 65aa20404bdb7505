import Artifacts
import Pipelines
import Testing

@Suite struct StageTelemetryTests {
    private func telemetry(total: Int, steps: ClosedRange<Int>) -> StageTelemetry {
        var telemetry = StageTelemetry(unit: "steps", total: total)
        for step in steps { telemetry.add(self.step(step), completed: step) }
        return telemetry
    }

    /// The loss is the step's number, a step takes a tenth of a second and ten tokens.
    private func step(_ number: Int, since start: Int = 0) -> StageTelemetry.Step {
        StageTelemetry.Step(
            loss: Double(number), learningRate: 0.1, tokens: 10, accuracy: 0.5, elapsed: Double(number - start) / 10)
    }

    @Test("a short training keeps every step")
    func short() {
        let points = telemetry(total: 5, steps: 1...5).points
        #expect(points.map(\.completed) == [1, 2, 3, 4, 5])
        #expect(points.map(\.loss) == [1, 2, 3, 4, 5])
        #expect(points.allSatisfy { abs(($0.tokensPerSecond ?? 0) - 100) < 1e-6 && $0.accuracy == 0.5 })
    }

    @Test("a long one is thinned to means, its last step kept", arguments: [501, 1800, 99_999])
    func long(_ total: Int) throws {
        let points = telemetry(total: total, steps: 1...total).points
        let stride = (total + 499) / 500
        #expect(points.count <= StageTelemetry.maximumPoints + 1 && points.last?.completed == total)
        let first = try #require(points.first)
        #expect(first.completed == stride && first.loss == Double(stride + 1) / 2)
        #expect(abs((first.tokensPerSecond ?? 0) - 100) < 1e-6)
    }

    @Test("what is written is read back")
    func roundTrip() throws {
        var telemetry = telemetry(total: 3, steps: 1...3)
        telemetry.add(StageTelemetry.Evaluation(completed: 2, name: "validation loss", value: 0.7))
        let read = try #require(StageTelemetry(file: Array(telemetry.json.canonical.utf8)))
        #expect(read.points == telemetry.points && read.evaluations == telemetry.evaluations)
        #expect(read.unit == "steps" && read.total == 3)
    }

    @Test("a resumed training goes on with the points up to its checkpoint, and with their seconds")
    func continuing() throws {
        let file = Array(telemetry(total: 10, steps: 1...7).json.canonical.utf8)
        var resumed = try #require(StageTelemetry(continuing: file, from: 5, total: 10))
        for number in 6...10 { resumed.add(step(number, since: 5), completed: number) }
        #expect(resumed.points.map(\.completed) == Array(1...10))
        #expect(resumed.points.map { ($0.seconds * 10).rounded() } == Array(1...10).map(Double.init))
        #expect(resumed.points.allSatisfy { abs(($0.tokensPerSecond ?? 0) - 100) < 1e-6 })
        #expect(StageTelemetry(continuing: file, from: 5, total: 11) == nil, "of another training")
    }

    @Test(
        "what isn't telemetry is none",
        arguments: [
            "", "{}", "[]", "\u{0}",
            #"{"calm":"telemetry","format":2,"unit":"steps","total":1,"points":[],"evaluations":[]}"#,
            #"{"calm":"run","format":1,"unit":"steps","total":1,"points":[],"evaluations":[]}"#,
        ])
    func foreign(_ text: String) { #expect(StageTelemetry(file: Array(text.utf8)) == nil) }

    @Test("a number that isn't finite is left out rather than written")
    func infinite() throws {
        var telemetry = StageTelemetry(unit: "steps", total: 1)
        telemetry.add(
            StageTelemetry.Step(loss: .infinity, learningRate: .nan, tokens: 1, accuracy: nil, elapsed: 0),
            completed: 1)
        let read = try #require(StageTelemetry(file: Array(telemetry.json.canonical.utf8)))
        #expect(read.points.map(\.loss) == [nil] && read.points[0].tokensPerSecond == nil)
    }

    @Test(
        "a command line can be copied into a shell",
        arguments: [
            ("calm", "calm"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#), ("", "''"), ("$(rm)", "'$(rm)'"), ("é", "'é'"),
            ("--set", "--set"), ("params.x=1,2", "params.x=1,2"),
        ])
    func shellWords(_ word: String, _ quoted: String) { #expect(word.shellWord == quoted) }
}
