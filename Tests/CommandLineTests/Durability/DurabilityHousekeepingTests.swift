import Foundation
import Testing

/// The commands that change a store besides runs, killed or refused at calls of their own write paths.
@Suite("Housekeeping that is killed, or whose calls fail") struct DurabilityHousekeepingTests {
    enum Chore: String, CaseIterable, Sendable {
        case gc, pin, unpin, export
        case imported = "import"
        case rebuild = "rebuild-catalogue"
        case verify
        case migrate

        var words: [String] {
            switch self {
            case .gc: ["store", "gc", "--keep-runs", "0", "--quarantined"]
            case .pin: ["pin", "again", "made"]
            case .unpin: ["unpin", "first"]
            case .export: ["export", "read", "--out", "s/out.tar"]
            case .imported: ["import", "foreign.tar"]
            case .rebuild: ["store", "rebuild-catalogue"]
            case .verify: ["store", "verify"]
            case .migrate: ["runs"]
            }
        }

        /// Of a verification that finds the damage that is there.
        var exit: Int32 { self == .verify ? 1 : 0 }
    }

    /// What each command starts from: two results of a stage, one executed again with another result, a pin, a report.
    private static let prepared: Result<Workspace, any Error> = Result {
        let pipeline = """
            name: kept
            params: { word: one }
            stages:
              made:
                uses: command
                with: { argv: [sh, -c, "seq 400 > {out.x}; echo $WORD >> {out.x}"], out: { x: x }, set: { WORD: "${params.word}" } }
              read: { uses: command, in: { i: made.x }, with: { argv: [sort, -o, "{out.y}", "{in.i}"], out: { y: y } } }
              noisy: { uses: command, with: { argv: [sh, -c, "date +%N > {out.z}"], out: { z: z } } }

            """
        let foreign = try Workspace(pipeline.replacing("name: kept", with: "name: foreign"))
        try foreign.run("--set", "params.word=other")
        let workspace = try Workspace(pipeline)
        for words in [["--set", "params.word=two"], ["--force-stage", "noisy"], []] {
            _ = try RunDocument(of: workspace.calm(["run", "p.yaml", "--store", "s", "--json"] + words))
        }
        try workspace.write("<testsuite name='s'><testcase name='t'/></testsuite>", to: "report.xml")
        for words in [["pin", "first", "latest"], ["reports", "ingest", "report.xml", "--run", "n1"]] {
            let ending = try workspace.calm(words + ["--store", "s"])
            guard ending.exit == 0 else { throw CalmProcess.Problem(description: "\(words): \(ending)") }
        }
        let export = try foreign.calm("export", "latest", "--out", "foreign.tar", "--store", "s")
        guard export.exit == 0 else { throw CalmProcess.Problem(description: "\(export)") }
        try FileManager.default.copyItem(at: foreign.file("foreign.tar"), to: workspace.file("foreign.tar"))
        return workspace
    }

    private func workspace(for chore: Chore) throws -> Workspace {
        if chore == .migrate { return try CommittedStore.copy(.first) }
        let workspace = try Workspace()
        // With the times of the objects.
        let copied = try workspace.program(
            URL(fileURLWithPath: "/bin/cp"), ["-a", Self.prepared.get().folder.path + "/.", workspace.folder.path])
        try #require(copied.exit == 0)
        if chore == .verify { try DamageTests.Damage.flip.strike(workspace.object(workspace.blob(of: "made.x"))) }
        return workspace
    }

    /// What the store holds and says, whatever the times at which it was written.
    private func state(_ workspace: Workspace) throws -> [String] {
        var lines: [String] = []
        for folder in ["objects", "executions", "superseded", "collected", "pins", "imports", "reports", "quarantine"] {
            let files = FileManager.default.enumerator(atPath: workspace.file("s/\(folder)").path)
            lines += (files?.allObjects as? [String] ?? []).map { "\(folder)/\($0)" }.sorted()
                // A rebuilding cut short sets one more aside, each under a name of its own.
                .filter { !$0.hasPrefix("quarantine/catalogue-") }
        }
        for words in [["runs"], ["metrics"], ["reports", "list"], ["pins"]] {
            let ending = try workspace.calm(words + ["--store", "s", "--json"])
            // When a pin was made.
            lines.append("\(ending.exit): " + ending.output.replacing(/[0-9]{10}\.[0-9]+/, with: "TIME"))
        }
        return lines
    }

    private func perform(_ chore: Chore, _ workspace: Workspace, _ library: FaultLibrary? = nil) throws
        -> CalmProcess.Ending
    {
        try CalmProcess(
            CalmProcess.binary(), chore.words + ["--store", "s"], in: workspace.folder,
            environment: library?.environment ?? [:]
        ).wait()
    }

