import Artifacts
import Foundation
import Pipelines
import Testing

@Suite("Folders of command stages") struct CommandFolderTests {
    private let workshop: Workshop

    init() throws { workshop = try Workshop(inMemory: true) }

    private func run(
        _ yaml: String, _ files: [String: String] = [:]
    ) async throws -> RunResult {
        let folder = workshop.folder.url.appendingPathComponent("p")
        for (name, text) in files {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
            if text.hasPrefix("#!") { chmod(file.path, 0o755) }
        }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let pipeline = try PipelineLoader().load(
            text: "name: p\nstages:\n" + yaml, name: folder.path + "/p.yaml", folder: folder,
            registry: StageRegistry([CommandStage.self]))
        let registry = StageRegistry([CommandStage.self])
        return await workshop.runner(launcher: InProcessLauncher(registry: registry)).run(pipeline)
    }

    private func text(_ stage: String, _ result: RunResult, _ role: String = "o") throws -> String {
        let made = try #require(result.stages.first { $0.name == stage })
        let manifest = try workshop.store.manifest(try #require(made.outputs[role], "\(made.why)"))
        return String(
            decoding: try workshop.store.data(try #require(manifest.members.values.first).digest), as: UTF8.self)
    }

    private func manifest(_ result: RunResult, _ role: String = "o") throws -> Manifest {
        try workshop.store.manifest(
            try #require(result.stages.last?.outputs[role], "\(result.stages.last?.why ?? "")"))
    }

    private func gather(_ values: String, _ script: String) -> String {
        """
          part:
            uses: command
            matrix: { s: [\(values)] }
            with: { argv: ["echo $S > {out.o}"], shell: true, set: { S: "${matrix.s}" }, out: { o: o.txt } }
          all:
            uses: command
            in: { parts: part }
            with: { argv: ['\(script)'], shell: true, out: { o: all } }
        """
    }

    @Test("a matrix of one cell is laid out as one of two")
    func oneCell() async throws {
        let script = "cat {in.parts}/*/o.txt > all; echo {in.parts} >> all"
        #expect(try await text("all", run(gather("a", script))) == "a\nin/parts\n")
        #expect(try await text("all", run(gather("a, b", script))) == "a\nb\nin/parts\n")
    }

    @Test("a glob keeps the order of the cells, and their list says which is which")
    func order() async throws {
        let values = (1...11).map(String.init) + ["x y"]
        let script = "cat {in.parts}/*/o.txt | tr \"\\n\" , > all; cat in/parts.json >> all"
        let result = try await run(gather(values.map { "\"\($0)\"" }.joined(separator: ", "), script))
        let text = try text("all", result)
        #expect(text.hasPrefix("1,2,3,4,5,6,7,8,9,10,11,x y,["))
        #expect(text.contains(#"{"matrix":{"s":"3"},"path":"in/parts/02/o.txt","stage":"part[s=3]"}"#))
        #expect(
            text.hasSuffix("{\"matrix\":{\"s\":\"x y\"},\"path\":\"in/parts/11/o.txt\",\"stage\":\"part[s=x y]\"}]\n"))
    }

    @Test("a list of one is a list; a single input, a cell too, lies in the role's own folder")
    func lists() async throws {
        let files = ["x.csv": "x", "d/y.csv": "y"]
        let script = "echo {in.one} {in.list} {in.none}; find in | sort > o; cat in/*.json >> o"
        let stage = """
              a:
                uses: command
                in: { list: [{ file: x.csv }], one: { file: x.csv }, folders: [{ folder: d }], none: [] }
                with: { argv: ["\(script)"], shell: true, out: { o: o } }
            """
        let found = try await text("a", run(stage, files))
        #expect(
            found == """
                in
                in/folders
                in/folders.json
                in/folders/0
                in/folders/0/y.csv
                in/list
                in/list.json
                in/list/0
                in/list/0/x.csv
                in/none
                in/none.json
                in/one
                in/one/x.csv
                [{"folder":"d","path":"in/folders/0"}]
                [{"file":"x.csv","path":"in/list/0/x.csv"}]
                []

                """)
    }

    @Test("cells with the same bytes and other names are another key")
    func names() async throws {
        func stages(_ values: String) -> String {
            gather(values, "cat in/parts.json > all").replacing("echo $S", with: "echo same")
                .replacing("set: { S: \"${matrix.s}\" }, ", with: "")
        }
        #expect(try await text("all", run(stages("a"))).contains(#""s":"a""#))
        let second = try await run(stages("b"))
        #expect(try text("all", second).contains(#""s":"b""#))
        #expect(second.why("all") == "in.parts: its members have other names")
        #expect(try await run(stages("b")).states["all"] == .cached)
    }

    @Test("a role that would have the name of another's list is refused before anything runs")
    func collision() async throws {
        await #expect {
            _ = try await run(
                "  a: { uses: command, in: { x: [{ file: f }], x.json: { file: f } }, with: { argv: [a], out: { o: o } } }",
                ["f": ""])
        } throws: { "\($0)".contains("the role 'x.json' has the name of the list of the inputs of 'x'") }
    }

    @Test("inputs and outputs keep their executable bit")
    func modes() async throws {
        let result = try await run(
            """
              a:
                uses: command
                in: { s: { file: run.sh }, d: { folder: d } }
                with: { argv: ["./{in.s} && {in.d}/tool && cp {in.s} out.sh"], shell: true, out: { o: out.sh } }
            """, ["run.sh": "#!/bin/sh\ntrue", "d/tool": "#!/bin/sh\ntrue"])
        #expect(try manifest(result).members["out.sh"]?.kind == .executable)
    }

    @Test("an output whose path ends with a slash is a folder, which another stage gets as it was")
    func folderOutput() async throws {
        let make = "mkdir -p {out.o}/a/e {out.o}/b; echo x > {out.o}/b/x; ln -s b/x {out.o}/l; chmod 755 {out.o}/b/x"
        let result = try await run(
            """
              a: { uses: command, with: { argv: ["\(make)"], shell: true, out: { o: deep/site/ } } }
              b: { uses: command, in: { i: a }, with: { argv: ["echo {in.i} {out.o}; cp -a {in.i} {out.o}"], shell: true, out: { o: copy/ } } }
            """)
        let manifest = try manifest(result)
        #expect(manifest.type == .folder)
        #expect(
            manifest.members.mapValues(\.kind) == ["a/e": .folder, "b/x": .executable, "l": .link(target: "b/x")])
        #expect(result.stages[0].outputs["o"] == result.stages[1].outputs["o"])
    }

