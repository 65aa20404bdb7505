import Foundation
import Testing

/// `results.summary`: means over the seeds of a command.
@Suite struct SummaryTests {
    private static func pipeline(_ expect: String, third: String = "0.8", over: String = "seed") -> String {
        """
        name: seeds
        stages:
          score:
            uses: command
            matrix: { model: [a, b], seed: [1, 2, 3] }
            with:
              shell: true
              argv:
                - 'case ${matrix.seed} in 1) v=0.9;; 2) v=0.7;; 3) v=\(third);; esac; printf "{\\"accuracy\\": %s, \\"words\\": \\"no number\\", \\"times\\": {\\"wall\\": 200}}" $v > {out.m}'
              out: { m: m.json }
          means:
            uses: results.summary
            in: { scores: score.m }
            with: { title: model, over: \(over), metrics: [accuracy, times.wall] }
            expect: { \(expect) }
        """
    }

    @Test("cells that differ in the axis alone make a row: mean, deviation, and gates on them")
    func means() throws {
        let workspace = try Workspace(
            Self.pipeline(
                #"model=a.accuracy: ">= 0.8", model=b.accuracy-deviation: "<= 0.11", model=a.accuracy-lowest: ">= 0.71""#
            ))
        let run = try workspace.run()
        let metrics = try #require(run["means"]?.metrics, "\(run)")
        #expect(abs(try #require(metrics["model=a.accuracy"]) - 0.8) < 1e-12)
        #expect(abs(try #require(metrics["model=b.accuracy-deviation"]) - 0.1) < 1e-12)
        #expect(metrics["model=a.accuracy-highest"] == 0.9 && metrics["model=a.times.wall"] == 200)
        #expect(run.gates.map(\.passed).sorted { $0 && !$1 } == [true, true, false] && run.exit == 1)
        let text = try workspace.calm("report", "latest", "--markdown", "--store", "s").output
        #expect(text.contains("0.8 ±0.1") && text.contains("200 ±0"), "\(text)")
        let console = try workspace.calm("run", "p.yaml", "--store", "s").output
        #expect(console.contains("0.8 ±0.1") && console.contains("200 ±0"), "\(console)")
        #expect(console.contains("Means over 3 values of seed a row"))
    }

    @Test("over all axes the metrics bear their own names; a cell without a number fails, rather than being left out")
    func whole() throws {
        let workspace = try Workspace(Self.pipeline(#"accuracy: ">= 0.8""#, over: "''"))
        let run = try workspace.run()
        #expect(run.exit == 0 && abs((run["means"]?.metrics["accuracy"] ?? 0) - 0.8) < 1e-12, "\(run)")
        try workspace.write(Self.pipeline(#"accuracy: ">= 0.8""#, third: "null"))
        let missing = try workspace.calm("run", "p.yaml", "--store", "s")
        #expect(missing.exit != 0, "\(missing)")
    }
}
