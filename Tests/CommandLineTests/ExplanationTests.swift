import Foundation
import Testing

@Suite struct ExplanationTests {
    private static let pipeline = """
        name: chain
        params: { count: 9, unused: 1 }
        stages:
          numbers:
            uses: command
            with: { argv: [sh, -c, "seq $COUNT > {out.x}"], out: { x: x }, set: { COUNT: "${params.count}" } }
          evens: { uses: command, in: { i: numbers.x }, with: { argv: [sh, -c, "grep -c '[02468]$' {in.i} > {out.x}"], out: { x: x } } }
          sum: { uses: command, in: { i: evens.x }, with: { argv: [cp, "{in.i}", "{out.x}"], out: { x: x } } }
        """

    private func why(_ workspace: Workspace, _ words: String...) throws -> String {
        let ending = try workspace.calm(["why"] + words + ["--store", "s"])
        #expect(ending.exit == 0, "\(ending)")
        return ending.output
    }

    @Test("why follows the chain to the edit that began it, before and now, with the pipeline file gone")
    func chain() throws {
        let workspace = try Workspace(Self.pipeline)
        let first = try workspace.run()
        let second = try workspace.run("--set", "params.count=21")
        #expect(second.names("executed") == ["numbers", "evens", "sum"])
        try FileManager.default.removeItem(at: workspace.file("p.yaml"))
        let text = try why(workspace, "sum")
        let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        try #require(lines.count > 4, "\(text)")
        #expect(lines[1] == "changed since run \(try #require(first.run)):")
        let before = try #require(first["evens"]?.outputs["x"]).prefix(12)
        let now = try #require(second["evens"]?.outputs["x"]).prefix(12)
        #expect(lines[2] == "it began with stage numbers: with.set.COUNT: 9 → 21", "\(text)")
        #expect(lines[3] == "in.i changed (stage evens): \(before)… → \(now)…")
        #expect(lines[4].hasPrefix("stage evens was executed"))
        #expect(lines.last == "stage numbers was executed: see above", "\(text)")
        #expect(
            try why(workspace, "sum", "--run", try #require(first.run)).contains("no run before has a result of it"))
    }

    @Test("why says what was not rerun and for what reason: nothing changed, an older result, or a cutoff upstream")
    func cached() throws {
        let workspace = try Workspace(Self.pipeline)
        try workspace.run()
        #expect(try workspace.run("--set", "params.unused=2").names("executed").isEmpty)
        #expect(try why(workspace, "sum").contains("no field of its key has changed"))
        // Nine numbers and eight have as many even ones.
        #expect(try workspace.run("--set", "params.count=8").names("executed") == ["numbers", "evens"])
        let cutoff = try why(workspace, "sum")
        #expect(cutoff.contains("stage evens ran, but gave the same as before"), "\(cutoff)")
        #expect(try workspace.run().names("executed").isEmpty)
        let reverted = try why(workspace, "numbers")
        #expect(
            reverted.contains("with.set.COUNT: 8 → 9") && reverted.contains("this very key had been executed before"))
    }

    @Test("a failed stage's reason is known, though it has no execution")
    func failed() throws {
        let workspace = try Workspace(Self.pipeline)
        try workspace.run()
        try workspace.write(Self.pipeline.replacing("cp, ", with: "false, "))
        #expect(try workspace.run().exit == 4)
        #expect(try why(workspace, "sum").contains("with.argv: "))
    }

    @Test("why and diff name the input file that was edited, not its digest alone; a collected one is still told")
    func inputFile() throws {
        let workspace = try Workspace(
            """
            name: file
            stages:
              reader: { uses: command, in: { text: { file: notes.txt } }, with: { argv: [cp, "{in.text}", "{out.x}"], out: { x: x } } }
            """)
        try workspace.write("one", to: "notes.txt")
        try workspace.run()
        try workspace.write("two", to: "notes.txt")
        let key = try #require(try workspace.run()["reader"]?.key)
        #expect(try why(workspace, "reader").contains("in.text changed (file notes.txt): "))
        #expect(try workspace.calm("diff", "--store", "s").output.contains("in.text changed (file notes.txt)"))
        let record = try JSONSerialization.jsonObject(
            with: Data(contentsOf: workspace.file("s/executions/\(key.prefix(2))/\(key.dropFirst(2)).json")))
        let document = ((record as? [String: Any])?["keyDocument"] as? [String: Any])?["in"] as? [String: [String]]
        let input = try #require(document?["text"]?.first)
        try FileManager.default.removeItem(at: workspace.object(input))
        #expect(try why(workspace, "reader").contains("\(input.prefix(12))"))
    }

