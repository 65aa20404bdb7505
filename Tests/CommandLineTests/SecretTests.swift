import Foundation
import Testing

/// A value of a variable that a stage is given is nowhere to be found afterwards.
@Suite struct SecretTests {
    private static let pipeline = """
        name: secrets
        stages:
          upload:
            uses: command
            retries: { count: 1, backoff: 0.05 }
            with:
              shell: true
              argv:
                - |
                  echo "token $API_TOKEN"; echo "$API_TOKEN" >&2; printf 'u:%s' "$API_TOKEN" | base64
                  printf %s "$API_TOKEN" | { head -c 5; sleep 0.1; cat; }
                  echo "$KEY_FILE"; printf '{"%s": 1}' "$API_TOKEN" > m.json
                  test -z "$${FAIL-}" || { echo "bad token $API_TOKEN" >&2; exit 3; }
                  test -n "$JOB_TOKEN"; echo "job $JOB_TOKEN"
                  echo done > {out.o}
              env: [API_TOKEN, KEY_FILE, FAIL]
              pass-through: [JOB_TOKEN]
              out: { o: o }
              metrics: m.json
          reader:
            uses: command
            in: { o: upload.o }
            with: { argv: [sh, -c, "echo $API_TOKEN; cp {in.o} {out.o}"], env: [API_TOKEN], out: { o: o } }
        """
    /// Values, lines of values, and the longest part that is in base64 wherever it stands.
    private static let needles = [
        "tok-OLD-4711", "tok-NEW-4712", "job-s3cret", "LINEONEOFKEY", "LINETWOOFKEY", "dG9rLU9MRC00NzEx",
        "Rvay1PTEQtNDcx",
        "dG9rLU5FVy00NzEy", "Rvay1ORVctNDcx", "b2stT0xELTQ3MT", "b2stTkVXLTQ3MT",
    ]

    private func environment(_ token: String, _ more: [String: String] = [:]) -> [String: String] {
        ["API_TOKEN": token, "KEY_FILE": "LINEONEOFKEY\nLINETWOOFKEY\n", "JOB_TOKEN": "job-s3cret-value"]
            .merging(more) { $1 }
    }

    private func calm(_ workspace: Workspace, _ environment: [String: String], _ arguments: String...) throws
        -> CalmProcess.Ending
    {
        try CalmProcess(
            CalmProcess.binary(), arguments + ["--store", "s"], in: workspace.folder, environment: environment
        ).wait()
    }

    /// Everything below the workspace that isn't the pipeline, objects decompressed.
    private func findings(_ workspace: Workspace) throws -> [String] {
        var found: [String] = []
        for path in FileManager.default.enumerator(atPath: workspace.folder.path)?.compactMap({ $0 as? String }) ?? [] {
            guard let bytes = try? Data(contentsOf: workspace.file(path)) else { continue }
            for needle in Self.needles where bytes.range(of: Data(needle.utf8)) != nil {
                found.append("\(needle) in \(path)")
            }
        }
        return found
    }

    @Test("values are in no output, report, record, log, catalogue or archive, however often they change and fail")
    func nowhere() throws {
        let workspace = try Workspace(Self.pipeline)
        var printed: [CalmProcess.Ending] = []
        func run(_ environment: [String: String], _ arguments: String..., exit: Int32 = 0) throws {
            let process = try CalmProcess(
                CalmProcess.binary(), ["run", "p.yaml", "--store", "s"] + arguments, in: workspace.folder,
                environment: environment)
            let ending = try process.wait()
            #expect(ending.exit == exit, "\(ending)")
            printed.append(ending)
        }
        try run(environment("tok-OLD-4711"), "--junit", "first.xml")
        try run(environment("tok-NEW-4712"), "--junit", "second.xml")
        try run(environment("tok-NEW-4712", ["FAIL": "yes-fail"]), "--junit", "third.xml", exit: 4)
        try run(environment("tok-OLD-4711"), "--json", "--force")
        let new = environment("tok-NEW-4712", ["FAIL": "no-plan"])
        for words in [
            ["plan", "p.yaml", "--explain"], ["plan", "p.yaml", "--explain", "--json"], ["why", "upload"],
            ["why", "upload", "--json"], ["diff"], ["diff", "--json"], ["show", "upload"],
            ["show", "upload", "--json"],
            ["show", "latest", "--json"], ["log", "upload"], ["log", "reader"], ["runs", "--json"],
            ["report", "latest"],
            ["export", "latest", "--out", "all.tar"],
        ] {
            printed.append(
                try CalmProcess(
                    CalmProcess.binary(), words + ["--store", "s"], in: workspace.folder, environment: new
                ).wait())
        }
        for ending in printed {
            for needle in Self.needles {
                #expect(!ending.output.contains(needle) && !ending.errors.contains(needle), "\(needle): \(ending)")
            }
        }
        #expect(try findings(workspace) == [])
        // What was looked for is there, masked.
        let log = try calm(workspace, [:], "log", "upload").output
        #expect(log.contains("token ***\n***\n"))
        #expect(log.contains("***\n***\n") && !log.contains("***LINE"))
        #expect(try String(contentsOf: workspace.file("third.xml"), encoding: .utf8).contains("bad token ***"))
        #expect(printed[1].output.contains("environment.API_TOKEN changed"))
        let archive = try String(decoding: Data(contentsOf: workspace.file("all.tar")), as: UTF8.self)
        #expect(archive.contains("hmac-sha256:") && !archive.contains("secret\0"))
        let secret = try Data(contentsOf: workspace.file("s/secret"))
        #expect(try Data(contentsOf: workspace.file("all.tar")).range(of: secret) == nil)
    }

