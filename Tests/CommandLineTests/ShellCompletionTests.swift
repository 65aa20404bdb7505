import Foundation
import Testing

private let areShellsInstalled = installed("bash") != nil && installed("script") != nil

/// Completion in a real bash on a terminal: keys are typed, and what the shell then passes to the program is read.
@Suite(.enabled(if: areShellsInstalled, "needs bash and script(1)"))
struct ShellCompletionTests {
    /// Cells whose names would do something in a shell, and what is typed to complete each, before the tabulator.
    private static let cells: [(name: String, typed: [String])] = [
        ("q r", ["m[x=q", "m\\[x\\=q\\ ", "'m[x=q ", "\"m[x=q", "m[x=\"q ", "'m[x='q"]),
        ("$(touch ran)", ["m\\[x\\=\\$\\(t", "m[x=\"\\$(", "'m[x=$("]),
        ("`touch ran`", ["m[x=\\`", "\"m[x=\\`", "'m[x=`t"]),
        ("$HOME", ["m[x=\\$H", "'m[x=$H"]),
        ("b\\c", ["m[x=b", "'m[x=b\\", "m[x=b\\\\"]),
        ("it's", ["m[x=i", "'m[x=i", "\"m[x=i"]),
        ("d\"q!", ["m[x=d", "'m[x=d", "\"m[x=d"]),
        ("a:b", ["m[x=a", "m[x=a:", "m\\[x\\=a\\:"]),
        ("*", ["m[x=\\*", "'m[x="]),
    ]

    private func workspace(cells: [String]) throws -> Workspace {
        let values = cells.map { "\"\($0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"" }
        return try Workspace(
            """
            name: p
            stages:
              clean: { uses: command, with: { argv: [sh, -c, "echo > {out.x}"], out: { x: x } } }
              m:
                uses: command
                matrix: { x: [\(values.joined(separator: ", "))] }
                with: { argv: [sh, -c, "echo > {out.o}"], out: { o: o } }
            """)
    }

    /// Types each line, with a tabulator at its end, and gives the words that a program named `show` gets of it.
    private func words(of lines: [String], in workspace: Workspace) throws -> [[String]] {
        let calm = try CalmProcess.binary().path
        try workspace.write(
            """
            bind "set bell-style none"
            source <('\(calm)' --generate-completion-script bash)
            show() {
                if [[ $1 == ---completion ]]; then '\(calm)' "$@"; else printf '%s\\n' "$@" '' >> passed; fi
            }
            complete -o filenames -F __calm_whole_words show
            """, to: "rc")
        try workspace.write(lines.map { $0 + "\t\n" }.joined() + "exit\n", to: "typed")
        let bash = try #require(installed("bash")).path
        let session = "script -qec '\(bash) --rcfile rc -i' /dev/null < typed"
        let ending = try workspace.program(URL(fileURLWithPath: bash), ["-c", session])
        let passed = (try? String(contentsOf: workspace.file("passed"), encoding: .utf8)) ?? ""
        let words = passed.components(separatedBy: "\n\n").dropLast().map { $0.components(separatedBy: "\n") }
        #expect(words.count == lines.count, "\(ending.output)")
        return words
    }

    @Test("a cell's name is found by what is typed of it in any quotes, and inserted so that nothing of it is run")
    func cells() throws {
        for (name, typed) in Self.cells {
            // Alone, so that a short beginning is enough.
            let workspace = try workspace(cells: [name])
            let lines = typed.map { "show run p.yaml \($0)" }
            let found = try words(of: lines, in: workspace)
            for (line, words) in zip(lines, found) {
                #expect(words == ["run", "p.yaml", "m[x=\(name)]"], "\(line)")
            }
            #expect(!FileManager.default.fileExists(atPath: workspace.file("ran").path), "\(name) was run")
        }
    }

    @Test("names that share a beginning are told apart, and listing them runs nothing")
    func several() throws {
        let workspace = try workspace(cells: Self.cells.map(\.name))
        let found = try words(
            of: ["show run p.yaml m", "show run p.yaml m[x=", "show run p.yaml m[x=q"], in: workspace)
        #expect(found.last == ["run", "p.yaml", "m[x=q r]"])
        #expect(!FileManager.default.fileExists(atPath: workspace.file("ran").path))
    }

    @Test("a stage isn't taken for the folder of its name; folders, options' values and later words complete too")
    func others() throws {
        let workspace = try workspace(cells: ["a"])
        for folder in ["clean", "sub folder"] {
            try FileManager.default.createDirectory(at: workspace.file(folder), withIntermediateDirectories: true)
        }
        let found = try words(
            of: [
                "show run p.yaml cl", "show run su", "show run --store=su", "show run p.yaml clean m[x=a",
                "show run \"p.yaml\" m[x=",
            ], in: workspace)
        #expect(
            found == [
                ["run", "p.yaml", "clean"], ["run", "sub folder/"], ["run", "--store=sub folder/"],
                ["run", "p.yaml", "clean", "m[x=a]"], ["run", "p.yaml", "m[x=a]"],
            ])
    }
}
