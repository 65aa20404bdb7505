import Foundation
import Testing

/// Stores and archives of earlier versions, whose key documents hold the values of environment variables in clear.
@Suite struct ClearVariableTests {
    private static let pipeline = """
        name: secrets
        stages:
          upload:
            uses: command
            with: { shell: true, argv: ["echo \\"job $JOB_TOKEN\\"; echo done > {out.o}"], pass-through: [JOB_TOKEN], env: [API_TOKEN], out: { o: o } }
          reader:
            uses: command
            in: { o: upload.o }
            with: { shell: true, argv: ["cp {in.o} {out.o}"], out: { o: o } }
        """
    private static let value = "tok-OLD-4711"

    /// A store as an earlier version left it: the value is in a key document, in the log and in a message.
    private func workspace() throws -> Workspace {
        let workspace = try Workspace(Self.pipeline)
        let environment = ["API_TOKEN": Self.value, "JOB_TOKEN": "job-token-1"]
        let run = try #require(try RunDocument(of: try workspace.start(environment: environment).wait()).run)
        let key = try #require(try (workspace.query("show", "upload") as? [String: Any])?["stage"] as? [String: Any])
        let old = try #require(key["key"] as? String)
        let file = "s/executions/\(old.prefix(2))/\(old.dropFirst(2)).json"
        let record = try String(contentsOf: workspace.file(file), encoding: .utf8)
        // The key is the digest of the document.
        let document = try #require(record.firstMatch(of: /"keyDocument":({.*?"with":{.*?}}),"metrics"/)?.1)
        #expect(try sha256(String(document), workspace) == old)
        let clear = document.replacing(/"hmac-sha256:[0-9a-f]{64}"/, with: "\"\(Self.value)\"")
        let new = try sha256(String(clear), workspace)
        try FileManager.default.removeItem(at: workspace.file(file))
        try FileManager.default.createDirectory(
            at: workspace.file("s/executions/\(new.prefix(2))"), withIntermediateDirectories: true)
        try sealed(record.replacing(document, with: clear).replacing(old, with: new), workspace)
            .write(
                to: workspace.file("s/executions/\(new.prefix(2))/\(new.dropFirst(2)).json"), atomically: true,
                encoding: .utf8)
        let ledger = workspace.file("s/runs/\(run)/run.json")
        let text = try String(contentsOf: ledger, encoding: .utf8).replacing(old, with: new)
            .replacing("no earlier execution", with: "bad token \(Self.value)", maxReplacements: 1)
        try sealed(text, workspace).write(to: ledger, atomically: true, encoding: .utf8)
        try FileManager.default.removeItem(at: workspace.file("s/catalogue.sqlite"))
        try workspace.write(
            "token \(Self.value), in base64 \(Data(Self.value.utf8).base64EncodedString())\n",
            to: "s/runs/\(run)/01-upload.log")
        return workspace
    }

    /// A record's text with the checksum that belongs to it.
    private func sealed(_ text: String, _ workspace: Workspace) throws -> String {
        let rest = text.replacing(/"checksum":"[0-9a-f]{64}",/, with: "")
        return try "{\"checksum\":\"\(sha256(rest, workspace))\"," + rest.dropFirst()
    }

    private func sha256(_ text: String, _ workspace: Workspace) throws -> String {
        try workspace.write(text, to: "hashed")
        let ending = try workspace.program(#require(installed("sha256sum")), ["hashed"])
        return String(ending.output.prefix(64))
    }

    @Test(
        "log, show and report mask them and say so",
        arguments: [
            "log upload", "why upload", "why upload --json", "show latest --json", "show upload", "show upload --json",
            "report --markdown",
            "report --json",
            "report --html -",
        ])
    func masked(_ command: String) throws {
        let workspace = try workspace()
        let ending = try workspace.calm(command.split(separator: " ").map(String.init) + ["--store", "s"])
        #expect(ending.exit == 0 && !(ending.output + ending.errors).contains("OLD-4711"), "\(ending)")
        #expect(!ending.output.contains("dG9rLU9MRC00NzEx"), "\(ending.output)")
        if !command.hasPrefix("report") {
            #expect(ending.output.contains("***"), "\(ending.output)")
            #expect(ending.errors.contains("wrote the value of API_TOKEN in clear; masked here"), "\(ending.errors)")
            #expect(ending.errors.contains("change the value"), "\(ending.errors)")
        }
    }

    @Test("so does a log that is followed, where a value comes in two pieces")
    func followed() throws {
        let workspace = try workspace()
        try workspace.write(
            """
            name: second
            stages:
              slow:
                uses: command
                with:
                  shell: true
                  argv: ["printf 'a tok-'; : > \(workspace.folder.path)/begun; while [ ! -e \(workspace.folder.path)/go ]; do sleep 0.05; done; printf 'OLD-4711 b tok-'; echo > {out.o}"]
                  out: { o: o }
            """, to: "second.yaml")
        let run = try CalmProcess(
            CalmProcess.binary(), ["run", "second.yaml", "--store", "s"], in: workspace.folder)
        #expect(eventually { FileManager.default.fileExists(atPath: workspace.file("begun").path) })
        let follower = try CalmProcess(
            CalmProcess.binary(), ["log", "slow", "--follow", "--store", "s"], in: workspace.folder)
        usleep(500_000)
        try workspace.write("", to: "go")
        let end = try follower.wait(seconds: 60)
        #expect(end.exit == 0 && end.output == "a *** b tok-", "\(end)")
        #expect(end.errors.contains("wrote the value of API_TOKEN in clear; masked here"), "\(end.errors)")
        #expect(try run.wait().exit == 0)
    }

    @Test("what no value stands in is shown without a word of them")
    func silent() throws {
        let ending = try workspace().calm("show", "reader", "--store", "s")
        #expect(ending.exit == 0 && ending.errors.isEmpty, "\(ending)")
    }

    @Test("an export leaves their records out and says so; what it wrote can be imported")
    func exported() throws {
        let workspace = try workspace()
        let ending = try workspace.calm("export", "latest", "--out", "a.tar", "--store", "s")
        #expect(ending.exit == 0, "\(ending)")
        #expect(
            ending.errors.contains("the record of upload holds the value of API_TOKEN in clear"), "\(ending.errors)")
        #expect(ending.errors.contains("run the pipeline again"), "\(ending.errors)")
        let archive = try Data(contentsOf: workspace.file("a.tar"))
        #expect(archive.range(of: Data(Self.value.utf8)) == nil)
        let imported = try workspace.calm("import", "a.tar", "--store", "t")
        #expect(imported.exit == 0, "\(imported)")
        let shown = try workspace.calm("show", "reader", "--store", "t")
        #expect(shown.exit == 0, "\(shown)")
        #expect(try workspace.calm("store", "verify", "--store", "t").exit == 0)
    }
}
