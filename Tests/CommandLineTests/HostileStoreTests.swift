import Foundation
import Testing

/// A store in which somebody else put things: nothing is believed that isn't checked, and nothing outside is touched.
@Suite struct HostileStoreTests {
    private static let zeros = String(repeating: "0", count: 64)

    /// Rewrites the outputs of `greeting`'s record, as the first format had it, without a checksum.
    private func forge(_ outputs: String, in workspace: Workspace) throws {
        let file = workspace.file(
            "s/executions/\(CommittedStore.key.prefix(2))/\(CommittedStore.key.dropFirst(2)).json")
        var text = try String(contentsOf: file, encoding: .utf8)
        text = text.replacing(/"checksum":"[0-9a-f]{64}",/, with: "")
            .replacing(#","format":2,"key":"#, with: #","format":1,"key":"#)
            .replacing(/"outputs":\{[^}]*\}/, with: "\"outputs\":{\(outputs)}")
        try text.write(to: file, atomically: true, encoding: .utf8)
    }

    @Test(
        "a record whose outputs aren't what its stage gives isn't used",
        arguments: [
            "", "\"evil\":\"\(CommittedStore.artifact)\"", "\"text\":\"\(zeros)\"",
            // A member's blob, which is no manifest.
            "\"text\":\"e258d248fda94c63753607f7c4494ee0fcbe92f1a76bfdac795c9d84101eb317\"",
        ])
    func records(_ outputs: String) throws {
        let workspace = try CommittedStore.copy()
        try forge(outputs, in: workspace)
        let run = try workspace.run()
        #expect(run.exit == 0 && run["greeting"]?.state == "executed")
        #expect(run["greeting"]?.outputs == ["text": CommittedStore.artifact])
        #expect(run.names("cached") == Array(CommittedStore.stages.dropFirst()))
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test("a record that names another artifact is found by verifying the cache")
    func otherArtifact() throws {
        let workspace = try CommittedStore.copy()
        try forge("\"text\":\"\(CommittedStore.otherArtifact)\"", in: workspace)
        let ending = try workspace.calm("verify", "p.yaml", "greeting", "--store", "s")
        #expect(ending.exit == 1 && ending.output.contains("different"))
    }

    @Test("a link in the place of a blob is read as any file: what isn't its content is damage, and isn't touched")
    func linkedBlob() throws {
        let workspace = try CommittedStore.copy()
        let blob = try workspace.blob(of: "greeting.text")
        try workspace.write("secret\n", to: "outside.txt")
        try FileManager.default.removeItem(at: workspace.object(blob))
        try FileManager.default.createSymbolicLink(
            at: workspace.object(blob), withDestinationURL: workspace.file("outside.txt"))
        let verified = try workspace.calm("store", "verify", "--store", "s")
        #expect(verified.exit == 1 && !verified.output.contains("secret"))
        #expect(try workspace.run()["greeting"]?.state == "executed")
        #expect(try workspace.calm("store", "gc", "--quarantined", "--store", "s").exit == 0)
        #expect(workspace.lines(of: "outside.txt") == ["secret"])
    }

    @Test("a link to nothing, to itself or to a folder in the place of a blob is one clear error", arguments: 0..<3)
    func brokenLinks(_ kind: Int) throws {
        let workspace = try CommittedStore.copy()
        let blob = workspace.object(try workspace.blob(of: "greeting.text"))
        try FileManager.default.removeItem(at: blob)
        let targets = [workspace.file("nothing"), blob, workspace.folder]
        try FileManager.default.createSymbolicLink(at: blob, withDestinationURL: targets[kind])
        let verified = try workspace.calm("store", "verify", "--store", "s")
        #expect(verified.exit == 1 && verified.output.contains("1 damaged or missing"), "\(verified)")
        let run = try workspace.run()
        #expect(run.exit == 0 || kind > 0, "\(run)")
    }

    @Test("sweeping and collecting remove links, never what they lead to")
    func sweeping() throws {
        let workspace = try CommittedStore.copy()
        try FileManager.default.createDirectory(at: workspace.file("outside"), withIntermediateDirectories: true)
        try workspace.write("kept\n", to: "outside/file")
        for place in ["tmp", "checkpoints", "quarantine", "locks"] {
            let folder = workspace.file("s/\(place)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for name in ["1-1-1.calm", CommittedStore.key] {
                try FileManager.default.createSymbolicLink(
                    at: folder.appendingPathComponent(name), withDestinationURL: workspace.file("outside"))
            }
        }
        #expect(try workspace.run().exit == 0)
        let gc = try workspace.calm("store", "gc", "--checkpoints", "--quarantined", "--store", "s")
        #expect(gc.exit == 0, "\(gc.errors)")
        #expect(workspace.lines(of: "outside/file") == ["kept"])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: workspace.file("s/tmp").path) == [CommittedStore.key])
    }

    @Test("the store's folder may be a link")
    func linkedStore() throws {
        let workspace = try CommittedStore.copy()
        try FileManager.default.moveItem(at: workspace.store, to: workspace.file("elsewhere"))
        try FileManager.default.createSymbolicLink(at: workspace.store, withDestinationURL: workspace.file("elsewhere"))
        #expect(try workspace.run().names("cached") == CommittedStore.stages)
    }

    @Test("a pipeline of 100 MB, nested 100,000 deep, or full of aliases is refused soon", arguments: 0..<3)
    func pipelines(_ kind: Int) throws {
        let workspace = try Workspace()
        let file = workspace.file("p.yaml")
        switch kind {
        case 0:
            try Data().write(to: file)
            let handle = try FileHandle(forWritingTo: file)
            for _ in 0..<100 { try handle.write(contentsOf: Data(repeating: UInt8(ascii: "#"), count: 1_000_000)) }
            try handle.close()
        case 1: try workspace.write("name: " + String(repeating: "{a: ", count: 100_000))
        default:
            var text = "a0: &a0 [x, x]\n"
            for level in 1..<60 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
            try workspace.write(text)
        }
        let duration = try ContinuousClock().measure {
            // An address space that holds the process and little more.
            let ending = try workspace.program(
                URL(fileURLWithPath: "/bin/sh"),
                ["-c", "ulimit -v 2000000; exec \"$0\" validate p.yaml", CalmProcess.binary().path])
            #expect(ending.exit == 3 && ending.output.isEmpty, "\(ending.errors.prefix(300))")
            #expect(ending.errors.contains("limit") || ending.errors.contains("aliases"))
        }
        #expect(duration < .seconds(20), "\(duration)")
    }
}
