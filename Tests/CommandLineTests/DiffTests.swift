import Foundation
import Testing

/// `calm diff` and `calm runs --where`, over three runs of one pipeline.
@Suite struct DiffTests {
    private static let pipeline = """
        name: diffed
        params: { word: one }
        stages:
          same: { uses: command, with: { shell: true, argv: ["echo same > {out.x}"], out: { x: x } } }
          made:
            uses: command
            in: { f: { file: f.txt } }
            with:
              shell: true
              argv: ["cat {in.f} > {out.x}; echo $WORD >> {out.x}"]
              out: { x: x }
              set: { WORD: "${params.word}" }
          read: { uses: command, in: { i: made.x }, with: { shell: true, argv: ["wc -c < {in.i} > {out.y}"], out: { y: y } } }
        """

    private func ran() throws -> Workspace {
        let workspace = try Workspace(Self.pipeline)
        try workspace.write("hello\n", to: "f.txt")
        #expect(try workspace.run().exit == 0)
        #expect(try workspace.run("--set", "params.word=two").exit == 0)
        try workspace.write("other\n", to: "f.txt")
        try workspace.write(
            Self.pipeline.replacingOccurrences(of: "  same:", with: "  more:"), to: "p.yaml")
        #expect(try workspace.run("--set", "params.word=two").exit == 0)
        return workspace
    }