    @Test(
        "an output folder that isn't one, isn't there or holds what can't be kept: a message with its name",
        arguments: [
            ("true", "no folder site/ in its working folder"), ("touch site", "at site/ is a file, expected a folder"),
            ("ln -s . site", "is a link"), ("mkdir site; mkfifo site/p", "the entry 'p' is a pipe"),
            ("mkdir site; ln -s /etc/passwd site/l", "the entry 'l' is a link whose target is absolute"),
            ("mkdir -p site/d; ln -s ../../x site/d/l", "the entry 'd/l' is a link that leads out"),
        ])
    func unkept(script: String, message: String) async throws {
        let stage = "  a: { uses: command, with: { argv: [\"\(script)\"], shell: true, out: { o: site/ } } }"
        let result = try await run(stage)
        #expect(result.why("a").contains(message), "\(result.why("a"))")
    }

    @Test("an empty folder is an output; a slash isn't taken for the working folder, nor one above it")
    func emptyFolder() async throws {
        let result = try await run(
            "  a: { uses: command, with: { argv: [mkdir, \"{out.o}\"], out: { o: site/ } } }")
        #expect(try manifest(result).members.isEmpty)
        for path in ["/", "./", "../x/", "in/x/", "//"] {
            await #expect(throws: PipelineDiagnostics.self, "\(path)") {
                _ = try await run("  a: { uses: command, with: { argv: [a], out: { o: \(path) } } }")
            }
        }
    }

    @Test("read-only folders that a stage leaves are gone afterwards")
    func readOnly() async throws {
        _ = try await run(
            """
              a:
                uses: command
                with: { argv: ["echo > o; mkdir -p m/n; touch m/n/f; chmod 400 m/n/f; chmod 555 m/n; chmod 0 m"], shell: true, out: { o: o } }
            """)
        #expect(try FileManager.default.contentsOfDirectory(atPath: workshop.store.tmp.path) == [])
    }

    @Test("the files that changed in a folder are named")
    func changedFiles() async throws {
        let stage = "  a: { uses: command, in: { d: { folder: d } }, with: { argv: [touch, o], out: { o: o } } }"
        _ = try await run(stage, ["d/a": "1", "d/b": "2"])
        let result = try await run(stage, ["d/a": "3", "d/c": "4"])
        #expect(result.why("a") == "in.d changed (folder d with a changed, c added)")
    }
}
