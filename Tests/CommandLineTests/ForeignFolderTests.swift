import Foundation
import Testing

/// The default store's name, where somebody else keeps things.
@Suite struct ForeignFolderTests {
    private static let pipeline = """
        name: p
        stages: { a: { uses: command, with: { argv: [sh, -c, "echo a > {out.x}"], out: { x: x } } } }
        """

    private func workspace(_ files: String...) throws -> Workspace {
        let workspace = try Workspace(Self.pipeline)
        for name in files {
            let file = workspace.file(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try workspace.write("precious", to: name)
        }
        return workspace
    }

    @Test("a run beside a folder 'artifacts' of somebody else ends with what to do, and takes nothing")
    func defaultStore() throws {
        let workspace = try workspace("artifacts/reports/unit.xml", "artifacts/tmp/model.bin")
        for arguments in [["run", "p.yaml"], ["plan", "p.yaml"], ["store", "gc"], ["show", "latest"]] {
            let ending = try workspace.calm(arguments)
            #expect(ending.exit == 5, "\(arguments): \(ending)")
            #expect(ending.errors.contains("holds other things (reports/unit.xml, tmp/model.bin)"), "\(ending.errors)")
            #expect(ending.errors.contains("--store DIR"))
        }
        #expect(workspace.lines(of: "artifacts/tmp/model.bin") == ["precious"])
        #expect(workspace.lines(of: "artifacts/reports/unit.xml") == ["precious"])
        let names = try FileManager.default.subpathsOfDirectory(atPath: workspace.file("artifacts").path)
        #expect(names.count == 4, "\(names)")
        #expect(try workspace.calm("run", "p.yaml", "--store", "s").exit == 0)
    }

    @Test("the home folder isn't made a store, even if it is empty")
    func home() throws {
        let workspace = try workspace()
        try FileManager.default.createDirectory(at: workspace.file("home"), withIntermediateDirectories: true)
        let process = try CalmProcess(
            CalmProcess.binary(), ["run", "p.yaml", "--store", "home"], in: workspace.folder,
            environment: ["HOME": workspace.file("home").path])
        let ending = try process.wait()
        #expect(ending.exit == 5 && ending.errors.contains("is your home folder"), "\(ending)")
    }

    @Test("a user's files in a store's own folders stay through runs and collections, and are named")
    func inStore() throws {
        let workspace = try workspace()
        #expect(try workspace.run().exit == 0)
        let names = ["tmp/model.bin", "tmp/2026-11-29", "materialized/x.sha256", "runs/notes.txt", "quarantine/x"]
        for name in names { try workspace.write("precious", to: "s/\(name)") }
        try FileManager.default.createDirectory(
            at: workspace.file("s/checkpoints/best"), withIntermediateDirectories: true)
        try workspace.write("precious", to: "s/checkpoints/best/model.pt")
        #expect(try workspace.run("--force").exit == 0)
        let gc = try workspace.calm("store", "gc", "--checkpoints", "--quarantined", "--store", "s")
        #expect(gc.exit == 0 && gc.output.contains("note: not written by calm, and not removed: "), "\(gc)")
        for name in names + ["checkpoints/best/model.pt"] { #expect(workspace.lines(of: "s/\(name)") == ["precious"]) }
        let verified = try workspace.calm("store", "verify", "--store", "s")
        #expect(verified.exit == 0 && verified.output.contains("tmp/2026-11-29 was not written by calm; it stays"))
    }
}
