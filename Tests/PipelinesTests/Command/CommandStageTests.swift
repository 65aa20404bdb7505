import Artifacts
import Foundation
import Pipelines
import Testing

/// Removes the record of each execution as soon as it is there.
private struct RecordRemover: WorkerLauncher {
    let inner: InProcessLauncher

    func launch(
        _ request: WorkerRequest, limits: StageLimits, onEvent: @escaping @Sendable (WorkerEvent) -> Void
    ) async -> WorkerOutcome {
        let outcome = await inner.launch(request, limits: limits, onEvent: onEvent)
        if let store = try? Store(opening: request.store, create: false) {
            try? FileManager.default.removeItem(at: store.executionURL(request.key.digest))
        }
        return outcome
    }
}

@Suite("Command stages") struct CommandStageTests {
    private func command(
        _ argv: [String], out: [String: String] = ["out": "out.txt"], _ more: [String: JSONValue] = [:],
        in inputs: [String: [InputReference]] = [:]
    ) -> ResolvedStage {
        var given = more
        given["argv"] = .array(argv.map(JSONValue.string))
        given["out"] = .object(out.mapValues(JSONValue.string))
        return stage("c", CommandStage.self, with: given, in: inputs)
    }

    private func shell(
        _ script: String, out: [String: String] = ["out": "out.txt"], _ more: [String: JSONValue] = [:],
        in inputs: [String: [InputReference]] = [:]
    ) -> ResolvedStage {
        command([script], out: out, more.merging(["shell": .bool(true)]) { $1 }, in: inputs)
    }

    @Test("placeholders stand for the paths of inputs and outputs")
    func placeholders() async throws {
        let workshop = try Workshop()
        let copy = command(
            ["cp", "{in.source}", "{out.copy}"], out: ["copy": "deep/er/copy.txt"],
            in: ["source": [.output(stage: "a", role: "text")]])
        let result = await workshop.run(pipeline(text("a", "hello"), copy))
        #expect(result.exit == 0, "\(result.why("c"))")
        #expect(try workshop.content(of: "c", in: result) == "hello")
        let manifest = try workshop.store.manifest(try #require(result.stages[1].outputs["copy"]))
        #expect(manifest.type == .file)
        #expect(manifest.members.keys.sorted() == ["copy.txt"])
    }

    @Test("several inputs of a role are numbered folders; braces that name no role stay as they are")
    func manyInputs() async throws {
        let workshop = try Workshop()
        let joining = shell(
            "cat in/parts/0/text.txt in/parts/1/text.txt > out.txt; echo '{in} {x}' >> out.txt; ls {in.parts} >> out.txt",
            in: ["parts": [.output(stage: "b", role: "text"), .output(stage: "a", role: "text")]])
        let result = await workshop.run(pipeline(text("a", "1"), text("b", "2"), joining))
        #expect(try workshop.content(of: "c", in: result) == "21{in} {x}\n0\n1\n")
    }

    @Test("the program starts in a clean folder, which is gone afterwards")
    func cleanFolder() async throws {
        let workshop = try Workshop()
        let result = await workshop.run(pipeline(shell("ls -A > ../list; mv ../list out.txt; touch left-over")))
        #expect(try workshop.content(of: "c", in: result) == "")
        #expect(try FileManager.default.contentsOfDirectory(atPath: workshop.store.tmp.path) == [])
    }

    @Test("the program sees the variables that are passed on or set, and no other; their values are in the key")
    func environment() async throws {
        let workshop = try Workshop()
        let stage = shell(
            "echo \"$SEEN $SET ${HIDDEN-unset}\" > out.txt",
            ["env": .array([.string("SEEN")]), "set": .object(["SET": .string("s")])])
        func run(_ environment: [String: String]) async -> RunResult {
            await workshop.run(pipeline(stage)) { $0.environment = environment }
        }
        let first = await run(["SEEN": "1", "HIDDEN": "1"])
        #expect(try workshop.content(of: "c", in: first) == "1 s unset\n")
        #expect(await run(["SEEN": "1", "HIDDEN": "2"]).states == ["c": .cached])
        let changed = await run(["SEEN": "2"])
        #expect(changed.why("c") == "environment.SEEN changed")
        #expect(try workshop.content(of: "c", in: changed) == "2 s unset\n")
    }

    @Test("an output that isn't produced, a bad status, a signal and a missing program: one clear message each")
    func failures() async throws {
        let workshop = try Workshop()
        func failure(_ stage: ResolvedStage) async throws -> StageFailure {
            let result = await workshop.run(pipeline(stage))
            #expect(result.exit == 4)
            return try #require(result.stages[0].failure)
        }
        let missing = try await failure(command(["true"]))
        #expect(
            missing.message
                == "the command ended well, but didn't write its output 'out': no file out.txt in its working folder")
        let status = try await failure(shell("echo broken >&2; exit 3"))
        #expect(status.message == "/bin/bash exited with status 3\nbroken")
        let signal = try await failure(shell("kill -9 $$"))
        #expect(signal.category == .crashed)
        #expect(signal.message == "/bin/bash was killed by signal 9 (SIGKILL)")
        let program = try await failure(command(["no-such-program"]))
        #expect(program.message.hasPrefix("can't start no-such-program"))
        let link = try await failure(shell("ln -s /etc/passwd out.txt"))
        #expect(link.message.contains("isn't an ordinary file"))
    }

