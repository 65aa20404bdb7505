import Foundation
import Testing

/// Checkouts of one pipeline that share a store.
@Suite struct CheckoutTests {
    private static let pipeline = """
        name: shared
        stages:
          a: { uses: command, in: { d: { file: data.txt } }, with: { argv: [cp, "{in.d}", "{out.x}"], out: { x: x } } }
        """

    /// Checkouts `w1` and `w2` with other data, beside a store `s`; both have run, and `w1` again.
    private func shared() throws -> Workspace {
        let workspace = try Workspace()
        for name in ["w1", "w2"] {
            try FileManager.default.createDirectory(
                at: workspace.file("\(name)/pipelines"), withIntermediateDirectories: true)
            try workspace.write(Self.pipeline, to: "\(name)/pipelines/p.yaml")
            try workspace.write(name, to: "\(name)/pipelines/data.txt")
        }
        for name in ["w1", "w2", "w1"] { #expect(try run(name, workspace).contains("1 stage")) }
        return workspace
    }

    private func run(_ checkout: String, _ workspace: Workspace) throws -> String {
        try calm(["run", "\(checkout)/pipelines/p.yaml", "--store", "s"], workspace)
    }

    private func calm(_ arguments: [String], _ workspace: Workspace) throws -> String {
        let process = try CalmProcess(
            CalmProcess.binary(), arguments, in: workspace.folder,
            environment: ["CI": "", "TF_BUILD": "", "JENKINS_URL": ""])
        let ending = try process.wait()
        #expect(ending.exit == 0, "\(ending)")
        return ending.output
    }

    @Test("what another checkout's latest run gave stays, as long as that checkout is there")
    func other() throws {
        let workspace = try shared()
        #expect(
            try calm(["store", "gc", "--keep-runs", "0", "--store", "s"], workspace).hasPrefix("removed 0 objects"))
        #expect(try run("w2", workspace).contains("1 cached"))
        #expect(try run("w1", workspace).contains("1 cached"))
        #expect(try calm(["store", "stats", "--store", "s"], workspace).contains("/w2  last run "))
        try FileManager.default.removeItem(at: workspace.file("w2"))
        #expect(try calm(["store", "stats", "--store", "s"], workspace).contains("the folder is gone"))
        let dry = try calm(["store", "gc", "--dry-run", "--store", "s"], workspace)
        let lines = dry.split(separator: "\n").map(String.init)
        #expect(lines.first?.hasPrefix("would remove 3 objects and 1 other file") == true, "\(dry)")
        #expect(
            lines.contains {
                $0.hasPrefix("  results of the latest run of shared in ")
                    && $0.contains("/w2 (the folder is gone): 3 objects and 1 other file")
            }, "\(dry)")
        let sum = try #require(lines.firstIndex { $0.contains("w2 (the folder is gone):") })
        let first = try #require(lines.firstIndex { $0.hasPrefix("  object ") })
        #expect(sum < first, "the sums come before the digests")
        let done = try calm(["store", "gc", "--store", "s"], workspace)
        #expect(done.hasPrefix("removed 3 objects") && done.contains("/w2 (the folder is gone)"))
        #expect(try run("w1", workspace).contains("1 cached"))
    }

    @Test("a checkout that is moved with its store in it has one latest run, before and after")
    func moved() throws {
        let workspace = try Workspace()
        try FileManager.default.createDirectory(at: workspace.file("old"), withIntermediateDirectories: true)
        try workspace.write(Self.pipeline, to: "old/p.yaml")
        try workspace.write("one", to: "old/data.txt")
        #expect(try calm(["run", "old/p.yaml", "--store", "old/artifacts"], workspace).contains("1 executed"))
        try FileManager.default.moveItem(at: workspace.file("old"), to: workspace.file("new"))
        #expect(try calm(["store", "gc", "--store", "new/artifacts"], workspace).hasPrefix("removed 0 objects"))
        try workspace.write("two", to: "new/data.txt")
        #expect(try calm(["run", "new/p.yaml", "--store", "new/artifacts"], workspace).contains("1 executed"))
        let collected = try calm(["store", "gc", "--store", "new/artifacts"], workspace)
        #expect(collected.contains("  results of earlier runs: 3 objects"), "\(collected)")
    }
}
