import Foundation
import Testing

/// Which run the gate judges, and against which.
@Suite struct JudgedRunTests {
    let workspace: Workspace

    init() throws { workspace = try Workspace() }

    /// A report of tests by name: `p` passed, `f` failed.
    private func write(_ file: String, _ tests: String, timestamp: String? = nil) throws {
        let cases = tests.split(separator: " ").map {
            "<testcase classname='C' name='\($0.dropLast())'>\($0.hasSuffix("f") ? "<failure message='m'/>" : "")</testcase>"
        }
        let time = timestamp.map { " timestamp='\($0)'" } ?? ""
        try workspace.write("<testsuite name='s'\(time)>\(cases.joined())</testsuite>", to: file)
    }

    private func calm(_ words: String..., server: [String: String] = [:]) throws -> CalmProcess.Ending {
        try CalmProcess(
            CalmProcess.binary(), words + ["--store", "s"], in: workspace.folder, environment: server
        ).wait()
    }

    private func runs() throws -> [String] {
        let list = try workspace.query("reports", "list") as? [[String: Any]] ?? []
        return list.compactMap { $0["run"] as? String }
    }

    @Test("the run ingested last is judged, and the baseline is the one ingested before, whatever their clocks said")
    func clocks() throws {
        try write("good.xml", "ap bf")
        try write("bad.xml", "af bf")
        let first = try calm("reports", "ingest", "good.xml", "--run", "good", "--time", "2100-01-01T00:00:00Z")
        #expect(first.exit == 0)
        #expect(try calm("reports", "ingest", "bad.xml", "--run", "bad").exit == 0)
        for _ in 1...2 {
            let gate = try calm("reports", "gate")
            #expect(gate.exit == 1 && gate.output.contains("bad against good\nmissed: new failures: 1"), "\(gate)")
            #expect(try runs() == ["bad", "good"])
            #expect(try calm("store", "rebuild-catalogue").exit == 0)
        }
    }