    @Test("a value that comes back has its result again, in a store that was moved; in another store it hasn't")
    func moved() throws {
        let workspace = try Workspace(Self.pipeline)
        func states(_ token: String) throws -> [String: String] {
            try RunDocument(of: try workspace.start(environment: environment(token)).wait()).states
        }
        let executed = ["upload": "executed", "reader": "executed"]
        #expect(try states("tok-OLD-4711") == executed)
        #expect(try states("tok-NEW-4712") == executed)
        try FileManager.default.moveItem(at: workspace.store, to: workspace.file("t"))
        try FileManager.default.copyItem(at: workspace.file("t"), to: workspace.store)
        #expect(try states("tok-OLD-4711") == ["upload": "cached", "reader": "cached"])
        try FileManager.default.removeItem(at: workspace.file("s/secret"))
        #expect(try states("tok-OLD-4711") == executed)
    }

    @Test("a variable that is passed through may change, be set or not: nothing reruns")
    func passedThrough() throws {
        let workspace = try Workspace(
            """
            name: tok
            stages:
              fetch:
                uses: command
                with: { shell: true, argv: ["echo \\"$${JOB_TOKEN-none}\\"; echo data > {out.o}"], pass-through: [JOB_TOKEN], out: { o: o } }
            """)
        func run(_ environment: [String: String]) throws -> RunDocument {
            try RunDocument(of: try workspace.start(environment: environment).wait())
        }
        #expect(try run(["JOB_TOKEN": "job-one-1"]).states == ["fetch": "executed"])
        #expect(try workspace.calm("log", "fetch", "--store", "s").output == "***\n")
        #expect(try run(["JOB_TOKEN": "job-two-2"]).states == ["fetch": "cached"])
        #expect(try run([:]).states == ["fetch": "cached"])
    }

