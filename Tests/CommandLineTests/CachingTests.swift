import Foundation
import Testing

@Suite struct CachingTests {
    /// `words` counts the words of a file, `report` reads that count, `other` depends on a parameter alone.
    private static let pipeline = """
        name: caching
        params: { greeting: hello, unused: 1 }
        stages:
          words:
            uses: command
            in: { text: { file: text.txt } }
            with: { shell: true, argv: ["wc -w < {in.text} > {out.count}"], out: { count: count } }
          report:
            uses: command
            in: { count: words.count }
            with:
              argv: [sh, -c, 'cp {in.count} {out.report}; echo "{}" > m.json']
              out: { report: report }
              metrics: m.json
          other:
            uses: command
            with: { argv: [sh, -c, "echo $WORD > {out.x}"], out: { x: x }, set: { WORD: "${params.greeting}" } }
          after:
            uses: command
            in: { x: other.x }
            with: { argv: [cp, "{in.x}", "{out.y}"], out: { y: y } }
        """

    /// A workspace in which the pipeline has run.
    private func ran() throws -> (Workspace, RunDocument) {
        let workspace = try Workspace(CachingTests.pipeline)
        try workspace.write("one two\n", to: "text.txt")
        let document = try workspace.run()
        #expect(document.exit == 0 && document.names("executed").count == 4)
        return (workspace, document)
    }

    @Test("a second run executes nothing and gives the same")
    func again() throws {
        let (workspace, first) = try ran()
        let second = try workspace.run()
        #expect(second.names("cached") == ["words", "report", "other", "after"])
        #expect(second.stages.map(\.outputs) == first.stages.map(\.outputs))
    }

    @Test("another parameter reruns exactly what depends on it, and says why")
    func setting() throws {
        let (workspace, _) = try ran()
        #expect(try workspace.run("--set", "params.unused=2").names("executed").isEmpty)
        let plan = try workspace.calm("plan", "p.yaml", "--store", "s", "--set", "params.greeting=bye")
        #expect(plan.exit == 0 && plan.output.contains("with.set.WORD: hello → bye"), "\(plan.output)")
        #expect(plan.output.contains("decided when other is done"))
        let changed = try workspace.run("--set", "params.greeting=bye")
        #expect(changed.names("executed") == ["other", "after"] && changed.names("cached") == ["words", "report"])
        #expect(changed["other"]?.why == "with.set.WORD: hello → bye")
        #expect(changed["after"]?.why == "in.x changed (stage other)")
        let why = try workspace.calm("why", "other", "--store", "s")
        #expect(why.exit == 0 && why.output.contains("executed") && why.output.contains("with.set.WORD: hello → bye"))
        // What ran before is still there.
        #expect(try workspace.run().names("executed").isEmpty)
    }

    @Test("an edited file reruns its readers; where they give the same bytes, the change ends")
    func editing() throws {
        let (workspace, first) = try ran()
        try workspace.write("three four\n", to: "text.txt")
        let same = try workspace.run()
        #expect(same.names("executed") == ["words"] && same["words"]?.outputs == first["words"]?.outputs)
        #expect(same["words"]?.why.contains("in.text changed (file text.txt)") == true)
        try workspace.write("one two three\n", to: "text.txt")
        let other = try workspace.run()
        #expect(other.names("executed") == ["words", "report"] && other["report"]?.outputs != first["report"]?.outputs)
    }

    @Test("a file written anew with the same bytes reruns nothing")
    func touching() throws {
        let (workspace, _) = try ran()
        try workspace.write("one two\n", to: "text.txt")
        #expect(try workspace.run().names("executed").isEmpty)
    }

    @Test("a description, comments, a gate, a timeout and another order of stages rerun nothing")
    func rewriting() throws {
        let (workspace, _) = try ran()
        let lines = CachingTests.pipeline.split(separator: "\n").map(String.init)
        let start = try #require(lines.firstIndex(of: "  other:"))
        let (head, words, others) = (lines[..<3], lines[3..<start], lines[start...])
        let gated = words.flatMap { $0 == "  words:" ? ["  # counts", $0, "    timeout: 60"] : [$0] }
        let text = ["description: the same"] + head + others + gated + ["    expect: { m: \">= 0\" }"]
        try workspace.write(text.joined(separator: "\n"))
        let document = try workspace.run()
        #expect(document.names("cached") == ["other", "after", "words", "report"])
        #expect(document.exit == 1 && document.gates.map(\.stage) == ["report"])
    }