    @Test("metrics are read from a JSON object of numbers; what is none is named")
    func metrics() async throws {
        let workshop = try Workshop()
        let good = shell(
            "echo x > out.txt; echo '{\"accuracy\": 0.5, \"count\": 3}' > m.json", ["metrics": .string("m.json")])
        #expect(await workshop.run(pipeline(good)).stages[0].metrics == ["accuracy": 0.5, "count": 3])
        let bad = shell("echo x > out.txt; echo '{\"a\": \"b\"}' > m.json", ["metrics": .string("m.json")])
        let result = await workshop.run(pipeline(bad))
        #expect(result.exit == 0 && result.why("c").contains("metrics that are no numbers are left out: a is \"b\""))
    }

    @Test("names of metrics stay as they are; one that holds a secret is left out, and the reason doesn't say it")
    func namesOfMetrics() async throws {
        let workshop = try Workshop()
        let metrics =
            #"{"main.accuracy": 0.5, "main.loss": 1, "x-s3cret-token": 1, "s3cret-token.y": "s3cret-token", "w": "main"}"#
        let stage = shell(
            "echo x > out.txt; echo '\(metrics)' > m.json",
            ["metrics": .string("m.json"), "env": .array([.string("BRANCH"), .string("TOKEN")])])
        let result = await workshop.run(pipeline(stage)) {
            $0.environment = ["BRANCH": "main", "TOKEN": "s3cret-token"]
        }
        #expect(result.stages[0].metrics == ["main.accuracy": 0.5, "main.loss": 1])
        #expect(result.why("c").contains("2 metrics left out: the name holds the value of an environment variable"))
        #expect(result.why("c").contains(#"w is "***""#) && !result.why("c").contains("s3cret"))
    }

    @Test("a promise of metrics isn't kept if the record that could say so can't be read")
    func unreadableRecord() async throws {
        let workshop = try Workshop()
        let stage = shell("echo x > out.txt; echo '{' > m.json", ["metrics": .string("m.json")])
        let launcher = RecordRemover(inner: InProcessLauncher(registry: toyRegistry))
        let result = await workshop.runner(launcher: launcher).run(pipeline(stage))
        #expect(result.exit != 0)
        #expect(result.gates.first?.found?.hasPrefix("what the stage said of its metrics can't be read: ") == true)
    }

    @Test("what the program says goes to the stage's log")
    func log() async throws {
        let workshop = try Workshop()
        let result = await workshop.run(pipeline(shell("echo out; echo err >&2; echo x > out.txt")))
        let log = try #require(result.stages[0].log)
        #expect(try String(contentsOf: log, encoding: .utf8) == "out\nerr\n")
    }
}