    @Test("the values that an earlier version recorded in clear aren't shown")
    func earlierStores() throws {
        let workspace = try Workspace(Self.pipeline)
        _ = try workspace.start(environment: environment("tok-OLD-4711")).wait()
        _ = try workspace.start(environment: environment("tok-NEW-4712")).wait()
        let sqlite = try #require(installed("sqlite3"))
        let old = #"{"A":"tok-OLD-4711","API_TOKEN":"tok-OLD-4711; x","FAIL":null}"#
        let changed = try workspace.program(
            sqlite,
            [
                workspace.file("s/catalogue.sqlite").path,
                """
                UPDATE run_stages SET why = 'with.x: 1 → 2; environment.API_TOKEN: tok-OLD-4711; x → tok-NEW-4712; done' \
                WHERE name = 'upload';
                """,
            ])
        #expect(changed.exit == 0, "\(changed.errors) \(old)")
        for words in [["why", "upload"], ["show", "latest"], ["show", "upload", "--json"], ["runs", "--json"]] {
            let ending = try calm(workspace, [:], words[0], words[1])
            #expect(ending.exit == 0 && !ending.output.contains("tok-"), "\(ending)")
        }
        #expect(
            try calm(workspace, [:], "show", "upload").output.contains(
                "with.x: 1 → 2; environment.API_TOKEN changed\n"))
    }

    @Test(
        "a value is masked in calm's own messages too, which write it with escapes",
        arguments: ["se'cr\"et-X", "ab\u{1}cdSECRETzz"])
    func messages(_ value: String) throws {
        let workspace = try Workspace(
            """
            name: link
            stages:
              a: { uses: command, with: { shell: true, argv: ["mkdir s; ln -s \\"/$TOK\\" s/l"], env: [TOK], out: { s: s/ } } }
            """)
        let ending = try workspace.start(environment: ["TOK": value]).wait()
        #expect(ending.exit == 4 && (ending.output + ending.errors).contains("***"), "\(ending)")
        #expect(!(ending.output + ending.errors).lowercased().contains("et-x"))
        #expect(!(ending.output + ending.errors).contains("SECRET"))
    }

    @Test(
        "no part of a value is left by a metrics file that it breaks, or by what it looks like there",
        arguments: [
            (#"stuvwxyz"ijklmnop&qrst"#, #"{"k%s": 1, "ok": 0.5}"#), (#"stuvwxyz"ijklmnop&qrst"#, #"{"k%s 1}"#),
            (#"stuvwxyz,"ijklmnop":7"#, #"{"k": %s, "ok": 0.5}"#), ("stuvwxyz\\", #"{"k": "%s", "ok": 0.5}"#),
            (String(repeating: "stuvwxyz-", count: 20), #"{"k": "long %s", "ok": 0.5}"#),
        ])
    func metrics(_ value: String, _ format: String) throws {
        let workspace = try Workspace(
            """
            name: broken
            stages:
              a:
                uses: command
                with: { argv: [sh, -c, 'printf "$FORMAT" "$TOK" > m.json; echo 1 > {out.o}'], env: [TOK], out: { o: o },
                  metrics: m.json, set: { FORMAT: '\(format)' } }
            """)
        // No digits of a hexadecimal number, which keys and digests might hold.
        for _ in 0..<2 {
            let ending = try workspace.start("--junit", "r.xml", "--html", "r.html", environment: ["TOK": value]).wait()
            #expect([0, 1].contains(ending.exit), "\(ending)")
            #expect(!(ending.output + ending.errors).contains("stuv"), "\(ending)")
        }
        for path in FileManager.default.enumerator(atPath: workspace.folder.path)?.compactMap({ $0 as? String }) ?? [] {
            guard let bytes = try? Data(contentsOf: workspace.file(path)) else { continue }
            #expect(bytes.range(of: Data("stuv".utf8)) == nil, "\(path)")
        }
    }

    @Test("a value is masked as bash traces it", arguments: ["it's-Secret", "ab\u{1}cdSecret"])
    func traced(_ value: String) throws {
        let workspace = try Workspace(
            """
            name: trace
            stages:
              a: { uses: command, with: { argv: [bash, -xc, ": \\"$TOK\\"; echo 1 > {out.o}"], env: [TOK], out: { o: o } } }
            """)
        #expect(try workspace.start(environment: ["TOK": value]).wait().exit == 0)
        let log = try workspace.calm("log", "a", "--store", "s").output
        #expect(log.contains("***") && !log.contains("Secret"), "\(log)")
    }

    @Test(
        "a value in the path of an output's member, or in what a link leads to, isn't kept",
        arguments: ["touch s/a-$TOK.txt", "mkdir -p s/b/$TOK", "mkdir s/$TOK; touch s/$TOK/c", "ln -s $TOK s/l"])
    func paths(_ script: String) throws {
        let workspace = try Workspace(
            """
            name: paths
            stages:
              a: { uses: command, with: { shell: true, argv: ["mkdir s; touch s/good; \(script)"], env: [TOK], out: { s: s/ } } }
            """)
        let ending = try workspace.start("--junit", "r.xml", environment: ["TOK": "abcd-efgh"]).wait()
        #expect(ending.exit == 4 && ending.output.contains("paths are kept in clear"), "\(ending)")
        #expect(!(ending.output + ending.errors).contains("efgh"))
        // A short value is no secret that a path could give away.
        #expect(try workspace.start(environment: ["TOK": "main"]).wait().exit == 0)
        for path in FileManager.default.enumerator(atPath: workspace.folder.path)?.compactMap({ $0 as? String }) ?? [] {
            guard let bytes = try? Data(contentsOf: workspace.file(path)) else { continue }
            #expect(bytes.range(of: Data("efgh".utf8)) == nil && !path.contains("efgh"), "\(path)")
        }
    }
}
