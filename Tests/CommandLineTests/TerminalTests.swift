import Foundation
import Testing

/// What commands write where only ASCII can be shown.
@Suite struct PlainTextTests {
    @Test("words for people are ASCII and stay aligned, JSON is as anywhere")
    func ascii() throws {
        let workspace = try Workspace(
            """
            name: p
            params: { word: one }
            stages:
              a: { uses: command, with: { argv: [sh, -c, "echo $W > {out.x}"], out: { x: x }, set: { W: "${params.word}" } } }
            """)
        let runs = try ["one", "zwölf"].compactMap { try workspace.run("--set", "params.word=\($0)").run }
        func calm(_ arguments: [String], locale: String) throws -> CalmProcess.Ending {
            try CalmProcess(
                CalmProcess.binary(), arguments + ["--store", "s"], in: workspace.folder,
                environment: ["LC_ALL": locale]
            ).wait()
        }
        let asked = [
            ["why", "a"], ["diff"] + runs, ["show", "latest"], ["plan", "p.yaml", "--explain"], ["report"] + runs,
            ["show", "tür"],
        ]
        for arguments in asked {
            let plain = try calm(arguments, locale: "C")
            #expect((plain.output + plain.errors).utf8.allSatisfy { $0 < 0x80 }, "\(plain)")
            #expect(try calm(arguments, locale: "C.UTF-8").exit == plain.exit)
        }
        #expect(try calm(["why", "a"], locale: "C").output.contains("one -> zwoelf"))
        #expect(try calm(["why", "a"], locale: "en_GB.utf8").output.contains("one → zwölf"))
        #expect(try calm(["why", "a", "--json"], locale: "C").output.contains("zwölf"))
        #expect(try calm(["show", "tür"], locale: "C").errors.hasPrefix("error: nothing is called 'tuer'"))
    }
}

/// `calm run` where it believes to be on a terminal, by script(1).
@Suite(.enabled(if: installed("script") != nil, "needs script(1)")) struct TerminalTests {
    private static let pipeline = """
        name: live
        stages:
          first: { uses: command, with: { shell: true, argv: ["sleep 1; echo 1 > {out.x}"], out: { x: x } } }
          second: { uses: command, in: { i: first.x }, with: { argv: [cp, "{in.i}", "{out.x}"], out: { x: x } } }
        """

    /// What a run writes to a terminal of 60 columns.
    private func written(_ environment: [String: String]) throws -> String {
        let workspace = try Workspace(TerminalTests.pipeline)
        let script = try #require(installed("script"))
        let command = "stty cols 60 rows 20; exec '\(try CalmProcess.binary().path)' run p.yaml --store s"
        let base = ["CI": "", "NO_COLOR": "", "TERM": "xterm", "LC_ALL": "C.UTF-8"]
        let ending = try CalmProcess(
            script, ["-qec", command, "/dev/null"], in: workspace.folder, environment: base.merging(environment) { $1 }
        ).wait()
        #expect(ending.exit == 0)
        return ending.output
    }

    @Test("live lines are drawn and taken back; what is left are the lines of what is done")
    func live() throws {
        let text = try written([:])
        #expect(text.contains("0 of 2 stages done, 1 running"))
        #expect(text.contains("\u{1B}[J") && text.contains("\u{1B}[32m✓\u{1B}[0m first"))
        #expect(text.contains("2 stages, 2 executed, 0 cached"))
        // The sign in front turns while a stage says nothing.
        #expect(Set(text.filter { ("⠋"..."⠿").contains($0) }).count >= 3)
    }

    @Test("NO_COLOR takes the colour, TERM=dumb and CI all that moves, LC_ALL=C all but ASCII")
    func plain() throws {
        let colourless = try written(["NO_COLOR": "1"])
        #expect(colourless.contains("\u{1B}[J") && !colourless.contains("\u{1B}[3") && colourless.contains("✓ first"))
        let dumb = try written(["TERM": "dumb"])
        #expect(!dumb.contains("\u{1B}") && dumb.contains("… first") && dumb.contains("✓ first"))
        #expect(try !written(["CI": "true"]).contains("\u{1B}[J"))
        let ascii = try written(["LC_ALL": "C"])
        #expect(ascii.utf8.allSatisfy { $0 < 0x80 } && ascii.contains("\u{1B}[32m+\u{1B}[0m first"))
    }
}
