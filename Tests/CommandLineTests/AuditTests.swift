import Foundation
import Testing

@Suite struct AuditTests {
    private static let pipeline = """
        name: audit
        stages:
          steady: { uses: command, with: { argv: [sh, -c, "seq 9 > {out.x}"], out: { x: x } } }
          random: { uses: command, with: { shell: true, argv: ["cat /proc/sys/kernel/random/uuid > {out.x}"], out: { x: x } } }
          reader: { uses: command, in: { i: random.x }, with: { argv: [cp, "{in.i}", "{out.y}"], out: { y: y } } }
        """

    @Test("verify runs stages again and tells those that come out otherwise; the store stays as it was")
    func audit() throws {
        let workspace = try Workspace(Self.pipeline)
        let first = try workspace.run()
        let all = try workspace.calm("verify", "p.yaml", "--all", "--store", "s")
        #expect(all.exit == 1, "\(all)")
        #expect(all.output.contains("steady: same\n") && all.output.contains("reader: same\n"))
        #expect(all.output.contains("random: different: x is recorded as"))
        #expect(try workspace.calm("verify", "p.yaml", "steady", "reader", "--store", "s").exit == 0)
        let again = try workspace.run()
        #expect(again.names("executed").isEmpty && again.stages.map(\.outputs) == first.stages.map(\.outputs))
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: workspace.store.path + "/tmp").isEmpty)
    }

    @Test("a stage that isn't cached can't be compared, and the answer is machine-readable")
    func uncached() throws {
        let workspace = try Workspace(Self.pipeline)
        #expect(try workspace.run("steady").exit == 0)
        let ending = try workspace.calm("verify", "p.yaml", "--all", "--store", "s", "--json")
        #expect(ending.exit == 1)
        let document = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
        let verdicts = (document?["stages"] as? [[String: String]])?.map { $0["verdict"] }
        #expect(verdicts == ["same", "not-compared", "not-compared"] && document?["exit"] as? Int == 1)
    }

    @Test("a result that is recorded falsely is found")
    func lie() throws {
        let workspace = try Workspace(Self.pipeline)
        let run = try workspace.run()
        let key = try #require(run["steady"]?.key)
        let lie = try #require(run["reader"]?.outputs["y"])
        let truth = try #require(run["steady"]?.outputs["x"])
        let file = workspace.store.appendingPathComponent("executions/\(key.prefix(2))/\(key.dropFirst(2)).json")
        let text = try String(contentsOf: file, encoding: .utf8)
        // A record as the first format wrote it, without a checksum.
        let unsealed = text.replacing(/"checksum":"[0-9a-f]{64}",/, with: "").replacing(
            "\"format\":2", with: "\"format\":1")
        try unsealed.replacing(truth, with: lie).write(to: file, atomically: true, encoding: .utf8)
        #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
        let found = try workspace.calm("verify", "p.yaml", "steady", "--store", "s")
        #expect(found.exit == 1 && found.output.contains("recorded as \(lie.prefix(12))"), "\(found)")
    }

    @Test("stages and file in any order; without a file, the pipeline of the latest run with its parameters")
    func words() throws {
        let workspace = try Workspace(
            Self.pipeline.replacing("stages:", with: "params: { n: 9 }\nstages:").replacing(
                "seq 9", with: "seq ${params.n}"))
        try workspace.run("--set", "params.n=12")
        for words in [
            ["steady"], ["steady", "p.yaml", "--set", "params.n=12"], ["p.yaml", "steady", "--set", "params.n=12"],
        ] {
            let ending = try workspace.calm(["verify"] + words + ["--store", "s"])
            #expect(ending.exit == 0 && ending.output.contains("steady: same"), "\(words): \(ending)")
        }
        #expect(try workspace.calm("verify", "steady", "p.yaml", "--store", "s").exit == 1, "not cached with n: 9")
        #expect(try workspace.calm("verify", "--all", "--store", "s").output.contains("reader: same"))
        #expect(try workspace.calm("verify", "p.yaml", "--store", "s").exit == 2)
        try FileManager.default.removeItem(at: workspace.file("p.yaml"))
        #expect(try workspace.calm("verify", "steady", "--store", "s").errors.contains("name the pipeline's file"))
    }
}
