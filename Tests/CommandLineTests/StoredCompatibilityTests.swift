import Foundation
import Testing

/// Stores that earlier builds made, committed beside these tests: they must serve for as long as their format is read.
@Suite struct StoredCompatibilityTests {
    @Test("it verifies as sound, and its runs, stages, pins and reports are shown", arguments: CommittedStore.allCases)
    func shown(_ store: CommittedStore) throws {
        let workspace = try CommittedStore.copy(store)
        let verified = try workspace.calm("store", "verify", "--store", "s")
        #expect(verified.exit == 0, "\(verified.output)")
        #expect(verified.output.contains("9 objects") && verified.output.contains("3 executions: sound"))
        let run = try #require(try workspace.query("show", "latest") as? [String: Any])
        let names = (run["stages"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
        #expect(names == CommittedStore.stages)
        let artifact = try #require(try workspace.query("show", "greeting.text") as? [String: Any])
        #expect(artifact["digest"] as? String == CommittedStore.artifact)
        let runs = try #require(try workspace.query("runs") as? [[String: Any]])
        #expect(runs.count == 2)
        // Nothing in it tells of the machine on which it was made.
        #expect(runs.allSatisfy { ($0["commandLine"] as? String)?.hasPrefix("calm run p.yaml") == true }, "\(runs)")
        #expect((try workspace.query("pins") as? [Any])?.count == 1)
        #expect(try workspace.calm("reports", "list", "--store", "s").output.contains("ci-1"))
        #expect(try workspace.calm("diff", "--store", "s").exit == 0)
    }

    @Test("its results are cached, and still so when its catalogue is made anew or lost", arguments: [0, 1, 2])
    func cached(_ loss: Int) throws {
        let workspace = try CommittedStore.copy()
        if loss == 1 { #expect(try workspace.calm("store", "rebuild-catalogue", "--store", "s").exit == 0) }
        if loss == 2 { try FileManager.default.removeItem(at: workspace.file("s/catalogue.sqlite")) }
        let run = try workspace.run()
        #expect(run.exit == 0 && run.names("cached") == CommittedStore.stages)
        #expect((try workspace.query("runs") as? [Any])?.count == 3)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test("results of an earlier version of their kind are made again, and the run says so")
    func earlierKind() throws {
        let workspace = try CommittedStore.copy(.first)
        let run = try workspace.run()
        #expect(run.exit == 0 && run.names("executed") == CommittedStore.stages)
        #expect(run["greeting"]?.why.hasPrefix("kind command version 1 → 2") == true)
        #expect(run["greeting"]?.outputs == ["text": CommittedStore.artifact])
        #expect(try workspace.calm("why", "greeting", "--store", "s").output.contains("kind command version 1 → 2"))
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test(
        "what Git keeps of it is enough for every command",
        arguments: [
            "store verify", "store gc", "store stats", "store rebuild-catalogue", "pin again latest", "unpin first",
            "export greeting", "why greeting", "run p.yaml", "verify p.yaml --all", "plan p.yaml",
        ])
    func checkedOut(_ command: String) throws {
        let ending = try CommittedStore.copy().calm(command.split(separator: " ").map(String.init) + ["--store", "s"])
        #expect(ending.exit == 0, "\(ending.errors)")
    }

    @Test("a newer store, and a newer catalogue, are refused with the way out")
    func newer() throws {
        let workspace = try CommittedStore.copy()
        try workspace.write("calm store 2\n", to: "s/format")
        for command in [["run", "p.yaml"], ["runs"], ["store", "verify"], ["store", "gc"]] {
            let ending = try workspace.calm(command + ["--store", "s"])
            #expect(
                ending.exit == 5 && ending.errors.contains("has store format 2, this calm reads up to 1: use a newer"))
        }
        try workspace.write("calm store 1\n", to: "s/format")
        // The file's user version.
        var bytes = try Data(contentsOf: workspace.file("s/catalogue.sqlite"))
        bytes[62] = 1
        try bytes.write(to: workspace.file("s/catalogue.sqlite"))
        let ending = try workspace.calm("runs", "--store", "s")
        #expect(ending.exit == 5 && ending.errors.contains("use a newer calm, or move the file away"))
    }
}
