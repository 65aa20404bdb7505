import Foundation
import Testing

/// `calm cat` and `calm get`, and folders on their way through the store.
@Suite struct ArtifactFileTests {
    private static let pipeline = """
        name: files
        stages:
          site:
            uses: command
            in: { data: { folder: data } }
            with:
              shell: true
              argv: ["cp -a {in.data} {out.pages}; echo words > {out.notes}; echo two > {out.two}"]
              out: { pages: pages/, notes: notes.txt, "model.v2": m.bin, two: m.bin2 }
          one: { uses: command, with: { argv: [sh, -c, "printf 1 > {out.o}"], out: { o: one.txt } } }
          cell:
            uses: command
            matrix: { x: [a.b, c] }
            with: { argv: [sh, -c, "printf $X > {out.o.p}"], set: { X: "${matrix.x}" }, out: { o.p: cell.txt } }
        """.replacing("{out.pages};", with: "{out.pages}; echo dots > m.bin;")

    private func ran() throws -> Workspace {
        let workspace = try Workspace(Self.pipeline)
        let data = workspace.file("data")
        for folder in ["bin", "empty"] {
            try FileManager.default.createDirectory(
                at: data.appendingPathComponent(folder), withIntermediateDirectories: true)
        }
        try workspace.write("#!/bin/sh\necho ran\n", to: "data/bin/run")
        try workspace.write("hello\n", to: "data/a b.txt")
        chmod(data.path + "/bin/run", 0o755)
        symlink("bin/run", data.path + "/link")
        let ending = try workspace.calm("run", "p.yaml", "--store", "s")
        #expect(ending.exit == 0, "\(ending)")
        return workspace
    }

    private func cat(_ workspace: Workspace, _ words: String...) throws -> CalmProcess.Ending {
        try workspace.calm(["cat"] + words + ["--store", "s"])
    }

    @Test("that a later run failed is said where an earlier result is taken, of another pipeline too")
    func older() throws {
        func pipeline(_ name: String, _ script: String) -> String {
            "name: \(name)\nstages:\n  a: { uses: command, with: { argv: [sh, -c, \"\(script)\"], out: { o: o } } }"
        }
        let workspace = try Workspace(pipeline("p", "echo good > {out.o}"))
        let first = try #require(try workspace.run().run)
        #expect(try cat(workspace, "a.o").errors.isEmpty)
        for name in ["p", "q"] {
            try workspace.write(pipeline(name, "exit 1"))
            let failed = try #require(try workspace.run().run)
            let message =
                "calm: stage a failed in run \(failed)\(name == "q" ? ", of the pipeline q" : ""); this is from run \(first)"
            let commands = [
                ["cat", "a.o"], ["get", "a.o", "\(name).o"], ["export", "a", "--out", "\(name).tar"],
                ["pin", "x", "a"],
            ]
            for words in commands {
                let ending = try workspace.calm(words + ["--store", "s"])
                #expect(ending.exit == 0 && ending.errors.hasPrefix(message), "\(words): \(ending)")
            }
            #expect(try cat(workspace, "a.o@\(first)").errors.isEmpty)
        }
        #expect(try workspace.calm("why", "a", "--store", "s").output.hasPrefix("a failed in run "))
    }