    @Test("history that is ingested later has its place by its time, and the next run isn't held against it")
    func history() throws {
        try write("r.xml", "ap")
        for (run, day) in [("n3", 3), ("n1", 1), ("n2", 2)] {
            #expect(
                try calm("reports", "ingest", "r.xml", "--run", run, "--time", "2026-01-0\(day)T00:00:00Z").exit == 0)
        }
        #expect(try runs() == ["n3", "n2", "n1"])
        #expect(try calm("reports", "gate").output.hasPrefix("n2 against n1\n"))
        #expect(try calm("reports", "ingest", "r.xml", "--run", "now").exit == 0)
        #expect(try calm("reports", "ingest", "r.xml", "--run", "n0", "--time", "2025-01-01T00:00:00Z").exit == 0)
        #expect(try calm("reports", "ingest", "r.xml", "--run", "later").exit == 0)
        #expect(try calm("reports", "gate").output.hasPrefix("later against now\n"))
        #expect(try runs() == ["later", "now", "n3", "n2", "n1", "n0"])
    }

    @Test("a run that says it is older than one ingested before is held against that, too")
    func laterRun() throws {
        try write("a.xml", "af")
        try write("b.xml", "ap")
        #expect(try calm("reports", "ingest", "a.xml", "--run", "n1", "--time", "2026-01-01T00:00:00Z").exit == 0)
        #expect(try calm("reports", "ingest", "b.xml", "--run", "n3", "--time", "2026-01-03T00:00:00Z").exit == 0)
        try write("a.xml", "af cp")
        #expect(try calm("reports", "ingest", "a.xml", "--run", "n2", "--time", "2026-01-02T00:00:00Z").exit == 0)
        let gate = try calm("reports", "gate")
        #expect(gate.exit == 1 && gate.output.contains("1, at most 0; not in n1, or not in n3"), "\(gate)")
        // By name it is a question about the past.
        #expect(try calm("reports", "gate", "n2").exit == 0)
    }

    @Test("a report that comes again is judged, against the run before it")
    func again() throws {
        try write("bad.xml", "af")
        try write("good.xml", "ap")
        for file in ["bad.xml", "good.xml"] { #expect(try calm("reports", "ingest", file).exit == 0) }
        #expect(try calm("reports", "gate").exit == 0)
        let known = try calm("reports", "ingest", "bad.xml")
        #expect(known.exit == 0 && known.output.contains("ingested before"), "\(known)")
        for _ in 1...2 {
            let gate = try calm("reports", "gate")
            #expect(gate.exit == 1 && !gate.output.contains("there is no baseline"), "\(gate)")
            #expect(try calm("store", "verify").exit == 0)
            #expect(try calm("store", "rebuild-catalogue").exit == 0)
        }
        #expect(try calm("reports", "ingest", "good.xml", "--gate").exit == 0)
    }

    @Test("of files that come again with others, those that were written since are of the new run")
    func mixed() throws {
        try write("d-a.xml", "af")
        try write("d-b.xml", "bp")
        #expect(try calm("reports", "ingest", "d-a.xml", "d-b.xml", "--run", "n1").exit == 0)
        try write("d-a.xml", "ap")
        #expect(try calm("reports", "ingest", "d-a.xml", "d-b.xml", "--run", "n2").exit == 0)
        try write("d-a.xml", "af")
        try write("d-b.xml", "bp cp")
        let judged = try calm("reports", "ingest", "d-a.xml", "d-b.xml", "--gate")
        #expect(judged.exit == 1 && judged.output.contains("  s::C::a: m"), "\(judged)")
        // What has lain there since isn't.
        try write("d-c.xml", "dp")
        let added = try calm("reports", "ingest", "d-a.xml", "d-b.xml", "d-c.xml")
        #expect(added.output.components(separatedBy: "ingested before").count == 3, "\(added)")
    }

    private let variables = [
        "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "test",
        "GITHUB_SHA": "abc", "GITHUB_REF_NAME": "main",
    ]

    @Test("a further attempt at a commit isn't held against the one before it; a run isn't its own baseline")
    func furtherAttempt() throws {
        let workspace = try Workspace()
        for (text, arguments, exit) in [
            ("", ["--commit", "c0"], 0), ("<failure/>", ["--commit", "c1", "--attempt", "1"], 1),
            ("<failure/>", ["--commit", "c1", "--attempt", "2"], 1),
            ("<failure/>", ["--commit", "c2", "--attempt", "1"], 0),
        ] as [(String, [String], Int32)] {
            try workspace.write(
                "<testsuite name='s'><testcase name='a'>\(text)</testcase></testsuite>", to: "r.xml")
            let ending = try workspace.calm(["reports", "ingest", "r.xml", "--gate", "--store", "s"] + arguments)
            #expect(ending.exit == exit, "\(arguments): \(ending)")
        }
        let own = try workspace.calm("reports", "gate", "--baseline", "latest", "--store", "s")
        #expect(own.exit == 2 && own.errors.contains("is the run that is judged"), "\(own)")
    }

    @Test(
        "a job that is run again at a commit isn't held against itself, where its server numbers no attempts either",
        arguments: [
            (["GITLAB_CI": "true", "CI_JOB_NAME": "test", "CI_COMMIT_REF_NAME": "main"], "CI_JOB_ID", "CI_COMMIT_SHA"),
            (["JENKINS_URL": "https://j/", "JOB_NAME": "test", "GIT_BRANCH": "main"], "BUILD_TAG", "GIT_COMMIT"),
        ])
    func runAgain(_ server: [String: String], _ job: String, _ commit: String) throws {
        for (id, sha, tests, exit) in [
            ("1", "c1", "ap", 0), ("2", "c2", "af", 1), ("3", "c2", "af", 1), ("4", "c2", "af bf", 1),
            ("5", "c3", "af", 0),
        ] as [(String, String, String, Int32)] {
            try write("r.xml", tests)
            let own = server.merging([job: id, "BUILD_NUMBER": id, commit: sha]) { $1 }
            let judged = try calm("reports", "ingest", "r.xml", "--gate", server: own)
            #expect(judged.exit == exit, "\(id): \(judged)")
        }
    }

    @Test("in a CI job, its own run is judged, of this attempt, or none")
    func server() throws {
        try write("good.xml", "ap")
        try write("bad.xml", "af")
        #expect(try calm("reports", "ingest", "good.xml").exit == 0)
        let none = try calm("reports", "gate", server: variables)
        #expect(none.exit == 2 && none.errors.contains("this CI job has ingested no test report"), "\(none)")
        #expect(try calm("reports", "ingest", "bad.xml", server: variables).exit == 0)
        #expect(try calm("reports", "ingest", "good.xml", "--run", "other").exit == 0)
        let judged = try calm("reports", "gate", server: variables)
        #expect(judged.exit == 1 && judged.output.hasPrefix("github-7-test-1 against"), "\(judged)")
        let second = variables.merging(["GITHUB_RUN_ATTEMPT": "2"]) { $1 }
        #expect(try calm("reports", "gate", server: second).exit == 2)
        #expect(try calm("reports", "ingest", "good.xml", "--run", "mine", server: second).exit == 0)
        #expect(
            try calm("reports", "gate", server: second).output.hasPrefix("mine against nothing\n"),
            "an attempt at the same commit")
    }

    @Test(
        "in any CI job, the older run isn't judged in place of the job's own",
        arguments: [
            ["CI": "true"], ["CI": "1"], ["CI": "true", "BUILD_ID": "7"], ["TRAVIS": "true", "TRAVIS_JOB_ID": "7"],
        ])
    func anyServer(_ server: [String: String]) throws {
        try write("good.xml", "ap")
        try write("bad.xml", "af")
        #expect(try calm("reports", "ingest", "good.xml").exit == 0)
        let none = try calm("reports", "gate", server: server)
        #expect(none.exit == 2 && none.errors.contains("this CI job has ingested no test report"), "\(none)")
        // The same bytes are the job's own now.
        #expect(try calm("reports", "ingest", "good.xml", server: server).exit == 0)
        #expect(try calm("reports", "gate", server: server).exit == 0)
        #expect(try calm("reports", "gate", "latest", server: server).exit == 0)
        #expect(try calm("reports", "ingest", "bad.xml", "--run", "other").exit == 0)
        #expect(try calm("reports", "gate", server: server).exit == 0)
        #expect(try calm("reports", "ingest", "bad.xml", server: server).exit == 0)
        #expect(try calm("reports", "gate", server: server).exit != 0)
    }

    @Test("jobs of a matrix share their variables: each is named, and the gate asks which")
    func matrix() throws {
        try write("good.xml", "ap")
        try write("bad.xml", "af")
        for (job, file) in [("linux", "bad.xml"), ("mac", "good.xml")] {
            #expect(try calm("reports", "ingest", file, "--job", job, server: variables).exit == 0)
        }
        let several = try calm("reports", "gate", server: variables)
        #expect(several.exit == 2 && several.errors.contains("github-7-mac-1, github-7-linux-1"), "\(several)")
        #expect(try calm("reports", "gate", "--job", "mac", server: variables).exit == 0)
        #expect(try calm("reports", "gate", "--job", "linux", server: variables).exit == 1)
    }

    @Test("ingest --gate judges what it ingests, takes the gate's options, and ends with the worse code")
    func atOnce() throws {
        try write("good.xml", "ap bp")
        try write("bad.xml", "af")
        #expect(try calm("reports", "ingest", "good.xml", "--gate").exit == 0)
        let missed = try calm("reports", "ingest", "bad.xml", "--gate", "--json")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(missed.output.utf8)) as? [String: Any])
        #expect(missed.exit == 1 && list(document["gates"]).map { $0["passed"] as? Bool } == [false])
        #expect(list(document["files"]).count == 1)
        #expect(try calm("reports", "ingest", "bad.xml", "--gate", "--max-new-failures", "1").exit == 0)
        #expect(
            try calm("reports", "ingest", "bad.xml", "--gate", "--max-new-failures", "1", "--max-removed", "0").exit
                == 1)
        #expect(
            try calm("reports", "ingest", "bad.xml", "--gate", "--max-new-failures", "1", "--min-tests", "2").exit == 1)
        let both = try calm("reports", "ingest", "bad.xml", "none.xml", "--run", "x", "--gate")
        #expect(both.exit == 2 && both.output.contains("missed: complete reports"), "\(both)")
        #expect(both.errors.contains("none.xml isn't ingested"))
        #expect(try calm("reports", "ingest", "bad.xml", "--min-tests", "-1", "--gate").exit == 2)
        let alone = try calm("reports", "ingest", "bad.xml", "--max-new-failures=0")
        #expect(alone.exit == 2 && alone.errors.contains("--max-new-failures is a rule of the gate"), "\(alone)")
    }

    @Test("reports' own times are the run's, and files of several days are said to look like several runs")
    func timestamps() throws {
        try write("a.xml", "ap", timestamp: "2026-01-05T10:00:00Z")
        try write("b.xml", "ap bp", timestamp: "2026-01-03T10:00:00+02:00")
        #expect(try calm("reports", "ingest", "a.xml", "--run", "n5").exit == 0)
        #expect(try calm("reports", "ingest", "b.xml", "--run", "n3").exit == 0)
        #expect(try runs() == ["n5", "n3"])
        let list = try workspace.query("reports", "list") as? [[String: Any]] ?? []
        #expect(list.compactMap { $0["startedAt"] as? String } == ["2026-01-05T10:00:00Z", "2026-01-03T08:00:00Z"])
        let several = try calm("reports", "ingest", "a.xml", "b.xml", "--run", "both")
        #expect(several.exit == 0 && several.errors.contains("if these are several runs"), "\(several)")
        try write("c.xml", "ap", timestamp: "2100-01-03T10:00:00Z")
        #expect(try calm("reports", "ingest", "c.xml", "--run", "future").exit == 0)
        #expect(try runs().first == "future")
        #expect(!(try calm("reports", "list").output.contains("2100-")))
    }

    @Test("outside of CI, commit and branch are those of the Git checkout", arguments: [0, 1, 2])
    func checkout(_ kind: Int) throws {
        let commit = String(repeating: "0a", count: 20)
        let git = workspace.file(kind == 2 ? "main/.git" : ".git")
        try FileManager.default.createDirectory(
            at: git.appendingPathComponent("refs/heads"), withIntermediateDirectories: true)
        func write(_ text: String, _ path: String) throws {
            try Data(text.utf8).write(to: git.appendingPathComponent(path))
        }
        switch kind {
        case 0:
            try write("ref: refs/heads/topic\n", "HEAD")
            try write("\(commit)\n", "refs/heads/topic")
        case 1: try write("\(commit)\n", "HEAD")
        default:
            let tree = git.appendingPathComponent("worktrees/w")
            try FileManager.default.createDirectory(at: tree, withIntermediateDirectories: true)
            try write("ref: refs/heads/main\n", "HEAD")
            try write("# pack-refs\n\(commit) refs/heads/topic\n", "packed-refs")
            try write("ref: refs/heads/topic\n", "worktrees/w/HEAD")
            try write("../..\n", "worktrees/w/commondir")
            try workspace.write("gitdir: main/.git/worktrees/w\n", to: ".git")
        }
        try self.write("a.xml", "ap")
        #expect(try calm("reports", "ingest", "a.xml").exit == 0)
        let run = try #require((try workspace.query("reports", "list") as? [[String: Any]])?.first)
        #expect(run["commit"] as? String == commit)
        #expect(run["branch"] as? String == (kind == 1 ? nil : "topic"))
    }
}