    @Test(
        "at any call: the store stays sound, the command done again ends where it ends undisturbed, results are cached",
        arguments: Chore.allCases)
    func disturbed(_ chore: Chore) async throws {
        try await blocking {
            let (calls, expected) = try undisturbed(chore)
            var fired = 0
            for action in [.kill, .torn, .power] + FaultLibrary.Action.refusals {
                let count = calls.calls(for: action)
                for place in Extent.places(0.04, stream: chore.rawValue + action.rawValue) where count > 0 {
                    let workspace = try workspace(for: chore)
                    let call = 1 + Int(place * Double(count))
                    let library = try FaultLibrary(
                        action, at: call, below: workspace.store, file: workspace.file("faults"))
                    let ending = try perform(chore, workspace, library)
                    let account = try library.account()
                    fired += account.fired > 0 ? 1 : 0
                    try judge(
                        chore, ending, workspace, expected,
                        "\(chore.rawValue), \(action.rawValue) at call \(call), \(account.place)")
                    Tally.add(action.rawValue, resumes: 0, losses: 0)
                }
            }
            #expect(fired > 3, "\(chore.rawValue): \(fired) faults")
        }
    }

    @Test("a collection that can't keep the records for history removes nothing, says so, and takes its notes back")
    func stopped() async throws {
        try await blocking {
            let workspace = try workspace(for: .gc)
            let dry = try workspace.query("store", "gc", "--keep-runs", "0", "--dry-run") as? [String: Any]
            let planned = (dry?["removed"] as? [[String: Any]] ?? []).compactMap { $0["subject"] as? String }
            let record = try #require(planned.first { $0.hasPrefix("execution record ") }?.suffix(64))
            let before = try state(workspace)
            let library = try FaultLibrary(
                .failingFromThenOn, at: 1, on: "/collected/", below: workspace.store, file: workspace.file("faults"))
            let ending = try CalmProcess(
                CalmProcess.binary(), ["store", "gc", "--keep-runs", "0", "--store", "s", "--json"],
                in: workspace.folder, environment: library.environment
            ).wait()
            #expect(ending.exit == 5 && ending.errors.contains("/collected/"), "\(ending)")
            let document = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
            #expect((document?["removed"] as? [Any])?.isEmpty == true && document?["bytes"] as? Int == 0)
            #expect(try state(workspace).filter { !$0.hasPrefix("collected/") } == before)
            // It counts as missing again when it is gone.
            try FileManager.default.removeItem(
                at: workspace.file("s/executions/\(record.prefix(2))/\(record.dropFirst(2)).json"))
            let verified = try workspace.calm("store", "verify", "--store", "s")
            #expect(
                verified.exit == 1 && verified.output.contains("missing: execution record \(record)"), "\(verified)")
        }
    }

    private func undisturbed(_ chore: Chore) throws -> (FaultLibrary.Account, [String]) {
        let workspace = try workspace(for: chore)
        let library = try FaultLibrary(.count, at: 0, below: workspace.store, file: workspace.file("faults"))
        let ending = try perform(chore, workspace, library)
        try #require(ending.exit == chore.exit, "\(chore.rawValue): \(ending)")
        return (try library.account(), try state(workspace))
    }

    private func judge(
        _ chore: Chore, _ ending: CalmProcess.Ending, _ workspace: Workspace, _ expected: [String],
        _ situation: String
    ) throws {
        #expect(
            [0, 1, 5, -SIGKILL].contains(ending.exit)
                && (ending.exit < 1 || !ending.errors.isEmpty || chore == .verify),
            "\(situation): \(ending)")
        if chore != .verify {
            let verified = try workspace.calm("store", "verify", "--store", "s")
            // A lost catalogue is damage until a command needs it, which makes it anew.
            let isLost = chore == .rebuild && verified.output.contains("missing: catalogue")
            #expect(verified.exit == (isLost ? 1 : 0), "\(situation): \(verified)")
        }
        if ending.exit != chore.exit || chore == .verify {
            let again = try perform(chore, workspace)
            // What has been done needn't be done again: the damage is set aside, the pin gone.
            #expect(again.exit == chore.exit || [.verify, .unpin].contains(chore), "\(situation): again: \(again)")
        }
        if chore == .verify { return try heal(workspace, situation) }
        let found = try state(workspace)
        if found != expected {
            let (more, less) = (Set(found).subtracting(expected), Set(expected).subtracting(found))
            Issue.record("\(situation): more: \(more.sorted()); less: \(less.sorted())")
        }
        if chore == .export {
            let imported = try workspace.calm("import", "s/out.tar", "--store", "other")
            #expect(imported.exit == 0, "\(situation): \(imported)")
        }
        if chore != .migrate {
            #expect(try workspace.run().names("executed").isEmpty, "\(situation)")
        }
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0, "\(situation)")
    }

    /// After damage was found, or half of it.
    private func heal(_ workspace: Workspace, _ situation: String) throws {
        let run = try workspace.run()
        #expect(run.exit == 0 && Set(run.names("executed")).isSubset(of: ["made"]), "\(situation): \(run)")
        let verified = try workspace.calm("store", "verify", "--store", "s")
        #expect(verified.exit == 0, "\(situation): \(verified)")
        #expect(try workspace.calm("store", "gc", "--quarantined", "--store", "s").exit == 0, "\(situation)")
    }
}
