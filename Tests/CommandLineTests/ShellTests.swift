import Foundation
import Testing

/// Shell scripts: where they stop, and what names do to them.
@Suite struct ShellTests {
    private func pipeline(_ script: String, _ more: String = "shell: true") -> String {
        let indented = script.split(separator: "\n", omittingEmptySubsequences: false).map { "          \($0)\n" }
            .joined()
        return """
            name: sh
            stages:
              a:
                uses: command
                in: { table: { file: "my $(touch pwned) data.csv" } }
                with:
                  \(more)
                  argv:
                    - |
            \(indented.replacing("          ", with: "            "))      out: { o: "my o.txt" }
            """
    }

    private func workspace(_ script: String, _ more: String = "shell: true") throws -> Workspace {
        let workspace = try Workspace(pipeline(script, more))
        try workspace.write("1\n2\n", to: "my $(touch pwned) data.csv")
        return workspace
    }

    @Test(
        "a failure anywhere in a script fails the stage",
        arguments: [
            "cat missing.csv > x\necho done > {out.o}", "false | cat > {out.o}", "echo $UNSET > {out.o}",
            "x=$(false); echo done > {out.o}", "(exit 7); echo done > {out.o}",
            "cat {in.table} | missing-program | cat > {out.o}",
        ])
    func stops(_ script: String) throws {
        let workspace = try workspace(script)
        let run = try workspace.run()
        #expect(run.exit == 4 && run.states == ["a": "failed"])
        // It isn't taken for done the next time either.
        #expect(try workspace.run().exit == 4)
    }

    @Test("with shell: lenient a script goes on, as its exit status says")
    func lenient() throws {
        #expect(try workspace("false | cat; false; echo $UNSET > {out.o}", "shell: lenient").run().exit == 0)
        #expect(try workspace("echo 1 > {out.o}; false", "shell: lenient").run().exit == 4)
    }

    @Test("shell: sh stops at the first failure, shell: bash in a pipe too")
    func named() throws {
        #expect(try workspace("false\necho 1 > {out.o}", "shell: sh").run().exit == 4)
        #expect(try workspace("false | cat > {out.o}", "shell: bash").run().exit == 4)
        let other = try workspace("true", "shell: fish").calm("validate", "p.yaml")
        #expect(other.exit == 3 && other.errors.contains("'bash', 'sh' or 'lenient'"), "\(other.errors)")
    }

    @Test("who reads less than it is given is named when that ends a pipe")
    func closedPipe() throws {
        let run = try workspace("yes | head -n 1 > {out.o}").run()
        #expect(run.exit == 4 && run["a"]?.why.contains("SIGPIPE") == true, "\(run)")
    }

    @Test("inputs and outputs of any name are what the script means, quoted or not", arguments: ["", "\"", "'"])
    func names(_ quote: String) throws {
        let workspace = try workspace(
            "wc -l < \(quote){in.table}\(quote) | tr -d ' ' > \(quote){out.o}\(quote)\ntest ! -e pwned")
        let run = try workspace.run()
        #expect(run.exit == 0, "\(run)")
        #expect(!FileManager.default.fileExists(atPath: workspace.file("pwned").path))
    }

    @Test("in an argv of its own a shell's script is quoted, other arguments aren't")
    func argv() throws {
        let workspace = try Workspace(
            """
            name: argv
            stages:
              a:
                uses: command
                in: { t: { file: "a b.csv" } }
                with: { argv: [/bin/bash, -ec, "cmp {in.t} \\"$1\\"; cp {in.t} {out.o}", _, "{in.t}"], out: { o: -o } }
            """)
        try workspace.write("1\n", to: "a b.csv")
        #expect(try workspace.run().exit == 0)
    }

    @Test("a program's path is seen from the working folder")
    func paths() throws {
        let workspace = try Workspace(
            """
            name: paths
            stages:
              own: { uses: command, in: { p: { file: p.sh } }, with: { argv: [sh, -c, "cp {in.p} p; chmod +x p; ./p > {out.o}"], out: { o: o } } }
              absolute: { uses: command, with: { argv: [/bin/sh, -c, "echo 1 > {out.o}"], out: { o: o } } }
              outside: { uses: command, with: { argv: [../program], out: { o: o } } }
            """)
        try workspace.write("#!/bin/sh\necho 1\n", to: "p.sh")
        try FileManager.default.createDirectory(at: workspace.file("s"), withIntermediateDirectories: true)
        let run = try workspace.run("--keep-going")
        #expect(run.states == ["own": "executed", "absolute": "executed", "outside": "failed"])
        // Beside the working folder, not beside its parent.
        try FileManager.default.copyItem(at: workspace.file("p.sh"), to: workspace.file("s/program"))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: workspace.file("s/program").path)
        #expect(try workspace.run("--keep-going")["outside"]?.why.contains("can't start ../program") == true)
    }

    @Test("a script is quoted behind programs that run a shell", arguments: ["./run, sh, -c", "env, -S, sh -c"])
    func wrappers(_ words: String) throws {
        let workspace = try Workspace(
            """
            name: wrapped
            stages:
              a:
                uses: command
                in: { t: { file: "$(touch pwned) x.csv" }, run: { file: run } }
                with: { argv: [sh, -ec, 'cp {in.run} run; chmod +x run; "$@"; test ! -e pwned', _, \(words), "cat {in.t} > {out.o}"], out: { o: o } }
            """)
        try workspace.write("1\n", to: "$(touch pwned) x.csv")
        try workspace.write("#!/bin/sh\nexec \"$@\"\n", to: "run")
        let run = try workspace.run()
        #expect(run.exit == 0, "\(run)")
    }

    @Test("an output that the program left unreadable is read: it is the stage's own")
    func unreadable() throws {
        let run = try workspace("echo 1 > {out.o}; chmod 0 {out.o}").run()
        #expect(run.exit == 0, "\(run)")
    }
}
