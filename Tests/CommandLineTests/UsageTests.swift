import Foundation
import Testing

/// Two outputs in one file, or one in the place of what is read, are a usage error before anything is written.
@Suite struct UsageTests {
    private static let pipeline = """
        name: p
        stages:
          a: { uses: command, in: { d: { file: data.txt } }, with: { argv: [cp, "{in.d}", "{out.x}"], out: { x: x } } }
        """

    private func workspace() throws -> Workspace {
        let workspace = try Workspace(Self.pipeline)
        try workspace.write("data\n", to: "data.txt")
        return workspace
    }

    /// What there is, but for what SQLite and these tests keep while they look.
    private func names(_ workspace: Workspace) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: workspace.folder.path).sorted()
            .filter { !$0.hasPrefix(".") && !$0.hasPrefix("s/catalogue.sqlite-") }
    }

    private func isRefused(_ workspace: Workspace, _ arguments: [String], naming words: String) throws {
        let before = try names(workspace)
        let ending = try workspace.calm(arguments)
        #expect(ending.exit == 2 && ending.errors.contains(words), "\(arguments): \(ending)")
        #expect(try names(workspace) == before, "\(arguments) wrote something")
    }

    @Test(
        "--junit and --html in one file, however it is spelled",
        arguments: [
            ["x", "x"], ["x", "./x"], ["x", "new/../x"], ["sub/x", "link/x"], ["dangling", "nothing"],
            ["hard-1", "hard-2"],
            ["new/x", "new/./y/../x"], ["sub/../x", "x"],
        ])
    func twice(_ names: [String]) throws {
        let workspace = try workspace()
        let files = FileManager.default
        try files.createDirectory(at: workspace.file("sub"), withIntermediateDirectories: true)
        try files.createSymbolicLink(at: workspace.file("link"), withDestinationURL: workspace.file("sub"))
        try files.createSymbolicLink(atPath: workspace.file("dangling").path, withDestinationPath: "nothing")
        try workspace.write("", to: "hard-1")
        try files.linkItem(at: workspace.file("hard-1"), to: workspace.file("hard-2"))
        try isRefused(
            workspace, ["run", "p.yaml", "--store", "s", "--junit", names[0], "--html", names[1]],
            naming: "--html \(names[1]) is the same file as --junit \(names[0])")
    }

    @Test("a report in the place of the pipeline, an input or one of the store's own files")
    func others() throws {
        let workspace = try workspace()
        #expect(try workspace.run().exit == 0)
        for option in ["--junit", "--html"] {
            let run = ["run", "p.yaml", "--store", "s", option]
            try isRefused(workspace, run + ["./p.yaml"], naming: "is the same file as the pipeline")
            for name in ["s/format", "s/catalogue.sqlite", "s/pins/baseline.json", "s/objects/ab/x", "s/runs/../tmp/x"]
            {
                try isRefused(workspace, run + [name], naming: "one of the store's own files")
            }
        }
        try workspace.write("{}", to: "b.json")
        try isRefused(
            workspace, ["run", "p.yaml", "--store", "s", "--baseline", "b.json", "--junit", "./b.json"],
            naming: "is the same file as the baseline")
        let input = try workspace.calm("run", "p.yaml", "--store", "s", "--junit", "data.txt")
        #expect(input.exit == 2 && input.errors.contains("is the same file as an input of a"), "\(input)")
        #expect(workspace.lines(of: "data.txt") == ["data"] && workspace.lines(of: "p.yaml").first == "name: p")
        try isRefused(
            workspace, ["export", "a", "--store", "s", "--out", "s/catalogue.sqlite"],
            naming: "one of the store's own files")
        try isRefused(
            workspace, ["report", "latest", "--store", "s", "--html", "s/imported"],
            naming: "one of the store's own files")
    }

    @Test("standard output in a file counts as an output")
    func redirected() throws {
        let workspace = try workspace()
        let calm = try CalmProcess.binary().path
        let ending = try workspace.program(
            URL(fileURLWithPath: "/bin/sh"),
            ["-c", "\"$0\" run p.yaml --store s --json --junit out.json > out.json", calm])
        #expect(ending.exit == 2 && ending.errors.contains("is the same file as standard output"), "\(ending)")
    }

    @Test("merged reports don't replace one of their parts")
    func merged() throws {
        let workspace = try workspace()
        let report = "<testsuite name='s'><testcase name='a'/></testsuite>"
        for name in ["a.xml", "b.xml"] { try workspace.write(report, to: name) }
        try isRefused(
            workspace, ["reports", "merge", "a.xml", "b.xml", "--junit", "./b.xml"],
            naming: "is the same file as the report")
        #expect(try workspace.calm("reports", "merge", "a.xml", "b.xml", "--junit", "c.xml").exit == 0)
    }

    @Test("different files, devices and new files beside the store's own are written")
    func allowed() throws {
        let workspace = try workspace()
        let run = ["run", "p.yaml", "--store", "s"]
        #expect(try workspace.calm(run + ["--junit", "x.xml", "--html", "X.html"]).exit == 0)
        #expect(try workspace.calm(run + ["--junit", "/dev/null", "--html", "/dev/null"]).exit == 0)
        #expect(try workspace.calm(run + ["--junit", "s/report.xml", "--html", "s/runs/report.html"]).exit == 0)
        for name in ["x.xml", "X.html", "s/report.xml", "s/runs/report.html"] {
            #expect(FileManager.default.fileExists(atPath: workspace.file(name).path), "\(name)")
        }
    }
}