    @Test("plan --explain shows each field before and now, and for what waits where the change began")
    func plan() throws {
        let workspace = try Workspace(Self.pipeline)
        try workspace.run()
        let words = ["plan", "p.yaml", "--store", "s", "--set", "params.count=10", "--explain"]
        let text = try workspace.calm(words).output
        #expect(text.contains("      with.set.COUNT: 9 → 10\n"), "\(text)")
        #expect(text.contains("began with stage numbers: with.set.COUNT: 9 → 10"))
        let json = try workspace.calm(words + ["--json"]).output
        let plan = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        let stages = try #require(plan?["stages"] as? [[String: Any]])
        let difference = try #require((stages[0]["differences"] as? [[String: String]])?.first)
        #expect(difference == ["field": "with.set.COUNT", "before": "9", "now": "10"])
    }

    @Test("named stages run with what they need and nothing else")
    func targets() throws {
        let workspace = try Workspace(Self.pipeline)
        #expect(try workspace.run("evens").states == ["numbers": "executed", "evens": "executed"])
        #expect(try workspace.run("sum", "numbers").names("executed") == ["sum"])
        let unknown = try workspace.calm("run", "p.yaml", "evnes", "--store", "s")
        #expect(unknown.exit == 2 && unknown.errors.contains("no stage 'evnes'; it has: numbers, evens, sum"))
    }

    @Test("of stages that give the same bytes, the one is named whose output changed")
    func equalOutputs() throws {
        func pipeline(_ b: Int) -> String {
            """
            name: equal
            stages:
              a: { uses: command, with: { argv: [sh, -c, "seq 1 > {out.x}"], out: { x: x } } }
              b: { uses: command, with: { argv: [sh, -c, "seq \(b) \(b) > {out.x}"], out: { x: x } } }
              c: { uses: command, in: { i: b.x }, with: { argv: [cp, "{in.i}", "{out.x}"], out: { x: x } } }
            """
        }
        let workspace = try Workspace(pipeline(2))
        try workspace.run()
        try workspace.write(pipeline(1))
        #expect(try workspace.run().names("executed") == ["b", "c"])
        let text = try why(workspace, "c")
        #expect(text.contains("in.i changed (stage b)") && text.contains("stage b was executed"), "\(text)")
        let difference = try workspace.calm("diff", "--store", "s")
        #expect(difference.output.contains("in.i changed (stage b)"), "\(difference)")
    }

    @Test("a first run claims nothing of stages before; a renamed stage is followed under its old name")
    func renamed() throws {
        let workspace = try Workspace(Self.pipeline)
        try workspace.run()
        #expect(try !why(workspace, "sum").contains("gave the same as before"))
        // Renamed alone: the result is there. Renamed and changed, two stages at once: each finds its own past.
        let renamed = Self.pipeline.replacing("evens", with: "even")
        try workspace.write(renamed)
        #expect(try workspace.run().names("executed").isEmpty)
        #expect(try why(workspace, "even").contains("no field of its key has changed since run"))
        #expect(try why(workspace, "even").contains(", where it was called evens"))
        let both = renamed.replacing("numbers", with: "count").replacing("even:", with: "pairs:")
            .replacing("even.x", with: "pairs.x")
        try workspace.write(both)
        try workspace.run("--set", "params.count=21")
        let text = try why(workspace, "sum")
        #expect(text.contains("in.i changed (stage pairs)"), "\(text)")
        #expect(text.contains("it began with stage count: with.set.COUNT: 9 → 21"), "\(text)")
    }

