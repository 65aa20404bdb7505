import Foundation
import Testing

/// What a failed command says to someone who writes a first pipeline.
@Suite struct StumbleTests {
    @Test(
        "a script that isn't an input is named, with what to add",
        arguments: [
            "argv: [sh, clean.sh]", "argv: [./clean.sh]", "shell: true, argv: [\"sh clean.sh > {out.o}\"]",
            "argv: [cat, data/table.csv]",
        ])
    func undeclared(_ with: String) throws {
        let workspace = try Workspace()
        for folder in ["pipelines/data"] {
            try FileManager.default.createDirectory(at: workspace.file(folder), withIntermediateDirectories: true)
        }
        try workspace.write(
            "name: x\nstages:\n  a: { uses: command, with: { \(with), out: { o: o } } }\n", to: "pipelines/p.yaml")
        try workspace.write("echo 1\n", to: "pipelines/clean.sh")
        try workspace.write("1\n", to: "pipelines/data/table.csv")
        let ending = try workspace.calm("run", "pipelines/p.yaml", "--store", "s")
        #expect(ending.exit == 4)
        let path = with.contains("table") ? "data/table.csv" : "clean.sh"
        #expect(ending.output.contains("a stage starts in an empty folder"), "\(ending)")
        #expect(ending.output.contains("in: { script: { file:") && ending.output.contains("\(path) } }"), "\(ending)")
    }

    @Test("a failure that has nothing to do with files gets no such advice, and says where the rest of its words is")
    func other() throws {
        let workspace = try Workspace(
            """
            name: x
            stages:
              a: { uses: command, with: { shell: true, argv: ["seq 10; exit 3"], out: { o: o } } }
            """)
        let ending = try workspace.calm("run", "p.yaml", "--store", "s")
        #expect(ending.exit == 4 && !ending.output.contains("empty folder"))
        #expect(ending.output.contains("10\n      (all of it: calm log a)"), "\(ending.output)")
    }
}
