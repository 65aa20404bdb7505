import Artifacts
import Foundation
import Pipelines
import Testing

/// Outputs of commands that are declared to be text, JSONL or a model.
@Suite("What a command's output is declared to be") struct CommandFormTests {
    private let workshop: SourceWorkshop

    init() throws { workshop = try SourceWorkshop() }

    private func command(_ script: String, _ output: String, more: String = "") -> String {
        """
          c:
            uses: command
            in: { x: { folder: given } }
            with: { shell: sh, argv: ['\(script)'], out: { o: \(output) } }
        \(more)
        """
    }

    private func run(_ script: String, _ output: String, more: String = "") async throws -> RunResult {
        try workshop.write("x", to: "given/x")
        return try await workshop.run(command(script, output, more: more))
    }

    @Test(
        "what is as declared is kept as it is",
        arguments: [
            (#"printf "a\\n\\303\\251" > o.txt"#, "o.txt", "text"),
            (#"printf "{}\\r\\n\\n {\"a\": [1]}" > o.jsonl"#, "o.jsonl", "jsonl"),
            (#"mkdir o; echo "{}" > o/a; : > o/b"#, "o/", "jsonl"), ("mkdir -p o/p; echo é > o/p/a", "o/", "text"),
        ])
    func sound(script: String, path: String, form: String) async throws {
        let plain = try await run(script, path)
        for output in ["{ path: \(path) }", "{ path: \(path), as: \(form) }"] {
            let result = try await run(script, output)
            #expect(result.stages[0].failure == nil, "\(result.stages[0].failure?.message ?? "")")
            #expect(!result.stages[0].outputs.isEmpty && result.stages[0].outputs == plain.stages[0].outputs)
        }
    }

    @Test(
        "what isn't fails the stage, and nothing of it stays",
        arguments: [
            (
                #"printf "a\\nb\\377" > o"#, "{ path: o, as: text }",
                "isn't text in UTF-8: line 2 has bytes that are not"
            ),
            (": > o", "{ path: o, as: text }", "there is nothing in it"),
            ("mkdir o; : > o/a", "{ path: o/, as: jsonl }", "there is nothing in it"),
            (#"printf "{}\\n[1]\\n" > o"#, "{ path: o, as: jsonl }", "line 2 is a list, expected an object"),
            (#"printf "{}\\n\\n{\"a\": 1" > o"#, "{ path: o, as: jsonl }", "line 3, column 8"),
            (#"mkdir o; echo "{}" > o/a; echo x > o/b"#, "{ path: o/, as: jsonl }", "b, line 1, column 1"),
            ("mkdir o; echo x > o/a", "{ path: o/, as: model }", "neither config.json nor one .gguf file"),
            ("echo GGUF > o", "{ path: o, as: model }", "isn't a model, a GGUF file or a folder with config.json"),
            (#"mkdir o; echo "{}" > o/config.json"#, "{ path: o/, as: model }", "config.json"),
        ])
    func broken(script: String, output: String, message: String) async throws {
        let result = try await run(script, output)
        let failure = try #require(result.stages[0].failure)
        #expect(failure.category == .failed && failure.message.contains(message), "\(failure.message)")
        #expect(!failure.message.contains(workshop.folder.path), "\(failure.message)")
        #expect(result.exit != 0 && result.stages[0].outputs.isEmpty)
    }

    @Test("a model that a command makes is used as one")
    func model() async throws {
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("CommandLineTests/Fixtures/tiny-chat")
        try FileManager.default.createDirectory(
            at: workshop.folder.appendingPathComponent("given"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: fixture, to: workshop.folder.appendingPathComponent("given/m"))
        try workshop.write("Some words to read.", to: "t.txt")
        let result = try await run(
            "cp -r {in.x}/m o", "{ path: o/, as: model }",
            more: "  p: { uses: model.perplexity, in: { model: c.o, text: { file: t.txt } } }")
        for stage in result.stages { #expect(stage.failure == nil, "\(stage.failure?.message ?? "")") }
        #expect(try workshop.workshop.artifact("c", "o", of: result).manifest.type == .pretrainedModel)
    }

    @Test(
        "a declaration that can't be is refused before anything runs",
        arguments: [
            ("{ path: o, as: json }", "out.o is to be 'json'; expected one of: text, jsonl, model"),
            ("{ as: text }", "out.o has no path"), ("{ path: o, is: text }", "unknown key 'is'"),
            ("{ path: /o, as: text }", "expected a file's path inside the working folder"),
        ])
    func refused(output: String, message: String) async throws {
        let error = await #expect(throws: (any Error).self) { _ = try await run("echo x > o", output) }
        #expect(error.map { "\($0)".contains(message) } == true, "\(error.map { "\($0)" } ?? "")")
    }
}
