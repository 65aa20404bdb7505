import Foundation
import Testing

@Suite struct ContractTests {
    /// A matrix of three commands with a metric each, and a stage that needs them all.
    private static let pipeline = """
        name: contract
        stages:
          cell:
            uses: command
            matrix: { a: [p, q], b: [r, s] }
            with:
              shell: true
              argv: ["echo ${matrix.a}${matrix.b} > {out.x}; echo '{\\"size\\": 3}' > m.json"]
              out: { x: x }
              metrics: m.json
            expect: { size: ">= 2" }
          all:
            uses: command
            in: { i: cell.x }
            with: { shell: true, argv: ["cat in/i/*/x > {out.y}"], out: { y: y } }
        """
    private static let cells = ["cell[a=p,b=r]", "cell[a=p,b=s]", "cell[a=q,b=r]", "cell[a=q,b=s]"]

    @Test("the document has exactly the members that the README names, on one line")
    func members() throws {
        let workspace = try Workspace(ContractTests.pipeline)
        let ending = try workspace.calm("run", "p.yaml", "--store", "s", "--json")
        #expect(ending.output.hasSuffix("}\n") && ending.output.filter { $0 == "\n" }.count == 1)
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any])
        #expect(Set(document.keys) == ["run", "exit", "stages", "gates"])
        let stages = try #require(document["stages"] as? [[String: Any]])
        let gates = try #require(document["gates"] as? [[String: Any]])
        #expect(stages.count == 5 && gates.count == 4)
        for stage in stages {
            #expect(Set(stage.keys) == ["name", "state", "key", "outputs", "seconds", "metrics", "why"])
        }
        for gate in gates { #expect(Set(gate.keys) == ["stage", "metric", "expected", "value", "passed"]) }
    }

    @Test("matrix cells are named by their values, and cached stages tell outputs and metrics as executed ones did")
    func cached() throws {
        let workspace = try Workspace(ContractTests.pipeline)
        let first = try workspace.run()
        #expect(first.exit == 0 && first.names("executed") == ContractTests.cells + ["all"])
        #expect(first.gates.map(\.stage) == ContractTests.cells)
        let second = try workspace.run()
        #expect(second.names("cached") == ContractTests.cells + ["all"] && second.run != first.run)
        for (before, after) in zip(first.stages, second.stages) {
            #expect(before.outputs == after.outputs && !after.outputs.isEmpty)
            #expect(before.metrics == after.metrics && before.key == after.key)
            #expect(before.key?.wholeMatch(of: /[0-9a-f]{64}/) != nil)
        }
        #expect(second[ContractTests.cells[0]]?.metrics == ["size": 3])
    }

    @Test("gates are judged anew on cached stages")
    func gates() throws {
        let workspace = try Workspace(ContractTests.pipeline)
        #expect(try workspace.run().exit == 0)
        try workspace.write(ContractTests.pipeline.replacingOccurrences(of: ">= 2", with: "> 3"))
        let stricter = try workspace.run()
        #expect(stricter.exit == 1 && stricter.names("executed").isEmpty)
        #expect(stricter.gates.count == 4 && stricter.gates.allSatisfy { !$0.passed && $0.value == 3 })
        #expect(stricter.gates.first?.expected == "> 3" && stricter.gates.first?.metric == "size")
    }

    @Test("a gate on a metric that the stage doesn't give is missed, with no value")
    func unknownMetric() throws {
        let workspace = try Workspace(ContractTests.pipeline.replacingOccurrences(of: "{ size:", with: "{ weight:"))
        let document = try workspace.run()
        #expect(document.exit == 1 && document.gates.allSatisfy { !$0.passed && $0.value == nil })
    }

    private static let failing = """
        name: failing
        stages:
          broken: { uses: command, with: { argv: ["false"], out: { x: x } } }
          dependent:
            uses: command
            in: { i: broken.x }
            with: { argv: [cp, "{in.i}", "{out.x}"], out: { x: x }, metrics: m.json }
            expect: { m: ">= 1" }
          last: { uses: command, in: { i: dependent.x }, with: { argv: [cp, "{in.i}", "{out.x}"], out: { x: x } } }
          free: { uses: command, with: { shell: true, argv: ["echo 1 > {out.x}"], out: { x: x } } }
        """

    @Test("under --keep-going what doesn't need the failed stage goes on, and what does is skipped")
    func keepGoing() throws {
        let workspace = try Workspace(ContractTests.failing)
        let document = try workspace.run("--keep-going", "--jobs", "1", "--junit", "report.xml")
        #expect(document.exit == 4)
        #expect(
            document.states == ["broken": "failed", "dependent": "skipped", "last": "skipped", "free": "executed"])
        #expect(document["last"]?.why.contains("broken") == true && document["last"]?.key == nil)
        #expect(document.gates.isEmpty)
        let report = try JUnitDocument(workspace.file("report.xml"), in: workspace)
        #expect(report.errors == 1 && report.skipped == 3 && report.failures == 0)
        #expect(report.cases == ["broken", "dependent", "dependent m at least", "last", "free"])
    }

    @Test("without --keep-going nothing starts after a failure")
    func stop() throws {
        let workspace = try Workspace(ContractTests.failing)
        let document = try workspace.run("--jobs", "1")
        #expect(document.exit == 4 && document.names("failed") == ["broken"])
        #expect(document.names("skipped") == ["dependent", "last", "free"])
        #expect(document["free"]?.why.contains("--keep-going") == true)
    }
}
