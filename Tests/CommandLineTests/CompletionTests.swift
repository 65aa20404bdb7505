import Foundation
import Testing

/// What a shell's completion asks `calm` for, by the words that the generated scripts use.
@Suite struct CompletionTests {
    private static let pipeline = """
        name: p
        stages:
          clean: { uses: command, with: { argv: [sh, -c, "echo > {out.x}"], out: { x: x } } }
          scores:
            uses: command
            matrix: { n: [1, 2] }
            in: { i: clean.x }
            with: { argv: [cp, "{in.i}", "{out.y}"], out: { y: y }, set: { N: "${matrix.n}" } }
        """

    /// The lines offered for the last word.
    private func offers(
        _ workspace: Workspace, _ command: String, _ argument: String, _ words: String...
    ) throws -> [String] {
        let line = ["calm", command] + words
        let (index, cursor) = (line.count - 1, line.last?.count ?? 0)
        let ending = try workspace.calm(
            ["---completion", command, "--", argument, "\(index)", "\(cursor)"] + line)
        #expect(ending.exit == 0 && ending.errors.isEmpty, "\(words): \(ending)")
        return ending.output.split(separator: "\n").map(String.init)
    }

    @Test("stages of the pipeline on the command line, runs, pins, outputs and pipelines")
    func names() throws {
        let workspace = try Workspace(Self.pipeline)
        let stages = ["clean", "scores", "scores[n=1]", "scores[n=2]"]
        #expect(try offers(workspace, "run", "positional@1", "p.yaml", "").sorted() == stages)
        #expect(try offers(workspace, "run", "positional@1", "p.yaml", "sc").sorted() == Array(stages.dropFirst()))
        #expect(try offers(workspace, "run", "--force-stage", "p.yaml", "--force-stage", "c") == ["clean"])
        #expect(try offers(workspace, "run", "positional@0", "p") == ["p.yaml"])
        let run = try #require(try workspace.run().run)
        #expect(try workspace.calm("pin", "base", "latest", "--store", "s").exit == 0)
        #expect(try offers(workspace, "why", "positional@0", "--store", "s", "cl") == ["clean"])
        #expect(try offers(workspace, "log", "--run", "clean", "--store=s", "--run", "2") == [run])
        #expect(try offers(workspace, "unpin", "positional@0", "--store", "s", "") == ["base"])
        #expect(
            try offers(workspace, "run", "--baseline", "p.yaml", "--store", "s", "--baseline", "") == [
                "base", "latest", run,
            ])
        #expect(try offers(workspace, "show", "positional@0", "--store", "s", "clean.") == ["clean.x"])
    }

    @Test("bash's compgen gives names with spaces, quotes and dollars as they are, and runs nothing")
    func bash() throws {
        let workspace = try Workspace(
            """
            name: p
            stages:
              m:
                uses: command
                matrix: { x: [q r, "it's", $(touch ran), b\\c] }
                with: { argv: [sh, -c, "echo > {out.o}"], out: { o: o } }
            """)
        let words = ["---completion", "run", "--", "positional@1", "3", "0", "calm", "run", "p.yaml", ""]
        let process = try CalmProcess(
            CalmProcess.binary(), words, in: workspace.folder, environment: ["SAP_SHELL": "bash"])
        let offered = try process.wait().output
        let shell = URL(fileURLWithPath: "/bin/bash")
        guard FileManager.default.isExecutableFile(atPath: shell.path) else { return }
        let script = "IFS=$'\\n' compgen -W \"$1\" -- ''"
        let ending = try workspace.program(shell, ["-c", script, "bash", offered])
        let cells = ["q r", "it's", "$(touch ran)", "b\\c"].map { "m[x=\($0)]" }
        #expect(ending.output.split(separator: "\n").map(String.init) == ["m"] + cells, "\(ending)")
        #expect(!FileManager.default.fileExists(atPath: workspace.file("ran").path))
    }

    @Test("where nothing can be read, nothing is offered, said or made")
    func nothing() throws {
        let workspace = try Workspace("name: [broken")
        #expect(try offers(workspace, "run", "positional@1", "p.yaml", "") == [])
        #expect(try offers(workspace, "show", "positional@0", "--store", "s", "") == ["latest"])
        try FileManager.default.createDirectory(at: workspace.store, withIntermediateDirectories: true)
        try workspace.write("junk", to: "s/catalogue.sqlite")
        #expect(try offers(workspace, "unpin", "positional@0", "--store", "s", "") == [])
        #expect(try offers(workspace, "why", "positional@0", "--store", "s", "") == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: workspace.store.path) == ["catalogue.sqlite"])
        #expect(!FileManager.default.fileExists(atPath: workspace.file("artifacts").path))
    }

    @Test("scripts for the three shells", arguments: ["bash", "zsh", "fish"])
    func scripts(_ shell: String) throws {
        let workspace = try Workspace()
        let script = try workspace.calm("--generate-completion-script", shell)
        #expect(script.exit == 0 && script.output.contains("---completion"), "\(script.errors)")
        guard let program = installed(shell) else { return }
        try workspace.write(script.output, to: "script")
        #expect(try workspace.program(program, ["-n", "script"]).exit == 0, "\(shell) can't read its script")
    }
}
