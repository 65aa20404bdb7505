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
        try calm(workspace, in: folder, arguments, environment: environment)
    }

    private func calm(
        _ workspace: Workspace, in folder: String, _ arguments: [String], environment: [String: String] = [:]
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

    @Test("no input may be a folder in which the store will be, before it is made as after")
    func storeInInput() throws {
        // In a folder of its own: what these programs print goes to files beside it.
        let workspace = try Workspace()
        try FileManager.default.createDirectory(at: workspace.file("w"), withIntermediateDirectories: true)
        try workspace.write(
            """
            name: p
            stages:
              a: { uses: command, in: { d: { folder: . } }, with: { argv: [sh, -c, "ls {in.d} > {out.o}"], out: { o: o } } }
            """, to: "w/p.yaml")
        for words in [["validate"], ["plan"], ["run"]] {
            for store in ["w", "w/s", "w/deep/er/s"] {
                let ending = try calm(workspace, in: ".", words + ["w/p.yaml", "--store", store])
                #expect(ending.exit == 3 && ending.errors.contains("w/p.yaml:3:42: "), "\(words) \(ending)")
                #expect(ending.errors.contains("the store will be in it"), "\(ending.errors)")
            }
        }
        #expect(try calm(workspace, in: "w", "validate", "p.yaml").exit == 3)
        #expect(try stores(workspace) == [])
        for words in [["validate"], ["run"], ["run"]] {
            let ending = try calm(workspace, in: ".", words + ["w/p.yaml", "--store", "s"])
            #expect(ending.exit == 0, "\(ending)")
        }
    }

    @Test(
        "a file whose size says nothing of its content, or that can't be read, is refused before anything runs",
        arguments: [
            ("{ file: /proc/version }", "made up by the kernel"),
            ("{ file: /proc/self/cmdline }", "made up by the kernel"),
            ("{ glob: /proc/sys/kernel/ostype }", "made up by the kernel"),
            ("{ file: /proc/self/mem }", "can't be read"),
        ])
    func madeUp(_ input: String, _ message: String) throws {
        let workspace = try Workspace(
            """
            name: p
            stages:
              a: { uses: command, in: { d: \(input) }, with: { argv: [sh, -c, "ls > {out.o}"], out: { o: o } } }
            """)
        for word in ["validate", "run"] {
            let ending = try calm(workspace, in: ".", [word, "p.yaml"])
            #expect(ending.exit == 3 && ending.errors.contains(message), "\(ending)")
        }
        // An empty file is one.
        try workspace.write("", to: "empty")
        try workspace.write(
            "name: p\nstages:\n  a: { uses: command, in: { d: { file: empty } }, with: { argv: [cp, '{in.d}', '{out.o}'], out: { o: o } } }\n"
        )
        #expect(try calm(workspace, in: ".", "run", "p.yaml").exit == 0)
    }

    @Test("of checkouts that share a store, cat and get take the results of the one in which they are called")
    func ownCheckout() throws {
        let workspace = try Workspace()
        for name in ["a", "b", "c"] {
            try FileManager.default.createDirectory(
                at: workspace.file("\(name)/sub"), withIntermediateDirectories: true)
            try workspace.write(
                "name: p\nstages:\n  \(name == "c" ? "other" : "one"): { uses: command, with: { argv: [sh, -c, 'echo \(name) > {out.o}'], out: { o: o } } }\n",
                to: "\(name)/p.yaml")
        }
        let store = ["--store", workspace.file("s").path]
        for name in ["a", "b", "c"] {
            #expect(try calm(workspace, in: name, ["run", "p.yaml"] + store).exit == 0)
        }
        for (place, expected) in [("a", "a"), ("a/sub", "a"), ("b", "b"), (".", "b")] {
            for reference in ["one", "one.o"] {
                let ending = try calm(workspace, in: place, ["cat", reference] + store)
                #expect(ending.output == "\(expected)\n" && ending.errors.isEmpty, "\(place) \(ending)")
            }
        }
        let foreign = try calm(workspace, in: "c", ["cat", "one"] + store)
        #expect(foreign.output == "b\n" && foreign.errors.contains("no run of "), "\(foreign)")
        #expect(foreign.errors.contains("/b ("), "\(foreign.errors)")
    }

    @Test("a folder of the pipeline's name doesn't hide it")
    func folder() throws {
        let workspace = try project()
        try FileManager.default.createDirectory(at: workspace.file("w/one"), withIntermediateDirectories: true)
        #expect(try calm(workspace, in: "w", "run", "one").exit == 0)
    }
}