    @Test("names of inputs: a backslash is found by validate, the longest name works")
    func names() throws {
        func pipeline(_ name: String) -> String {
            """
            name: p
            stages:
              a: { uses: command, in: { i: { file: '\(name)' } }, with: { argv: [cp, "{in.i}", "{out.o}"], out: { o: o } } }
            """
        }
        let workspace = try Workspace(pipeline("back\\s"))
        try workspace.write("1", to: "back\\s")
        let found = try workspace.calm("validate", "p.yaml")
        #expect(
            found.exit == 3 && found.errors.contains("3:40") && found.errors.contains("holds a backslash"), "\(found)")
        let long = String(repeating: "n", count: 255)
        try Data("long".utf8).write(to: workspace.file(long))
        try workspace.write(pipeline(long))
        #expect(try workspace.run().exit == 0)
        #expect(try cat(workspace, "a.o").output == "long")
    }

    @Test("cat writes a file's bytes: of a stage with one output, a role with dots, a cell, a member, a link")
    func cat() throws {
        let workspace = try ran()
        #expect(try cat(workspace, "site.notes").output == "words\n")
        #expect(try cat(workspace, "one").output == "1")
        #expect(try cat(workspace, "site.model.v2").output == "dots\n")
        #expect(try cat(workspace, "cell[x=a.b].o.p").output == "a.b")
        #expect(try cat(workspace, "cell[x=a.b].o.p@latest").output == "a.b")
        #expect(try cat(workspace, "cell[x=c]").output == "c")
        #expect(try cat(workspace, "site.pages", "a b.txt").output == "hello\n")
        #expect(try cat(workspace, "site.pages", "./link").output == "#!/bin/sh\necho ran\n")
        #expect(try workspace.calm("show", "site.model.v2", "--store", "s").output.hasPrefix("file "))
    }

    @Test("what cat can't write is a usage error that names what there is, and nothing on standard output")
    func catMistakes() throws {
        let workspace = try ran()
        for (words, message) in [
            (["site"], "name one: site.model.v2, site.notes, site.pages, site.two"),
            (["site.pages"], "  bin/run"), (["site.pages", "bin"], "'bin' is a folder"),
            (["site.pages", "../x"], "has no member '../x'"), (["site.pages", "empty"], "'empty' is an empty folder"),
            (["site.notes", "other"], "has no member 'other'"), (["latest"], "is a run"),
            (["none"], "nothing is called"),
        ] {
            let ending = try workspace.calm(["cat"] + words + ["--store", "s"])
            #expect(ending.exit == 2 && ending.output.isEmpty, "\(words)")
            #expect(ending.errors.contains(message), "\(words): \(ending.errors)")
        }
    }

    @Test("get writes a file or a folder with modes, links and empty folders, and leaves no temporary name")
    func get() throws {
        let workspace = try ran()
        #expect(try workspace.calm("get", "site.notes", "--store", "s").exit == 0)
        #expect(workspace.lines(of: "notes.txt") == ["words"])
        #expect(try workspace.calm("get", "site.pages", "--store", "s").exit == 0)
        let difference = try workspace.program(
            URL(fileURLWithPath: "/usr/bin/diff"), ["-r", "--no-dereference", "data", "pages"])
        #expect(difference.exit == 0, "\(difference)")
        #expect(FileManager.default.isExecutableFile(atPath: workspace.file("pages/bin/run").path))
        #expect(try FileManager.default.contentsOfDirectory(atPath: workspace.file("pages/empty").path).isEmpty)
        // Into a folder, to a name, and over an empty folder.
        #expect(try workspace.calm("get", "one", "pages", "--store", "s").exit == 0)
        #expect(workspace.lines(of: "pages/one.txt") == ["1"])
        #expect(try workspace.calm("get", "one", "renamed", "--store", "s").exit == 0)
        #expect(workspace.lines(of: "renamed") == ["1"])
        try FileManager.default.createDirectory(at: workspace.file("new"), withIntermediateDirectories: true)
        #expect(try workspace.calm("get", "site.pages", "new", "--store", "s").exit == 0)
        #expect(workspace.lines(of: "new/a b.txt") == ["hello"])
        let names = try FileManager.default.contentsOfDirectory(atPath: workspace.folder.path)
        #expect(!names.contains { $0.hasPrefix(".calm") }, "\(names)")
    }

    @Test("the name of a matrix stage, with a role or without, is answered with its cells")
    func matrix() throws {
        let workspace = try ran()
        for (words, names) in [
            (["cat", "cell"], "'cell[x=a.b]', 'cell[x=c]'"), (["get", "cell@latest"], "'cell[x=a.b]', 'cell[x=c]'"),
            (["cat", "cell.o.p"], "'cell[x=a.b].o.p', 'cell[x=c].o.p'"), (["pin", "x", "cell"], "'cell[x=a.b]', "),
            (["export", "cell"], "'cell[x=a.b]', "), (["cat", "cell.none"], "'cell[x=a.b]', 'cell[x=c]'"),
            (["show", "cell.o.p"], "'cell[x=a.b].o.p', "),
        ] {
            let ending = try workspace.calm(words + ["--store", "s"])
            #expect(ending.exit == 2 && ending.output.isEmpty, "\(words)")
            #expect(
                ending.errors.contains("cell is a matrix stage with 2 cells") && ending.errors.contains(names),
                "\(words): \(ending.errors)")
        }
    }

    @Test("get writes a file to standard output for -, and neither it nor export makes a file of that name")
    func standardOutput() throws {
        let workspace = try ran()
        let ending = try workspace.calm("get", "one", "-", "--store", "s")
        #expect(ending.exit == 0 && ending.output == "1", "\(ending)")
        for words in [["get", "site.pages", "-"], ["export", "one", "--out", "-"]] {
            let ending = try workspace.calm(words + ["--store", "s"])
            #expect(ending.exit == 2 && ending.output.isEmpty, "\(words): \(ending)")
        }
        #expect(!FileManager.default.fileExists(atPath: workspace.file("-").path))
    }

    @Test("get follows a link to an empty folder, and says where a link leads nowhere")
    func link() throws {
        let workspace = try ran()
        try FileManager.default.createDirectory(at: workspace.file("real"), withIntermediateDirectories: true)
        symlink("real", workspace.file("link").path)
        symlink("gone", workspace.file("broken").path)
        let ending = try workspace.calm("get", "site.pages", "link", "--store", "s")
        #expect(ending.exit == 0 && ending.output.hasPrefix("wrote link/: "), "\(ending)")
        #expect(workspace.lines(of: "real/a b.txt") == ["hello"])
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: workspace.file("link").path) == "real")
        let again = try workspace.calm("get", "site.pages", "link", "--store", "s")
        #expect(again.exit == 2 && again.errors.contains("the folder link isn't empty"), "\(again)")
        let broken = try workspace.calm("get", "site.pages", "broken", "--store", "s")
        #expect(broken.exit == 2 && broken.errors.contains("leads nowhere"), "\(broken)")
    }

    @Test("get overwrites nothing: a file with --force only, a folder with something in it never")
    func getRefusals() throws {
        let workspace = try ran()
        try workspace.write("mine", to: "one.txt")
        symlink("one.txt", workspace.file("link").path)
        #expect(try workspace.calm("get", "one", "--store", "s").exit == 2)
        #expect(try workspace.calm("get", "one", "link", "--store", "s").exit == 2)
        for place in ["data", "one.txt", "none/there", ""] {
            #expect(try workspace.calm("get", "site.pages", place, "--store", "s", "--force").exit == 2, "\(place)")
        }
        #expect(workspace.lines(of: "one.txt") == ["mine"])
        #expect(try workspace.calm("get", "one", "--store", "s", "--force").exit == 0)
        #expect(workspace.lines(of: "one.txt") == ["1"])
        // The link is replaced, not followed.
        try workspace.write("mine", to: "one.txt")
        #expect(try workspace.calm("get", "one", "link", "--store", "s", "--force").exit == 0)
        #expect(workspace.lines(of: "one.txt") == ["mine"] && workspace.lines(of: "link") == ["1"])
        #expect(try workspace.calm("get", "one", "data", "--store", "s").exit == 0, "into the folder")
        #expect(try FileManager.default.contentsOfDirectory(atPath: workspace.file("data").path).count == 5)
    }

    @Test("a damaged blob is never written")
    func damage() throws {
        let workspace = try ran()
        let digest = try workspace.calm("show", "one.o", "--store", "s", "--json").output
            .firstMatch(of: /"one.txt":\{"digest":"([0-9a-f]{64})"/).map { String($0.1) }
        let hex = try #require(digest)
        let object = workspace.file("s/objects/\(hex.prefix(2))/\(hex.dropFirst(2))")
        var bytes = try Data(contentsOf: object)
        bytes[bytes.count - 6] ^= 1
        chmod(object.path, 0o644)
        try bytes.write(to: object)
        let ending = try cat(workspace, "one")
        #expect(ending.exit == 5 && ending.output.isEmpty)
        #expect(try workspace.calm("get", "one", "--store", "s").exit == 5)
        #expect(!FileManager.default.fileExists(atPath: workspace.file("one.txt").path))
    }

    @Test("a folder goes to another store and back, and is cached there")
    func exported() throws {
        let workspace = try ran()
        #expect(try workspace.calm("export", "site.pages", "--out", "site.tar", "--store", "s").exit == 0)
        let ending = try workspace.calm("import", "site.tar", "--store", "other")
        #expect(ending.exit == 0, "\(ending)")
        #expect(try workspace.calm("get", "site.pages", "there", "--store", "other").exit == 0)
        let difference = try workspace.program(
            URL(fileURLWithPath: "/usr/bin/diff"), ["-r", "--no-dereference", "data", "there"])
        #expect(difference.exit == 0, "\(difference)")
        #expect(try workspace.calm("store", "verify", "--store", "other").exit == 0)
        let again = try workspace.calm("run", "p.yaml", "site", "--store", "other", "--json")
        #expect(again.output.contains(#""state":"cached""#), "\(again)")
        #expect(try workspace.calm("store", "gc", "--store", "s").exit == 0)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        #expect(try workspace.run().exit == 0)
    }

    @Test("inputs that can't be bound are found by validate and run, with their places and what to write")
    func unbindable() throws {
        let workspace = try Workspace(
            """
            name: p
            stages:
              a:
                uses: command
                in:
                  folder: { file: d }
                  file: { folder: f }
                  pipe: { file: pipe }
                  device: { file: /dev/null }
                  broken: { file: broken }
                  gone: { folder: gone }
                  out: { folder: out }
                  none: { glob: "*.none" }
                  folders: { glob: "d*" }
                  bracket: { glob: "[x" }
                with: { argv: [touch, o], out: { o: o } }
            """)
        for name in ["d", "out"] {
            try FileManager.default.createDirectory(at: workspace.file(name), withIntermediateDirectories: true)
        }
        try workspace.write("", to: "f")
        mkfifo(workspace.file("pipe").path, 0o600)
        symlink("nowhere", workspace.file("broken").path)
        symlink("/etc", workspace.file("out/link").path)
        for words in [["validate", "p.yaml"], ["run", "p.yaml", "--store", "s"], ["plan", "p.yaml", "--store", "s"]] {
            let ending = try workspace.calm(words)
            #expect(ending.exit == 3, "\(words): \(ending)")
            let lines = (ending.errors + ending.output).split(separator: "\n")
            for (place, message) in [
                ("p.yaml:6:23:", "'d' is a folder, expected an ordinary file; write { folder: d }"),
                ("p.yaml:7:23:", "'f' is a file, expected a folder; write { file: f }"),
                ("p.yaml:8:21:", "'pipe' is a pipe"), ("p.yaml:9:23:", "'/dev/null' is a device"),
                ("p.yaml:10:23:", "is a link to 'nowhere', which doesn't exist"),
                ("p.yaml:11:23:", "no such folder: 'gone'"),
                ("p.yaml:12:22:", "'link' is a link whose target is absolute"),
                ("p.yaml:13:21:", "no file matches the glob '*.none'"),
                ("p.yaml:14:24:", "1 folder would: write { folder: path }"),
                ("p.yaml:15:24:", "has '[' without its ']'"),
            ] {
                #expect(lines.contains { $0.contains(place) && $0.contains(message) }, "\(place) \(message): \(lines)")
            }
        }
    }
}
