import Foundation
import Testing

/// A project used from anywhere in it: the same pipelines, the same store, the same keys.
@Suite struct SubfolderTests {
    private static let pipeline = """
        name: one
        stages:
          a: { uses: command, in: { d: { file: data.txt } }, with: { argv: [cp, "{in.d}", "{out.x}"], out: { x: x } } }
        """

    /// A project `w` with `pipelines/one.yaml` and folders below it.
    private func project() throws -> Workspace {
        let workspace = try Workspace()
        for folder in ["w/pipelines", "w/a/b"] {
            try FileManager.default.createDirectory(at: workspace.file(folder), withIntermediateDirectories: true)
        }
        try workspace.write(Self.pipeline, to: "w/pipelines/one.yaml")
        try workspace.write("data", to: "w/pipelines/data.txt")
        return workspace
    }

    private func calm(
        _ workspace: Workspace, in folder: String, _ arguments: String..., environment: [String: String] = [:]
    ) throws -> CalmProcess.Ending {
        try CalmProcess(
            CalmProcess.binary(), arguments, in: workspace.file(folder),
            environment: ["CALM_STORE": ""].merging(environment) { $1 }
        ).wait()
    }

    private func stores(_ workspace: Workspace) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: workspace.folder.path).filter { $0.hasSuffix("/format") }
    }

    @Test(
        "the pipeline by name, by path and as the only one, from below: one store, and everything cached after the first"
    )
    func everywhere() throws {
        let workspace = try project()
        let first = try calm(workspace, in: "w/a/b", "run")
        #expect(first.exit == 0 && first.output.contains("1 executed"), "\(first)")
        for (folder, words) in [
            ("w/a/b", ["run", "one"]), ("w/a/b", ["run", "../../pipelines/one.yaml"]),
            ("w/a/b", ["run", "pipelines/one.yaml"]), ("w/a/b", ["run", "one.yaml"]),
            ("w", ["run", "pipelines/one.yaml"]),
            ("w", ["run", "one", "a"]), ("w/pipelines", ["run", "one.yaml"]), ("w/pipelines", ["run"]),
        ] {
            let process = try CalmProcess(
                CalmProcess.binary(), words, in: workspace.file(folder), environment: ["CALM_STORE": ""])
            let ending = try process.wait()
            #expect(
                ending.exit == 0 && ending.output.contains("Nothing to do: 1 stage"), "\(folder) \(words): \(ending)")
        }
        #expect(try stores(workspace) == ["w/artifacts/format"])
        let runs = try calm(workspace, in: "w/a/b", "runs", "--json")
        let files = try #require(try JSONSerialization.jsonObject(with: Data(runs.output.utf8)) as? [[String: Any]])
            .compactMap { $0["file"] as? String }
        #expect(Set(files).isSubset(of: ["pipelines/one.yaml", "one.yaml"]) && files.count == 9, "\(files)")
        for words in [["show", "a"], ["log", "a"], ["why", "a"], ["metrics"], ["store", "stats"], ["verify", "a"]] {
            let process = try CalmProcess(
                CalmProcess.binary(), words, in: workspace.file("w/a/b"), environment: ["CALM_STORE": ""])
            #expect(try process.wait().exit == 0, "\(words)")
        }
    }

    @Test("a store that was named wins: --store over CALM_STORE over the project's")
    func named() throws {
        let workspace = try project()
        let named = ["CALM_STORE": workspace.file("env").path]
        #expect(try calm(workspace, in: "w/a", "run", "one", environment: named).exit == 0)
        #expect(try stores(workspace) == ["env/format"])
        #expect(try calm(workspace, in: "w/a", "run", "one", "--store", "own", environment: named).exit == 0)
        #expect(try stores(workspace).sorted() == ["env/format", "w/a/own/format"])
        #expect(try calm(workspace, in: "w/a", "show", "latest").exit == 5)
        #expect(try calm(workspace, in: "w/a", "show", "latest", environment: named).exit == 0)
    }

    @Test("a file without a project has its store in the working folder, and is found again from below")
    func plain() throws {
        let workspace = try Workspace(Self.pipeline)
        try workspace.write("data", to: "data.txt")
        try FileManager.default.createDirectory(at: workspace.file("sub"), withIntermediateDirectories: true)
        #expect(try calm(workspace, in: ".", "run", "p.yaml").exit == 0)
        let below = try calm(workspace, in: "sub", "run", "../p.yaml")
        #expect(below.exit == 0 && below.output.contains("Nothing to do"), "\(below)")
        #expect(!FileManager.default.fileExists(atPath: workspace.file("sub/artifacts").path))
    }

    @Test("the search ends at the top of a git checkout")
    func git() throws {
        let workspace = try project()
        #expect(try calm(workspace, in: "w", "run").exit == 0)
        try FileManager.default.createDirectory(
            at: workspace.file("w/a/.git"), withIntermediateDirectories: true)
        #expect(try calm(workspace, in: "w/a/b", "show", "latest").exit == 5)
        #expect(try calm(workspace, in: "w/a/b", "run").exit == 2)
    }

    @Test("without a name there must be one pipeline; an unknown name is an error that lists them")
    func several() throws {
        let workspace = try project()
        try workspace.write(Self.pipeline.replacing("one", with: "two"), to: "w/pipelines/two.yml")
        let none = try calm(workspace, in: "w/a", "run")
        #expect(none.exit == 2 && none.errors.contains("pipelines: one, two"), "\(none)")
        let unknown = try calm(workspace, in: "w/a", "run", "twoo")
        #expect(unknown.exit == 3 && unknown.errors.contains("did you mean 'two'?"), "\(unknown)")
        #expect(
            try calm(workspace, in: "w/a", "validate", "two").output.contains("../pipelines/two.yml: valid, 1 stage"))
        let nowhere = try calm(try Workspace(), in: ".", "run")
        #expect(nowhere.exit == 2 && nowhere.errors.contains("Missing expected argument '<pipeline>'"), "\(nowhere)")
    }

    @Test("a folder of the pipeline's name doesn't hide it")
    func folder() throws {
        let workspace = try project()
        try FileManager.default.createDirectory(at: workspace.file("w/one"), withIntermediateDirectories: true)
        #expect(try calm(workspace, in: "w", "run", "one").exit == 0)
    }
}
