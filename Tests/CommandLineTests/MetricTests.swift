import Foundation
import Testing

/// Metrics of a command that aren't what its gates need.
@Suite struct MetricTests {
    private func workspace(_ metrics: String, gates: String, out: String = "out: { w: w }") throws -> Workspace {
        try Workspace(
            """
            name: metrics
            stages:
              train:
                uses: command
                with:
                  shell: true
                  argv: ["echo weights > w; printf %s '\(metrics)' > m.json; test -s m.json || rm m.json"]
                  metrics: m.json
                  \(out)
                expect: \(gates)
            """)
    }

    @Test("words, booleans and nested objects cost neither outputs nor numbers, and are named")
    func words() throws {
        let workspace = try workspace(
            #"{\"model\": \"resnet\", \"acc\": 0.91, \"ok\": true, \"by class\": {\"a\": 1}}"#,
            gates: #"{ acc: ">= 0.9", "by class.a": "== 1" }"#)
        let run = try workspace.run()
        #expect(run.exit == 0 && run["train"]?.metrics == ["acc": 0.91, "by class.a": 1], "\(run)")
        let note = #"metrics that are no numbers are left out: model is "resnet", ok is true"#
        #expect(run["train"]?.why.contains(note) == true)
        #expect(try workspace.calm("log", "train", "--store", "s").output.contains("calm: \(note)"))
        #expect(try workspace.run().states == ["train": "cached"])
    }

    @Test("a gate on what is no number is missed with its value, when cached too, and wherever it is reported")
    func missed() throws {
        let workspace = try workspace(
            #"{\"model\": \"resnet\", \"acc\": 0.9}"#,
            gates: #"{ model: ">= 1", acurracy: ">= 0.5", acc: ">= 0.5" }"#)
        for state in ["executed", "cached"] {
            let run = try workspace.run("--junit", "r.xml")
            #expect(run.exit == 1 && run.states == ["train": state], "\(run)")
            let gates = Dictionary(uniqueKeysWithValues: run.gates.map { ($0.metric, $0) })
            #expect(gates["acc"]?.passed == true && run.gates.filter(\.passed).count == 1)
            let report = try String(contentsOf: workspace.file("r.xml"), encoding: .utf8)
            #expect(
                report.contains("model: expected &gt;= 1, found &quot;resnet&quot;, which is no number"), "\(report)")
            #expect(report.contains("no such metric") && report.contains("the stage gave: acc, model"))
        }
        let shown = try workspace.calm("show", "latest", "--store", "s")
        #expect(shown.output.contains(#""resnet", which is no number"#))
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        // All of it can be made anew from the files.
        #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
        #expect(try workspace.calm("show", "latest", "--store", "s").output == shown.output)
        #expect(try workspace.run().states == ["train": "cached"])
    }

    @Test("tables fit into as many columns as COLUMNS says, in a pipe too")
    func columns() throws {
        let gates = #"{ acurracy: ">= 0.5", "a.long.name.of.a.metric": ">= 0.5" }"#
        let workspace = try workspace(#"{\"accuracy\": 0.9, \"model\": \"resnet\"}"#, gates: gates)
        try workspace.run()
        let words = ["show", "latest", "--store", "s"]
        let binary = try CalmProcess.binary()
        let narrow = try CalmProcess(binary, words, in: workspace.folder, environment: ["COLUMNS": "80"]).wait()
        let table = try #require(narrow.output.split(separator: "gates\n").last)
        #expect(table.contains("did you") && table.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(narrow)")
        #expect(try workspace.calm(words).output.split(separator: "\n").contains { $0.count > 80 })
    }

    @Test("one value that is no JSON number, or is given twice, costs itself alone")
    func oneBad() throws {
        for (bad, name, text) in [
            (#"\"big\": 1e400"#, "big", "1e400"), (#"\"big\": nan"#, "big", "nan"),
            (#"\"big\": 1, \"big\": 2"#, "big", "both 1 and 2"),
            (#"\"a.b\": 1, \"a\": {\"b\": 2}"#, "a.b", "both 1 and 2"),
        ] {
            let workspace = try workspace(
                "{\\\"acc\\\": 0.91, \(bad)}", gates: #"{ acc: ">= 0.9", "\#(name)": ">= 0" }"#)
            for state in ["executed", "cached"] {
                let run = try workspace.run("--junit", "r.xml")
                #expect(run.exit == 1 && run.states == ["train": state], "\(bad): \(run)")
                #expect(run["train"]?.metrics == ["acc": 0.91] && run["train"]?.outputs["w"] != nil, "\(bad)")
                #expect(run.gates.filter(\.passed).map(\.metric) == ["acc"])
                let report = try String(contentsOf: workspace.file("r.xml"), encoding: .utf8)
                #expect(report.contains("found \(text), which is no number"), "\(bad): \(report)")
                if state == "executed" {
                    #expect(run["train"]?.why.contains("left out: \(name) is \(text)") == true, "\(run)")
                }
            }
        }
    }

    @Test(
        "a metric that is NaN or infinite misses its gate and shows so",
        arguments: [("NaN", ">="), ("-Infinity", ">="), ("Infinity", ">="), ("-Infinity", "<=")])
    func notFinite(_ number: String, _ comparison: String) throws {
        let workspace = try workspace(#"{\"loss\": \#(number)}"#, gates: #"{ loss: "\#(comparison) 1" }"#)
        for _ in 0..<2 {
            let ending = try workspace.calm("run", "p.yaml", "--store", "s")
            let word = ["NaN": "loss not a number", "Infinity": "loss ∞"][number] ?? "loss -∞"
            #expect(ending.exit == 1 && (ending.output + ending.errors).contains(word), "\(ending)")
        }
    }

    @Test(
        "a file of metrics that is broken or absent misses a gate of its own, and the outputs are kept",
        arguments: ["", "no json", "[0.9]"])
    func broken(_ metrics: String) throws {
        let workspace = try workspace(metrics, gates: "{}")
        for state in ["executed", "cached"] {
            let run = try workspace.run()
            #expect(run.exit == 1 && run.states == ["train": state], "\(run)")
            #expect(run.gates.map(\.metric) == ["m.json"] && run.gates.map(\.passed) == [false])
            #expect(run["train"]?.outputs["w"] != nil)
        }
        let nothing = try self.workspace(metrics, gates: "{}", out: "out: {}")
        #expect(try nothing.run().exit == 4, "there is nothing to keep")
    }

    @Test("a stage may give metrics alone, or nothing at all, and is cached then as well")
    func withoutOutputs() throws {
        let workspace = try Workspace(
            """
            name: none
            stages:
              score:
                uses: command
                with: { shell: true, argv: ["echo '{\\"acc\\": 0.9}' > m.json"], metrics: m.json }
                expect: { acc: ">= 0.9" }
              check: { uses: command, with: { argv: ["true"] } }
            """)
        #expect(try workspace.run().states == ["score": "executed", "check": "executed"])
        let again = try workspace.run()
        #expect(again.exit == 0 && again.states == ["score": "cached", "check": "cached"])
        #expect(again["score"]?.metrics == ["acc": 0.9])
        for words in [
            ["store", "verify"], ["store", "gc"], ["show", "check"], ["why", "check"], ["export", "score"],
        ] {
            let ending = try workspace.calm(words + ["--store", "s"])
            #expect(ending.exit == 0 || words[0] == "export", "\(ending)")
        }
        #expect(try workspace.run().states == ["score": "cached", "check": "cached"])
    }
}
