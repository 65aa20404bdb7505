import Foundation
import Testing

@Suite struct ExitCodeTests {
    /// A pipeline, how its run ends, and what its JUnit report counts.
    struct Run: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let exit: Int32
        var failures = 0
        var errors = 0
        var skipped = 0
        /// Words that standard error must have.
        var words: [String] = []
        let stages: String

        var pipeline: String { "name: exits\nstages:\n" + stages }
    }

    private static let good = "with: { shell: true, argv: [\"echo 1 > {out.x}\"], out: { x: x } }"

    static let begun = [
        Run(testDescription: "success", exit: 0, stages: "  a: { uses: command, \(good) }\n"),
        Run(
            testDescription: "a gate missed", exit: 1, failures: 1, words: ["m", ">= 1", "0.5"],
            stages: """
                  a:
                    uses: command
                    with:
                      shell: true
                      argv: ["echo 1 > {out.x}; echo '{\\"m\\": 0.5}' > m.json"]
                      out: { x: x }
                      metrics: m.json
                    expect: { m: ">= 1" }

                """),
        Run(
            testDescription: "a program exits 3", exit: 4, errors: 1, skipped: 2,
            words: ["exited with status 3", "oh no"],
            stages: """
                  a:
                    uses: command
                    with: { shell: true, argv: ["echo oh no >&2; exit 3"], out: { x: x } }
                  b:
                    uses: command
                    in: { i: a.x }
                    with: { argv: [cp, "{in.i}", "{out.x}"], out: { x: x }, metrics: m.json }
                    expect: { m: ">= 1" }

                """),
        Run(
            testDescription: "a program is killed", exit: 4, errors: 1, words: ["signal 9 (SIGKILL)"],
            stages: "  a: { uses: command, with: { shell: true, argv: [\"kill -9 $$\"], out: { x: x } } }\n"),
        Run(
            testDescription: "a program takes too long", exit: 4, errors: 1, words: ["timeout of 0.2 seconds"],
            stages: "  a: { uses: command, timeout: 0.2, with: { argv: [sleep, \"30\"], out: { x: x } } }\n"),
        Run(
            testDescription: "a program writes no output", exit: 4, errors: 1, words: ["didn't write its output 'x'"],
            stages: "  a: { uses: command, with: { argv: [\"true\"], out: { x: x } } }\n"),
    ]

    static let invalid = [
        Run(
            testDescription: "an unknown kind", exit: 3, errors: 1,
            words: ["p.yaml:3:14: error:", "unknown stage kind 'comand'; did you mean 'command'?"],
            stages: "  a: { uses: comand, \(good) }\n"),
        Run(
            testDescription: "a cycle", exit: 3, errors: 1, words: ["p.yaml:3:", "cycle"],
            stages: """
                  a: { uses: command, in: { i: b.x }, \(good) }
                  b: { uses: command, in: { i: a.x }, \(good) }

                """),
        Run(
            testDescription: "a wrong input type", exit: 3, errors: 1,
            words: ["p.yaml:4:", "takes token-corpus, but 'a.x' is file"],
            stages: """
                  a: { uses: command, \(good) }
                  b: { uses: model.train, in: { corpus: a.x } }

                """),
        Run(
            testDescription: "a missing input file", exit: 3, errors: 1,
            words: ["p.yaml:3:", "no such file: 'no.txt'"],
            stages: "  a: { uses: command, in: { i: { file: no.txt } }, \(good) }\n"),
        Run(
            testDescription: "a gate that no metric can meet", exit: 3, errors: 1,
            words: [
                "p.yaml:6:15: error: stage 'a': gate on 'm': a command gives metrics only with the parameter 'metrics'"
            ],
            stages: """
                  a:
                    uses: command
                    \(good)
                    expect: { m: ">= 1" }

                """),
        Run(
            testDescription: "several errors at once", exit: 3, errors: 1,
            words: ["p.yaml:3:14: error:", "p.yaml:4:", "p.yaml:5:", "'nosuch'"],
            stages: """
                  a: { uses: comand, \(good) }
                  b: { uses: command, in: { i: { file: no.txt } }, \(good) }
                  c: { uses: command, in: { i: nosuch.x }, \(good) }

                """),
    ]

    @Test("a run's end is its exit code, its document's and its JUnit report's", arguments: begun + invalid)
    func exit(_ expected: Run) throws {
        let workspace = try Workspace(expected.pipeline)
        let ending = try workspace.calm("run", "p.yaml", "--store", "s", "--json", "--junit", "report.xml")
        #expect(ending.exit == expected.exit, "\(ending.errors)")
        let document = try RunDocument(of: ending)
        #expect((document.run == nil) == (expected.exit == 3) && (document.error == nil) == (document.run != nil))
        for words in expected.words { #expect(ending.errors.contains(words)) }
        let report = try JUnitDocument(workspace.file("report.xml"), in: workspace)
        #expect(report.failures == expected.failures)
        #expect(report.errors == expected.errors)
        #expect(report.skipped == expected.skipped)
    }

    @Test("a pipeline file that isn't there is an invalid pipeline")
    func missingPipeline() throws {
        let workspace = try Workspace()
        let ending = try workspace.calm("run", "p.yaml", "--store", "s", "--json", "--junit", "report.xml")
        #expect(ending.exit == 3 && ending.errors.contains("p.yaml: error: no such file"))
        #expect(try RunDocument(of: ending).run == nil)
        #expect(try JUnitDocument(workspace.file("report.xml"), in: workspace).errors == 1)
    }

    @Test(
        "wrong usage exits 2, and with --json still writes one document",
        arguments: [
            ["--no-such-option"], ["--jobs", "0"], ["--force", "--force-stage", "a"], ["--force-stage", "nosuch"],
            ["--jobs", "many"], ["--dry-run", "--force-stage", "nosuch"],
        ])
    func usage(_ options: [String]) throws {
        let workspace = try Workspace(ExitCodeTests.begun[0].pipeline)
        let plain = try workspace.calm(["run", "p.yaml", "--store", "s"] + options)
        #expect(plain.exit == 2 && plain.output.isEmpty && !plain.errors.isEmpty)
        let ending = try workspace.calm(["run", "p.yaml", "--store", "s", "--json"] + options)
        #expect(ending.exit == 2)
        let document = try RunDocument(of: ending)
        #expect(document.run == nil && document.error != nil && document.stages.isEmpty)
    }

    @Test(
        "wrong usage that the pipeline tells of is a JUnit report's error, in place of an older report",
        arguments: [["--force-stage", "nosuch"], ["--baseline", "nosuch"], ["--html", "/"]])
    func usageReport(_ options: [String]) throws {
        let workspace = try Workspace(ExitCodeTests.begun[0].pipeline)
        #expect(try workspace.calm("run", "p.yaml", "--store", "s", "--junit", "report.xml").exit == 0)
        let ending = try workspace.calm(["run", "p.yaml", "--store", "s", "--junit", "report.xml"] + options)
        #expect(ending.exit == 2)
        let report = try JUnitDocument(workspace.file("report.xml"), in: workspace)
        #expect(report.errors == 1 && report.cases == ["usage"])
        let text = try String(contentsOf: workspace.file("report.xml"), encoding: .utf8)
        #expect(text.contains("error: \(options[0]): "), "\(text)")
    }

    @Test("'-' is no file for a run's reports, whose standard output is the run's own")
    func standardOutput() throws {
        let workspace = try Workspace(ExitCodeTests.begun[0].pipeline)
        for option in ["--junit", "--html"] {
            let ending = try workspace.calm("run", "p.yaml", "--store", "s", option, "-")
            #expect(
                ending.exit == 2 && ending.output.isEmpty && ending.errors.contains("\(option) takes a file, not '-'"))
        }
        #expect(!FileManager.default.fileExists(atPath: workspace.file("-").path))
    }

    @Test("the version and help are no errors", arguments: [["--version"], ["--help"], ["run", "--help"]])
    func information(arguments: [String]) throws {
        let ending = try Workspace().calm(arguments)
        #expect(ending.exit == 0 && ending.errors.isEmpty)
        let expected = arguments == ["--version"] ? "calm " : "OVERVIEW: "
        #expect(ending.output.hasPrefix(expected) && ending.output.hasSuffix("\n"))
    }

    @Test("a store that is a file exits 5")
    func storeIsFile() throws {
        let workspace = try Workspace(ExitCodeTests.begun[0].pipeline)
        try workspace.write("", to: "s")
        let ending = try workspace.calm("run", "p.yaml", "--store", "s", "--json", "--junit", "report.xml")
        #expect(ending.exit == 5 && ending.errors.contains("is a file"))
        #expect(try RunDocument(of: ending).error?.contains("is a file") == true)
        #expect(try JUnitDocument(workspace.file("report.xml"), in: workspace).errors == 1)
    }

    @Test("a store that is full exits 5 and keeps what it has; with room again the run finishes", arguments: [8, 2048])
    func storeIsFull(blocks: Int) throws {
        // Random bytes don't compress: a file as large as the limit becomes a larger object.
        let workspace = try Workspace(
            """
            name: full
            stages:
              small: { uses: command, \(ExitCodeTests.good) }
              large:
                uses: command
                in: { i: small.x }
                with: { shell: true, argv: ["head -c 1048576 /dev/urandom > {out.x}"], out: { x: x } }
            """)
        // The smaller limit leaves no room for a new store; the larger one is met by the large object alone.
        let hasRoom = blocks * 512 == 1_048_576
        let command = "ulimit -f \(blocks); exec \(try CalmProcess.binary().path) run p.yaml --store s --json"
        let full = try workspace.program(
            URL(fileURLWithPath: "/bin/sh"), ["-c", command + " --junit report.xml"])
        #expect(full.exit == 5, "\(full.errors)")
        #expect(try RunDocument(of: full).names("executed") == (hasRoom ? ["small"] : []))
        #expect(try JUnitDocument(workspace.file("report.xml"), in: workspace).errors == 1)
        let again = try workspace.run()
        #expect(again.exit == 0 && again.names("executed") == (hasRoom ? ["large"] : ["small", "large"]))
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test(
        "JUnit reports are checked against Jenkins' schema",
        .enabled(
            if: JUnitDocument.schema != nil && installed("xmllint") != nil, "CALM_JUNIT_SCHEMA or xmllint is missing"))
    func schema() throws {
        let schema = try #require(JUnitDocument.schema)
        #expect(FileManager.default.fileExists(atPath: schema), "CALM_JUNIT_SCHEMA names no file")
    }
}