    @Test("a beginning that several ways lead to is told once, first; what is told above is not told again")
    func diamond() throws {
        func pipeline(_ count: Int) -> String {
            """
            name: diamond
            stages:
              root: { uses: command, with: { argv: [sh, -c, "seq \(count) > {out.x}"], out: { x: x } } }
              left: { uses: command, in: { i: root.x }, with: { argv: [sh, -c, "echo left >> {out.x}; cat {in.i} >> {out.x}"], out: { x: x } } }
              right: { uses: command, in: { i: root.x }, with: { argv: [sh, -c, "echo right >> {out.x}; cat {in.i} >> {out.x}"], out: { x: x } } }
              still: { uses: command, in: { i: root.x }, with: { argv: [sh, -c, "test -e {in.i} && echo same > {out.x}"], out: { x: x } } }
              end:
                uses: command
                in: { i: [left.x, right.x, still.x], own: root.x }
                with: { argv: [sh, -c, "cat in/i/*/* > {out.x}"], out: { x: x } }
            """
        }
        let workspace = try Workspace(pipeline(2))
        try workspace.run()
        try workspace.write(pipeline(3))
        #expect(try workspace.run().names("executed").count == 5)
        let text = try why(workspace, "end")
        let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(lines.filter { $0.contains("it began") } == [lines[2]], "\(text)")
        #expect(lines[2].hasPrefix("it began with stage root: with.argv") && lines[2].contains("seq 2"), "\(text)")
        #expect(lines.filter { $0.contains("seq 2") }.count == 1, "\(text)")
        #expect(lines.contains("stage still ran, but gave the same as before"), "\(text)")
        #expect(lines.filter { $0 == "stage root: see above" }.count == 2, "\(text)")
        let document = try #require(try workspace.query("why", "end") as? [String: Any])
        #expect(document["beginnings"] as? [String] == ["root"])
    }

    @Test("plan --explain tells a stage's own edit though it waits for another")
    func ownEdit() throws {
        let workspace = try Workspace(
            """
            name: own
            stages:
              clean: { uses: command, in: { s: { file: a.sh } }, with: { argv: [cp, "{in.s}", "{out.x}"], out: { x: x } } }
              train: { uses: command, in: { i: clean.x, s: { file: b.sh } }, with: { argv: [cp, "{in.s}", "{out.x}"], out: { x: x } } }
            """)
        try workspace.write("1", to: "a.sh")
        try workspace.write("1", to: "b.sh")
        try workspace.run()
        try workspace.write("2", to: "a.sh")
        let plan = ["plan", "p.yaml", "--explain", "--store", "s"]
        let waits = try workspace.calm(plan).output
        #expect(waits.contains("train  wait    decided when clean is done"), "\(waits)")
        try workspace.write("2", to: "b.sh")
        let certain = try workspace.calm(plan).output
        #expect(
            certain.contains("train  wait    certain to run: in.s changed (file b.sh); and waits for clean\n"),
            "\(certain)")
        // What was executed once may do again.
        try workspace.write("1", to: "a.sh")
        try workspace.run()
        try workspace.write("1", to: "b.sh")
        try workspace.write("3", to: "a.sh")
        let reverted = try workspace.calm(plan).output
        #expect(reverted.contains("train  wait    in.s changed (file b.sh); decided when clean is done"), "\(reverted)")
    }

    @Test("another pipeline's stages say nothing of why a stage runs")
    func otherPipeline() throws {
        let stage = { (name: String, stage: String, word: String) in
            """
            name: \(name)
            stages:
              \(stage): { uses: command, with: { argv: [sh, -c, "echo \(word) > {out.x}"], out: { x: x } } }
            """
        }
        let workspace = try Workspace(stage("one", "rm", "a"))
        try workspace.run()
        for name in ["other", "rm"] {
            try workspace.write(stage("two-\(name)", name, "b-\(name)"))
            #expect(try workspace.run()[name]?.why == "no earlier execution")
        }
        // The same stage under another name, of the same pipeline.
        try workspace.write(stage("one", "renamed", "c"))
        #expect(
            try workspace.run()["renamed"]?.why.hasPrefix("no earlier execution; the nearest, rm, differs: ") == true)
    }

    @Test("a matrix stage's name lists its cells")
    func matrix() throws {
        let workspace = try Workspace(
            """
            name: cells
            stages:
              made: { uses: command, matrix: { word: [one, two] }, with: { argv: [sh, -c, "echo ${matrix.word} > {out.x}"], out: { x: x } } }
            """)
        try workspace.run()
        let text = try why(workspace, "made")
        #expect(text.contains("made[word=one]  executed  no earlier execution"), "\(text)")
        #expect(text.contains("made[word=two]  executed"), "\(text)")
        #expect(try (workspace.query("why", "made") as? [Any])?.count == 2)
    }
}