    @Test("a stage that fails leaves what it gave before, and the change taken back finds it")
    func failing() throws {
        let (workspace, first) = try ran()
        try workspace.write(
            CachingTests.pipeline.replacing("wc -w < {in.text} > {out.count}", with: "echo 0 > {out.count}; exit 1"))
        let failed = try workspace.run()
        #expect(failed.exit == 4 && failed["words"]?.state == "failed" && failed["report"]?.state == "skipped")
        try workspace.write(CachingTests.pipeline)
        let back = try workspace.run()
        #expect(back.names("executed").isEmpty && back.stages.map(\.outputs) == first.stages.map(\.outputs))
    }

    @Test("--force executes every stage, --force-stage one, and both say that the bytes are the same")
    func force() throws {
        let (workspace, first) = try ran()
        let all = try workspace.run("--force")
        #expect(all.names("executed").count == 4 && all.stages.map(\.outputs) == first.stages.map(\.outputs))
        let one = try workspace.run("--force-stage", "words")
        #expect(one.names("executed") == ["words"])
        #expect(one["words"]?.why == "--force; gave the same outputs as before")
    }

    @Test("a forced stage that gives other bytes is called out, and its readers rerun")
    func unrepeatable() throws {
        let workspace = try Workspace(
            """
            name: unrepeatable
            stages:
              a: { uses: command, with: { shell: true, argv: ["cat /proc/sys/kernel/random/uuid > {out.x}"], out: { x: x } } }
              b: { uses: command, in: { i: a.x }, with: { argv: [cp, "{in.i}", "{out.x}"], out: { x: x } } }
            """)
        #expect(try workspace.run().exit == 0)
        let forced = try workspace.run("--force-stage", "a")
        #expect(forced.names("executed") == ["a", "b"])
        #expect(forced["a"]?.why.contains("isn't reproducible") == true)
    }

    @Test("--dry-run and plan run nothing and record no run")
    func dryRun() throws {
        let workspace = try Workspace(CachingTests.pipeline)
        try workspace.write("one two\n", to: "text.txt")
        let dry = try workspace.calm("run", "p.yaml", "--store", "s", "--dry-run")
        #expect(dry.exit == 0 && dry.output.contains("no earlier execution"))
        #expect(try workspace.calm("plan", "p.yaml", "--store", "s").output == dry.output)
        #expect((try workspace.query("runs") as? [Any])?.isEmpty == true)
        #expect((try workspace.query("store", "stats") as? [String: Int])?["executions"] == 0)
        #expect(try workspace.run().names("executed").count == 4)
        let planned = try workspace.calm("run", "p.yaml", "--store", "s", "--dry-run", "--json")
        let plan = try JSONSerialization.jsonObject(with: Data(planned.output.utf8)) as? [String: Any]
        let decisions = (plan?["stages"] as? [[String: Any]])?.compactMap { $0["decision"] as? String }
        #expect(decisions == ["cached", "cached", "cached", "cached"])
        #expect((try workspace.query("runs") as? [Any])?.count == 1)
    }

    @Test(
        "however many runs follow one another, the catalogue's write-ahead log stays short, and with it what each reads first"
    )
    func writeAheadLog() throws {
        let stages = (0..<100).map(String.init).joined(separator: ", ")
        let workspace = try Workspace(
            """
            name: wide
            stages:
              copy:
                uses: command
                matrix: { item: [\(stages)] }
                in: { source: { file: source.txt } }
                with: { argv: [cp, "{in.source}", "{out.copy}"], out: { copy: "${matrix.item}" } }
            """)
        try workspace.write("source", to: "source.txt")
        try workspace.run()
        let log = workspace.file("s/catalogue.sqlite-wal")
        var frames = 0
        for _ in 0..<50 {
            try workspace.run()
            // The file keeps the size that it once had.
            frames = try Data(contentsOf: log, options: .mappedIfSafe).count / (24 + 4096)
        }
        #expect((200...330).contains(frames), "\(frames) frames")
    }
}
