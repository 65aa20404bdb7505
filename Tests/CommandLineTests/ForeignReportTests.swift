import Foundation
import Testing

/// What in a folder or an archive isn't JUnit XML, and what names nothing.
@Suite struct ForeignReportTests {
    let workspace: Workspace

    init() throws { workspace = try Workspace() }

    private static let passing = "<testsuite name='s'><testcase name='a'/></testsuite>"
    private static let failing = "<testsuite name='s'><testcase name='b'><failure/></testcase></testsuite>"

    private func folder(_ name: String, _ files: [String: String]) throws {
        try FileManager.default.createDirectory(at: workspace.file(name), withIntermediateDirectories: true)
        for (file, text) in files { try workspace.write(text, to: "\(name)/\(file)") }
    }

    private func ingest(_ paths: String..., store: String = "s") throws -> CalmProcess.Ending {
        try workspace.calm(["reports", "ingest"] + paths + ["--gate", "--store", store])
    }

    @Test(
        "a report of another format that failed makes the run incomplete, unless a report beside it says so",
        arguments: [
            "<test-run result='Failed' failed='1'/>", "<test-results total='1' errors='0' failures='1'/>",
            "<TestRun xmlns='urn:x'><ResultSummary outcome='Failed'/></TestRun>",
            "<TestRun xmlns='urn:x'><ResultSummary outcome='Completed'><Counters failed='1'/></ResultSummary></TestRun>",
            "<assemblies><assembly failed='1'/></assemblies>", "<testng-results failed='1'/>",
            "<TestResult><TestSuite name='x' result='failed'/></TestResult>",
            "<TestLog><TestSuite><TestCase><Error>x</Error></TestCase></TestSuite></TestLog>",
            "<robot><statistics><total><stat pass='0' fail='1'/></total></statistics></robot>",
            "<Catch><OverallResults successes='1' failures='1'/></Catch>", "<results status='failed'/>",
            "<TestSuite name='x'><TestCase name='a'><Failure/></TestCase></TestSuite>",
            "<TestCase name='t'><Incident type='fail'/></TestCase>",
        ])
    func failed(document: String) throws {
        try folder("d", ["a.xml": Self.passing, "other.xml": document])
        let ending = try ingest("d")
        #expect(
            ending.exit == 2 && ending.errors.contains("d/other.xml isn't ingested: it is no JUnit report"), "\(ending)"
        )
        let gate = try workspace.calm("reports", "gate", "--store", "s")
        #expect(gate.exit == 1 && gate.output.contains("missed: complete reports: 1 of 2 incomplete"), "\(gate)")
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        try workspace.write(Self.failing, to: "d/b.xml")
        let both = try ingest("d", store: "t")
        #expect(both.exit == 1 && both.output.contains("passed: complete reports"), "\(both)")
    }

    @Test(
        "one that was cut off, or that has more failures than the reports beside it, makes the run incomplete all the same"
    )
    func excess() throws {
        let two = "<test-run failed='2'><test-case result='Failed'/><test-case result='Failed'/></test-run>"
        for document in [two, "<robot><suite>", "<test-run><test-case result='Failed'/>"] {
            try folder("d", ["a.xml": Self.failing, "other.xml": document])
            let ending = try ingest("d")
            #expect(ending.exit == 2 && ending.output.contains("missed: complete reports: 1 of 2"), "\(ending)")
        }
        try folder("d", ["other.xml": two])
        #expect(
            try ingest("d", store: "u").errors.contains(
                "says that 2 tests failed (<test-run failed='2'>), of which the JUnit reports beside it have 1"))
        try workspace.write(Self.failing.replacing("'b'", with: "'c'"), to: "d/c.xml")
        let both = try ingest("d", store: "t")
        #expect(both.exit == 1 && both.output.contains("passed: complete reports"), "\(both)")
    }

    @Test("that a report's failure is old or quarantined excuses no failure of another format")
    func excused() throws {
        let two = "<test-run><test-case result='Failed'/><test-case result='Failed'/></test-run>"
        try workspace.write(Self.failing, to: "b.xml")
        try folder(
            "d", ["b.xml": Self.failing.replacing("<failure/>", with: "<failure>again</failure>"), "other.xml": two])
        #expect(try workspace.calm("reports", "ingest", "b.xml", "--store", "s").exit == 0)
        let old = try ingest("d")
        #expect(old.output.contains("passed: new failures: 0"), "\(old)")
        #expect(old.exit == 2 && old.output.contains("missed: complete reports"), "\(old)")
        let accepted = try workspace.calm("reports", "gate", "--allow-incomplete", "--store", "s")
        #expect(accepted.exit == 0, "\(accepted)")
        // As many as in the report, of which none is new: of the same name, or nobody knows of which.
        for (name, exit) in [("name='b'", 0), ("", 2), ("name='c'", 2)] as [(String, Int32)] {
            let store = "t" + name.filter(\.isLetter)
            try workspace.write("<test-run><test-case \(name) result='Failed'/></test-run>", to: "d/other.xml")
            #expect(try workspace.calm("reports", "ingest", "b.xml", "--store", store).exit == 0)
            let covered = try ingest("d", store: store)
            #expect(covered.exit == exit, "\(name): \(covered)")
        }
    }

    @Test("a merge refuses a report of another format that failed, unless a report beside it says so")
    func merged() throws {
        try folder("d", ["a.xml": Self.passing, "other.xml": "<test-run result='Passed' failed='0'/>"])
        let arguments = ["reports", "merge", "d", "--junit", "all.xml"]
        #expect(try workspace.calm(arguments).exit == 0)
        try FileManager.default.removeItem(at: workspace.file("all.xml"))
        try workspace.write("<test-run result='Failed' failed='1'/>", to: "d/other.xml")
        let refused = try workspace.calm(arguments)
        #expect(
            refused.exit == 2
                && refused.errors.contains("d/other.xml isn't merged: it is no JUnit report (NUnit 3), and says"),
            "\(refused)")
        #expect(!FileManager.default.fileExists(atPath: workspace.file("all.xml").path))
        try workspace.write(Self.failing, to: "d/b.xml")
        #expect(try workspace.calm(arguments).exit == 0)
        #expect(try ingest("all.xml").exit == 1)
        // A folder whose reports are missing is no part that may be left out.
        try folder("empty", [:])
        let short = try workspace.calm(["reports", "merge", "d", "empty", "--junit", "short.xml"])
        #expect(short.exit == 2 && short.errors.contains("empty isn't merged: it holds no "), "\(short)")
    }

    @Test(
        "one that passed, and any other document, is passed over",
        arguments: [
            "<test-run result='Passed' failed='0'/>", "<testng-results failed='0' passed='1'/>",
            "<TestRun xmlns='urn:x'><ResultSummary outcome='Completed'><Counters failed='0' error='0' timeout='0'/>"
                + "<RunInfos><RunInfo outcome='Warning'/></RunInfos></ResultSummary></TestRun>",
            "<robot><suite><kw><status status='FAIL'/></kw></suite><statistics><stat pass='1' fail='0'/></statistics></robot>",
            "<checkstyle><file><error severity='error'/></file></checkstyle>", "<coverage/>", "<project/>",
        ])
    func passed(document: String) throws {
        try folder("d", ["a.xml": Self.passing, "other.xml": document])
        #expect(try ingest("d").exit == 0)
    }

    @Test("a folder with nothing to read is named, and one whose files were named before isn't")
    func empty() throws {
        try folder("good", ["a.xml": Self.passing])
        try folder("good/in", ["b.xml": "<testsuite name='s'><testcase name='c'/></testsuite>"])
        try folder("empty", [:])
        try folder("other", ["pom.xml": "<project/>"])
        #expect(try ingest("good", "good/in").exit == 0)
        for name in ["empty", "other"] {
            let ending = try ingest("good", name, store: name + ".store")
            #expect(
                ending.exit == 2 && ending.errors.contains("error: \(name) isn't ingested: it holds no "), "\(ending)")
            #expect(ending.output.contains("good/a.xml") || ending.output.contains("a.xml: 1 test"), "\(ending)")
            #expect(try workspace.calm("reports", "gate", "--store", name + ".store").exit == 1)
        }
    }

    @Test("archives behind a program, gzip files in archives, and what isn't an archive")
    func archives() throws {
        let python = try #require(installed("python3"))
        let script = """
            import gzip, io, sys, zipfile
            passing, failing = sys.argv[1:]
            def archive(name, members, stub=b""):
                data = io.BytesIO()
                with zipfile.ZipFile(data, "w") as z:
                    for member in members: z.writestr(*member)
                open(name, "wb").write(stub + data.getvalue())
            archive("inner.zip", [("a.xml", passing), ("b.gz", gzip.compress(failing.encode())), ("log.gz", gzip.compress(b"x"))])
            archive("logs.zip", [("a.xml", passing), ("log.gz", gzip.compress(b"all went well"))])
            archive("none.zip", [])
            archive("d/program.zip", [("b.xml", failing)], b"MZ" + bytes(500))
            open("e/damaged.zip", "wb").write(b"no archive at all, whatever its name says")
            import tarfile
            def tar(name, mode, members):
                with tarfile.open(name, mode) as t:
                    for path, text in members:
                        member = tarfile.TarInfo(path)
                        member.size = len(text)
                        t.addfile(member, io.BytesIO(text.encode()))
            tar("f/logs.tar.gz", "w:gz", [("log/a.txt", "failed")])
            tar("g/all.tar.gz", "w:gz", [("deep/" * 30 + "b.xml", failing), ("a.txt", "x")])
            tar("h/all.tgz", "w:gz", [("b.xml", failing)])
            tar("i/all.tar", "w", [("b.xml", failing)])
            archive("unnamed.zip", [("a.xml", passing), ("results", failing), ("big", " " * 9000 + failing), ("x.txt", "x")])
            tar("unnamed.tar", "w", [("a.xml", passing), ("out/r.junit", failing)])
            whole = open("g/all.tar.gz", "rb").read()
            open("j/cut.tar.gz", "wb").write(whole[:-20])
            tar("k/two.tar", "w", [("a.xml", passing)])
            tar("l/two.tar", "w", [("a.xml", passing)])
            open("k/two.tar", "ab").write(open("i/all.tar", "rb").read())
            data = open("l/two.tar", "rb").read()
            open("l/two.tar", "wb").write(data[:1024])
            """
        for name in ["d", "e", "f", "g", "h", "i", "j", "k", "l"] { try folder(name, ["a.xml": Self.passing]) }
        #expect(try workspace.program(python, ["-c", script, Self.passing, Self.failing]).exit == 0)
        for (path, exit) in [
            ("inner.zip", 1), ("logs.zip", 0), ("d", 1), ("e", 2), ("none.zip", 2), ("f", 0), ("g", 1), ("h", 1),
            ("i", 1), ("j", 2), ("k", 1), ("l", 2), ("unnamed.zip", 1), ("unnamed.tar", 1),
        ]
            as [(String, Int32)]
        {
            let ending = try ingest(path, store: path + ".store")
            #expect(ending.exit == exit, "\(path): \(ending)")
        }
    }

    @Test("an archive that can't be read is named; one that is called like results makes the run incomplete")
    func unread() throws {
        try folder("d", ["a.xml": Self.passing, "b.tar.xz": "x", "c.7z": "x"])
        let ending = try ingest("d")
        #expect(ending.exit == 0 && ending.errors.contains("2 files passed over that may hold results"), "\(ending)")
        #expect(ending.errors.contains("d/b.tar.xz, d/c.7z"), "\(ending)")
        try workspace.write("x", to: "d/test-results.tar.xz")
        let refused = try ingest("d", store: "t")
        #expect(
            refused.exit == 2
                && refused.errors.contains(
                    "d/test-results.tar.xz isn't ingested: it is compressed (xz), which isn't read"),
            "\(refused)")
        let accepted = try workspace.calm("reports", "gate", "--allow-incomplete", "--store", "t")
        #expect(try workspace.calm("reports", "gate", "--store", "t").exit == 1 && accepted.exit == 0, "\(accepted)")
    }

    @Test("results in TAP are read like any other, by every way in")
    func tap() throws {
        let failing = "1..2\nok 1 - a\nnot ok 2 - adds\n"
        try folder("d", ["a.xml": Self.passing, "b.tap": failing])
        let ending = try ingest("d")
        #expect(ending.exit == 1 && ending.output.contains("b::adds"), "\(ending)")
        #expect(ending.output.contains("b.tap: 2 tests, 1 failed"), "\(ending)")
        #expect(try ingest("d/b.tap", store: "t").exit == 1)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
        #expect(try workspace.calm("reports", "show", "--store", "s").output.contains("b::adds"))
        #expect(try workspace.calm("reports", "merge", "d", "--junit", "all.xml").exit == 0)
        #expect(try ingest("all.xml", store: "u").output.contains("b::adds"))
        // The same bytes under another name are other tests.
        try workspace.write(failing, to: "d/c.tap")
        let more = try ingest("d")
        #expect(more.exit == 1 && more.output.contains("c::adds"), "\(more)")
        try workspace.write("1..3\nok 1\n", to: "cut.tap")
        #expect(try ingest("cut.tap", store: "v").output.contains("its plan says 3 tests, found 1"))
        try workspace.write("1..1\nok 1\n", to: "good.tap")
        #expect(try ingest("good.tap", store: "w").exit == 0)
    }

    @Test("an entity that holds elements is refused: what it says would be lost")
    func entity() throws {
        for value in ["<failure/>", "&#60;failure/>"] {
            try workspace.write(
                "<!DOCTYPE t [<!ENTITY f '\(value)'>]><testsuite name='s'><testcase name='a'>&f;</testcase></testsuite>",
                to: "r.xml")
            let ending = try ingest("r.xml")
            #expect(ending.exit == 2 && ending.errors.contains("its entity 'f' holds elements"), "\(ending)")
        }
    }
}
