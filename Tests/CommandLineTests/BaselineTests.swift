import Foundation
import Testing

@Suite struct BaselineTests {
    /// A stage that gives whatever accuracy it is told.
    static let pipeline = """
        name: nightly
        params: { accuracy: 0.95, gate: ">= baseline - 0.01" }
        stages:
          scores:
            uses: command
            matrix: { model: [small, large] }
            with:
              shell: true
              argv: ["echo ${matrix.model} > {out.x}; echo '{\\"accuracy\\": ${params.accuracy}}' > m.json"]
              out: { x: x }
              metrics: m.json
            expect: { accuracy: "${params.gate}" }
        """

    private func gates(_ workspace: Workspace, _ arguments: String...) throws -> (exit: Int32, gates: [[String: Any]]) {
        let ending = try workspace.calm(["run", "p.yaml", "--store", "s", "--json"] + arguments)
        let document = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
        return (ending.exit, try #require(document?["gates"] as? [[String: Any]]))
    }

    @Test("a baseline is pinned, then each run is held against it, cached or not")
    func baseline() throws {
        let workspace = try Workspace(BaselineTests.pipeline)
        let text = try workspace.calm("run", "p.yaml", "--store", "s")
        #expect(text.exit == 0 && text.output.contains("no baseline yet: `calm pin baseline latest`"))
        let (_, unheld) = try gates(workspace)
        #expect(unheld.count == 2 && unheld.allSatisfy { $0["bound"] is NSNull && $0["passed"] as? Bool == true })
        #expect(try gates(workspace, "--require-baseline").exit == 1)

        #expect(try workspace.calm("pin", "baseline", "latest", "--store", "s").exit == 0)
        let (met, held) = try gates(workspace, "--require-baseline")
        #expect(met == 0)
        for gate in held {
            #expect(gate["expected"] as? String == ">= baseline - 0.01")
            #expect(gate["bound"] as? Double == 0.94 && gate["earlier"] as? Double == 0.95)
            #expect((gate["origin"] as? String)?.hasSuffix("(the pin baseline)") == true)
        }
        let shown = try workspace.calm("show", "latest", "--store", "s")
        #expect(shown.output.contains(">= baseline - 0.01 (0.94)"), "\(shown.output)")
        let document = try workspace.query("show", "latest") as? [String: Any]
        let rows = try #require(document?["gates"] as? [[String: Any]])
        #expect(rows.count == 2 && rows.allSatisfy { $0["bound"] as? Double == 0.94 }, "\(rows)")
        #expect(try gates(workspace, "--set", "params.accuracy=0.94").exit == 0)
        let worse = try workspace.calm("run", "p.yaml", "--store", "s", "--set", "params.accuracy=0.93")
        #expect(worse.exit == 1)
        #expect(worse.output.contains("accuracy expected >= baseline - 0.01 (0.94), found 0.93"))
    }

    @Test(
        "--baseline names another run, by pin, id or 'latest'; one that isn't there is a usage error before anything runs"
    )
    func chosen() throws {
        let workspace = try Workspace(BaselineTests.pipeline)
        let low = try #require(try workspace.run("--set", "params.accuracy=0.5").run)
        #expect(try workspace.calm("pin", "low", "latest", "--store", "s").exit == 0)
        try workspace.run("--set", "params.accuracy=0.9")
        for (name, exit) in [("low", 0), (low, 0), ("latest", 1)] as [(String, Int32)] {
            #expect(try gates(workspace, "--baseline", name, "--set", "params.accuracy=0.6").exit == exit, "\(name)")
            try workspace.run("--set", "params.accuracy=0.9")
        }
        // Not the latest run of another pipeline, which has the stage as well.
        try workspace.write(BaselineTests.pipeline.replacing("nightly", with: "other"), to: "other.yaml")
        let other = ["run", "other.yaml", "--store", "s", "--set", "params.accuracy=0.1"]
        #expect(try workspace.calm(other).exit == 0)
        #expect(try gates(workspace, "--baseline", "latest", "--set", "params.accuracy=0.6").exit == 1)
        let unknown = try workspace.calm("run", "p.yaml", "--store", "s", "--baseline", "hgih")
        #expect(unknown.exit == 2 && unknown.errors.contains("no pin and no run is called 'hgih'"))
        try workspace.write(BaselineTests.pipeline.replacing("name: nightly", with: "name: nightly\nbaseline: low"))
        #expect(try gates(workspace, "--set", "params.accuracy=0.5").exit == 0)
    }

    @Test("a gate in the file that nobody can read is an error with its place")
    func invalid() throws {
        let workspace = try Workspace(
            BaselineTests.pipeline.replacing("\"${params.gate}\"", with: "\">= baseline - \""))
        let ending = try workspace.calm("validate", "p.yaml")
        #expect(ending.exit == 3)
        #expect(
            ending.errors.contains(
                "p.yaml:12:25: error: stage 'scores': gate on 'accuracy': expected a number after '-'"),
            "\(ending.errors)")
    }
}
