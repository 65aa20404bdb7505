import Foundation
import Testing

/// What `calm reports ingest` takes from folders, archives and standard input, and what it does of what it can't read.
@Suite struct FolderIngestionTests {
    let workspace: Workspace

    init() throws { workspace = try Workspace() }

    private func report(_ name: String, fails: Bool = false) -> String {
        "<testsuite name='s'><testcase classname='C' name='\(name)'>\(fails ? "<failure message='m'/>" : "")</testcase></testsuite>"
    }

    private func folder(_ path: String) throws {
        try FileManager.default.createDirectory(at: workspace.file(path), withIntermediateDirectories: true)
    }

    private func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: workspace.file(path).path, withDestinationPath: target)
    }

    private func ingest(_ paths: String...) throws -> (exit: Int32, files: [String: String], errors: String) {
        let ending = try workspace.calm(["reports", "ingest", "--store", "s", "--json"] + paths)
        let documents = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [[String: Any]] ?? []
        let files = documents.map { ($0["file"] as? String ?? "", $0["outcome"] as? String ?? "") }
        return (ending.exit, Dictionary(files) { $1 }, ending.errors)
    }

    @Test("links to folders and files are followed, circles end, and a file is taken once")
    func links() throws {
        try folder("real/pkg/deep")
        try workspace.write(report("a"), to: "real/pkg/test.xml")
        try workspace.write(report("b"), to: "outside.xml")
        try link("logs", to: "real")
        try link("real/pkg/up", to: "..")
        try link("real/pkg/root", to: "/")
        try link("real/again", to: "pkg")
        try link("real/outer.xml", to: "../outside.xml")
        try link("real/pkg/deep/same.xml", to: "../test.xml")
        let found = try ingest("logs", "real", "real/pkg/test.xml")
        #expect(found.exit == 0, "\(found)")
        #expect(found.files == ["logs/pkg/test.xml": "ingested", "logs/outer.xml": "ingested"])
    }

    @Test(
        "one odd entry costs itself alone: it is named, the rest is ingested, and the gate knows",
        arguments: ["link", "circle", "pipe", "socket", "empty", "entity", "zeros", "space", "garbage", "xz"])
    func odd(_ kind: String) throws {
        try folder("d/sub")
        try workspace.write(report("a"), to: "d/sub/a.xml")
        let odd = workspace.file("d/odd.xml").path
        switch kind {
        case "link": try link("d/odd.xml", to: "nowhere")
        case "circle": try link("d/odd.xml", to: "odd.xml")
        case "pipe": #expect(mkfifo(odd, 0o644) == 0)
        case "socket": #expect(mknod(odd, S_IFSOCK | 0o644, 0) == 0)
        case "empty": try workspace.write("", to: "d/odd.xml")
        case "zeros": try workspace.write(String(repeating: "\0", count: 4096), to: "d/odd.xml")
        case "space": try workspace.write(" \n\n", to: "d/odd.xml")
        case "garbage": try workspace.write("Killed\n", to: "d/odd.xml")
        case "xz":
            try Data([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 4]).write(to: workspace.file("d/odd.xml.xz"))
        default:
            try workspace.write(
                "<!DOCTYPE x [<!ENTITY e SYSTEM '/etc/passwd'>]><testsuite><testcase name='&e;'/></testsuite>",
                to: "d/odd.xml")
        }
        let found = try ingest("d")
        #expect(found.exit == 2 && found.files["d/sub/a.xml"] == "ingested", "\(found)")
        let name = kind == "xz" ? "odd.xml.xz" : "odd.xml"
        #expect(found.errors.contains("\(name) isn't ingested: ") && found.files["d/\(name)"] == "refused", "\(found)")
        #expect(try workspace.calm("reports", "merge", "d", "--junit", "all.xml").exit == 2)
        let gate = try workspace.calm("reports", "gate", "--store", "s")
        #expect(gate.exit == 1 && gate.output.contains("missed: complete reports: 1 of 2 incomplete"), "\(gate)")
        #expect(gate.output.contains("  \(name): "))
        #expect(try workspace.calm("reports", "gate", "--allow-incomplete", "--store", "s").exit == 0)
        let list = try workspace.calm("reports", "list", "--store", "s").output
        #expect(list.contains("1 case  incomplete"), "\(list)")
        // A rebuilt catalogue knows, too.
        #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
        #expect(try workspace.calm("reports", "list", "--store", "s").output == list)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        #expect(try workspace.calm("reports", "gate", "--store", "s").exit == 1)
    }

    @Test("a refused file of a run is forgiven when it can be read")
    func mended() throws {
        try workspace.write("", to: "r.xml")
        try workspace.write(report("a"), to: "a.xml")
        let words = ["reports", "ingest", "a.xml", "r.xml", "--run", "night", "--store", "s"]
        #expect(try workspace.calm(words).exit == 2)
        #expect(try workspace.calm("reports", "gate", "--store", "s").exit == 1)
        try workspace.write(report("b"), to: "r.xml")
        #expect(try workspace.calm(words).exit == 0)
        #expect(try workspace.calm("reports", "gate", "--store", "s").exit == 0)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test("while the record of a refused file is damaged, its run stays incomplete")
    func damagedRecord() throws {
        try workspace.write("", to: "r.xml")
        try workspace.write(report("a"), to: "a.xml")
        let words = ["reports", "ingest", "a.xml", "r.xml", "--run", "night", "--store", "s"]
        #expect(try workspace.calm(words).exit == 2)
        let folder = workspace.store.appendingPathComponent("reports/refused")
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
        try Data("{".utf8).write(to: folder.appendingPathComponent(name))
        let verified = try workspace.calm("store", "verify", "--store", "s")
        #expect(verified.exit == 1 && verified.output.contains(name), "\(verified)")
        let gate = try workspace.calm("reports", "gate", "--store", "s")
        #expect(gate.exit == 1 && gate.output.contains("missed: complete reports: 1 of 2"), "\(gate)")
        try workspace.write(report("b"), to: "r.xml")
        #expect(try workspace.calm(words).exit == 0)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        #expect(try workspace.calm("reports", "gate", "--store", "s").exit == 0)
    }

    @Test("names that aren't UTF-8 are read")
    func bytes() throws {
        try folder("d")
        try workspace.write(report("a"), to: "d/plain.xml")
        let bytes: [CChar] = Array("\(workspace.file("d").path)/".utf8CString.dropLast()) + [CChar(bitPattern: 0xE4)]
        #expect(rename(workspace.file("d/plain.xml").path, bytes + Array(".xml".utf8CString)) == 0)
        let found = try ingest("d")
        #expect(found.exit == 0 && found.files == ["d/\u{FFFD}.xml": "ingested"], "\(found)")
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test("what is compressed is unpacked, in a folder and named; a compressed log is passed over")
    func compressed() throws {
        let python = try #require(installed("python3"))
        try folder("d")
        let script = """
            import gzip, sys, zipfile
            report = "<testsuite name='s'><testcase name='%s'>%s</testcase></testsuite>"
            gzip.open("d/a.xml.gz", "wt").write(report % ("a", ""))
            gzip.open("d/log.gz", "wt").write("all went well")
            with zipfile.ZipFile("d/b.zip", "w") as z:
                z.writestr("unit/b.xml", report % ("b", "<failure/>")); z.writestr("readme.txt", "x")
            with zipfile.ZipFile("bad.zip", "w") as z: z.writestr("pom.xml", "<project/>")
            with zipfile.ZipFile("none.zip", "w") as z: z.writestr("readme.txt", "x")
            for name in ["bad.zip", "none.zip"]: gzip.open(name + ".gz", "wb").write(open(name, "rb").read())
            """
        #expect(try workspace.program(python, ["-c", script]).exit == 0)
        let found = try ingest("d")
        #expect(
            found.exit == 0 && found.files == ["d/a.xml.gz": "ingested", "d/b.zip!unit/b.xml": "ingested"], "\(found)")
        #expect(try ingest("d/b.zip").files == ["d/b.zip!unit/b.xml": "known"])
        #expect(try ingest("d/a.xml.gz").files == ["d/a.xml.gz": "known"])
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        let empty = try ingest("bad.zip")
        #expect(
            empty.exit == 2 && empty.errors.contains("bad.zip isn't ingested: it holds no report in JUnit XML or TAP"),
            "\(empty)")
        for (name, reason) in [
            ("bad.zip.gz", "it holds no report in JUnit XML or TAP"), ("none.zip.gz", "it holds no .xml"),
        ] {
            for store in ["s", "new"] {
                let ending = try workspace.calm("reports", "ingest", name, "--gate", "--store", store)
                #expect(ending.exit == 2 && ending.errors.contains("\(name) isn't ingested: \(reason)"), "\(ending)")
            }
        }
    }

    @Test("standard input is a report")
    func standardInput() throws {
        let shell = try #require(installed("sh"))
        let calm = try CalmProcess.binary().path
        func pipe(_ text: String) throws -> CalmProcess.Ending {
            try workspace.program(
                shell, ["-c", "printf '%s' \"$1\" | '\(calm)' reports ingest - --store s", "x", text])
        }
        #expect(try pipe(report("a", fails: true)).output.hasPrefix("-: 1 test, 1 failed, run "))
        let empty = try pipe("")
        #expect(empty.exit == 2 && empty.errors.contains("error: - isn't ingested: it is empty"), "\(empty)")
    }

    @Test("reports whose names don't say so are found by what they begin with, through links too")
    func unnamed() throws {
        try folder("d")
        try workspace.write(report("a"), to: "d/a.xml")
        try workspace.write("<?xml version='1.0'?>\n<!-- made by x -->\n" + report("b", fails: true), to: "d/results")
        try workspace.write(report("c"), to: "d/junit.log")
        try workspace.write("<tes" + report("x"), to: "d/notes.md")
        try workspace.write("<html><p>about &lt;testsuite></html>", to: "d/page.txt")
        try workspace.write("all tests passed: <testsuite>", to: "d/console.log")
        try workspace.write(report("e", fails: true), to: "outside")
        try link("d/latest", to: "../outside")
        let found = try ingest("d")
        #expect(
            found.files == [
                "d/a.xml": "ingested", "d/results": "ingested", "d/junit.log": "ingested", "d/latest": "ingested",
            ], "\(found)")
    }

    @Test(
        "nothing to read is exit 2, says what was found, and never leaves an older run to be judged",
        arguments: [
            ("test-run", "NUnit 3"), ("assemblies", "xUnit.net"), ("TestRun", "TRX"), ("testng-results", "TestNG"),
            ("project", "project"), ("", ""),
        ])
    func nothing(_ root: String, _ format: String) throws {
        try workspace.write(report("a"), to: "old.xml")
        #expect(try workspace.calm("reports", "ingest", "old.xml", "--store", "s").exit == 0)
        try folder("results")
        if !root.isEmpty { try workspace.write("<\(root)><x result='Failed'/></\(root)>", to: "results/R.xml") }
        let ending = try workspace.calm("reports", "ingest", "results", "--store", "s")
        #expect(ending.exit == 2 && ending.errors.contains("results isn't ingested: it holds no "), "\(ending)")
        #expect(format.isEmpty || ending.errors.contains(format))
        let gate = try workspace.calm("reports", "gate", "--store", "s")
        #expect(gate.exit == 1 && gate.output.contains("missed: tests: 0, at least 1"), "\(gate)")
        // The next run is held against the last that had tests.
        try workspace.write(report("a", fails: true), to: "new.xml")
        let judged = try workspace.calm("reports", "ingest", "new.xml", "--gate", "--store", "s")
        #expect(judged.exit == 1 && judged.output.contains("missed: new failures: 1"), "\(judged)")
    }

    @Test("a mistyped name makes no store, and in one the gate knows of it")
    func missing() throws {
        let first = try ingest("no.xml")
        #expect(first.exit == 2 && first.files == ["no.xml": "refused"], "\(first)")
        #expect(!FileManager.default.fileExists(atPath: workspace.file("s").path))
        try workspace.write(report("a"), to: "a.xml")
        #expect(try workspace.calm("reports", "ingest", "a.xml", "--store", "s").exit == 0)
        let ending = try ingest("no.xml")
        #expect(
            ending.exit == 2 && ending.files == ["no.xml": "refused"]
                && ending.errors.contains("no.xml isn't ingested: there is no such file"), "\(ending)")
        #expect(try workspace.calm("reports", "gate", "--store", "s").exit == 1)
    }
}