    private func stages(_ document: [String: Any]) throws -> [String: [String: Any]] {
        let list = try #require(document["stages"] as? [[String: Any]])
        return try Dictionary(uniqueKeysWithValues: list.map { (try #require($0["name"] as? String), $0) })
    }

    @Test("shows where long parameters differ, whole only in JSON")
    func longParameters() throws {
        let workspace = try Workspace(Self.pipeline)
        try workspace.write("hello\n", to: "f.txt")
        let long = String(repeating: "a", count: 500)
        for end in ["x", "y"] { #expect(try workspace.run("--set", "params.word=\(long)\(end)").exit == 0) }
        let text = try workspace.calm("diff", "--store", "s").output
        #expect(!text.contains(String(repeating: "a", count: 100)) && text.contains("ax → …"), "\(text)")
        let document = try #require(try workspace.query("diff") as? [String: Any])
        #expect((document["parameters"] as? [[String: String]])?.first?["now"] == long + "y")
    }

    @Test("a stage where a run is expected is told from one, and STAGE@RUN names both")
    func references() throws {
        let workspace = try Workspace(Self.pipeline)
        try workspace.write("hello\n", to: "f.txt")
        #expect(try workspace.run().exit == 0)
        let metrics = try workspace.calm("metrics", "made", "--store", "s")
        #expect(
            metrics.exit != 0
                && metrics.errors.contains("'made' is a stage, expected a run: `calm metrics --stage made`"))
        let run = try #require((try workspace.query("runs") as? [[String: Any]])?.first?["run"] as? String)
        let log = try workspace.calm("log", "made", "--run", run, "--store", "s")
        for name in ["made@\(run)", "made@latest"] {
            let other = try workspace.calm("log", name, "--store", "s")
            #expect(other.exit == log.exit && other.output == log.output, "\(other)")
        }
        let twice = try workspace.calm("log", "made@\(run)", "--run", run, "--store", "s")
        #expect(twice.errors.contains("names a run, and so does"))
        #expect(try workspace.calm("log", "made@none", "--store", "s").errors.contains("no run is called 'none'"))
    }

    @Test("names parameters, inputs, outputs, added and removed stages")
    func diff() throws {
        let workspace = try ran()
        let runs = try #require(try workspace.query("runs") as? [[String: Any]]).compactMap { $0["run"] as? String }
        let first = try #require(try workspace.query("diff", runs[2], runs[1]) as? [String: Any])
        #expect(first["same"] as? Bool == false)
        let parameters = try #require(first["parameters"] as? [[String: String]])
        #expect(parameters == [["name": "word", "before": "one", "now": "two"]])
        var found = try stages(first)
        #expect(found.mapValues { $0["change"] as? String } == ["same": "same", "made": "changed", "read": "changed"])
        let made = try #require(found["made"])
        let fields = (made["differences"] as? [[String: Any]])?.compactMap { $0["field"] as? String }
        #expect(fields == ["with.set.WORD"])
        #expect((made["outputs"] as? [[String: Any]])?.count == 1)
        #expect((made["seconds"] as? [String: Any])?["before"] as? Double != nil)

        let second = try #require(try workspace.query("diff") as? [String: Any])
        found = try stages(second)
        #expect(
            found.mapValues { $0["change"] as? String } == [
                "same": "removed", "more": "added", "made": "changed", "read": "changed",
            ])
        let inputs = (found["made"]?["differences"] as? [[String: Any]])?.compactMap { $0["field"] as? String }
        #expect(inputs == ["in.f"])
        let text = try workspace.calm("diff", "--store", "s")
        #expect(text.exit == 0 && text.output.contains("in.f changed (file "))
        #expect(text.output.contains("removed") && text.output.contains("added"))
        #expect(try workspace.calm("diff", "latest", "latest", "--exit-code", "--store", "s").exit == 0)
        #expect(try workspace.calm("diff", "--exit-code", "--store", "s").exit == 1)
    }

    @Test("differences of metrics read as people would write them")
    func fractions() throws {
        let pipeline = { (value: String) in
            """
            name: measured
            stages:
              score:
                uses: command
                with: { shell: true, argv: ["echo 1 > {out.x}; echo '{\\"share\\": \(value)}' > m.json"], out: { x: x }, metrics: m.json }
            """
        }
        let workspace = try Workspace(pipeline("0.7"))
        #expect(try workspace.run().exit == 0)
        try workspace.write(pipeline("0.9"))
        #expect(try workspace.run().exit == 0)
        let text = try workspace.calm("diff", "--store", "s").output
        let row = try #require(text.split(separator: "\n").first { $0.contains("score.share") })
        #expect(row.contains("0.7 → 0.9") && row.hasSuffix("+0.2"))
        try workspace.write(pipeline("1234567.9"))
        #expect(try workspace.run().exit == 0)
        #expect(try workspace.calm("diff", "--store", "s").output.contains("+1234567\n"))
    }

    @Test("metrics and gates that changed are named")
    func metrics() throws {
        let workspace = try LearningRun.shared.get()
        let text = try workspace.calm("diff", "latest", "latest", "--store", "s")
        #expect(text.exit == 0 && text.output.contains("no difference but in times"))
        #expect(try workspace.calm("diff", "--store", "s").exit == 2)
    }

    @Test("of a run under way, stages that it has not come to are not called removed; metrics and gates come first")
    func underWay() throws {
        let workspace = try Workspace()
        func pipeline(_ word: String, gone: Bool = false) -> String {
            """
            name: way
            stages:
            \(gone ? "" : "  gone: { uses: command, with: { argv: [sh, -c, 'echo > {out.x}'], out: { x: x } } }")
              one:
                uses: command
                with: { argv: [sh, -c, "echo \(word) > {out.x}; echo '{\\"m\\": 1.\(word.utf8.count)}' > m.json"], out: { x: x }, metrics: m.json }
                expect: { m: ">= 1" }
              two: { uses: command, in: { i: one.x }, with: { argv: [sh, -c, "while [ ! -e \(workspace.folder.path)/go ]; do sleep 0.05; done; cp {in.i} {out.x}"], out: { x: x } } }
            """
        }
        try workspace.write(pipeline("a"))
        try workspace.write("", to: "go")
        #expect(try workspace.run().exit == 0)
        try FileManager.default.removeItem(at: workspace.file("go"))
        try workspace.write(pipeline("bb", gone: true))
        let run = try workspace.start()
        var found: [String: String?] = [:]
        let isReached = eventually {
            let document = try? workspace.query("diff") as? [String: Any]
            found = ((try? document.map(stages)) ?? [:]).mapValues { $0["change"] as? String }
            return found["one"] == "changed"
        }
        #expect(isReached && found == ["one": "changed", "two": "not-reached", "gone": "removed"], "\(found)")
        #expect(try workspace.calm("diff", "--store", "s").output.contains("two   not reached yet"))
        try workspace.write("", to: "go")
        #expect(try run.wait().exit == 0)
        let text = try workspace.calm("diff", "--store", "s").output
        let places = ["\nmetrics\n", "\ngates\n", "\nstages\n", "\noutputs\n"].map {
            text.firstRange(of: $0)?.lowerBound
        }
        #expect(
            places.allSatisfy { $0 != nil } && places.compactMap(\.self) == places.compactMap(\.self).sorted(),
            "\(text)")
        #expect(text.contains("one.m >= 1  passed (1.1) → passed (1.2)"), "\(text)")
    }

    @Test("runs are filtered; a mistake names its place")
    func filtered() throws {
        let workspace = try ran()
        let words = ["--where", "params.word = two and stage.made = executed"]
        let found = try #require(try workspace.query("runs", words[0], words[1]) as? [[String: Any]])
        #expect(found.count == 2)
        #expect(
            try workspace.calm("runs", "--where", "exit = 4", "--store", "s").output == "no run for which this holds\n")
        let wrong = try workspace.calm("runs", "--where", "exit = 0 and metrik.x > 1", "--store", "s")
        #expect(wrong.exit == 2 && wrong.output.isEmpty)
        #expect(wrong.errors.hasPrefix("error: --where: column 14: unknown field 'metrik.x'. Fields are run, "))
    }
}
