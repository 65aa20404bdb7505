import Foundation
import Testing

@Suite struct StoredFormatTests {
    private static let python = ProcessInfo.processInfo.environment["CALM_PYTHON"]

    @Test(
        "an object is an LZ4 frame of the bytes that its name hashes",
        .enabled(if: installed("lz4") != nil && installed("sha256sum") != nil, "lz4 or sha256sum isn't installed"))
    func frames() throws {
        let workspace = try LearningRun.shared.get()
        let digest = try member("weights.safetensors", of: "anchor.model", in: workspace)
        let ending = try workspace.program(
            URL(fileURLWithPath: "/bin/sh"), ["-c", "lz4 -dc '\(workspace.object(digest).path)' | sha256sum"])
        #expect(ending.exit == 0 && ending.output.hasPrefix(digest), "\(ending)")
    }

    @Test(
        "stored weights open in the safetensors library",
        .enabled(if: python != nil && installed("lz4") != nil, "CALM_PYTHON or lz4 is missing"),
        arguments: ["anchor.model", "composed.composition"])
    func safetensors(_ artifact: String) throws {
        let workspace = try LearningRun.shared.get()
        let described = try #require(try workspace.query("show", artifact) as? [String: Any])
        let members = try #require(described["members"] as? [String: Any])
        let name = try #require(members.keys.first { $0.hasSuffix(".safetensors") })
        let digest = try member(name, of: artifact, in: workspace)
        let tensors = try #require(described["tensors"] as? [[String: Any]])
        let expected = try tensors.map { tensor in
            let shape = try #require(tensor["shape"] as? [Int]).map(String.init).joined(separator: ",")
            return "\(try #require(tensor["name"] as? String)) \(shape) float32"
        }
        let script = """
            import subprocess, sys
            from safetensors.numpy import load
            for name, tensor in load(subprocess.check_output(["lz4", "-dc", sys.argv[1]])).items():
                print(name, ",".join(map(str, tensor.shape)), tensor.dtype)
            """
        let ending = try workspace.program(
            URL(fileURLWithPath: try #require(StoredFormatTests.python)),
            ["-c", script, workspace.object(digest).path])
        #expect(ending.exit == 0, "\(ending.errors)")
        #expect(
            ending.output.split(separator: "\n").map(String.init).sorted() == expected.sorted() && !expected.isEmpty)
    }

    private func member(_ name: String, of artifact: String, in workspace: Workspace) throws -> String {
        let described = try workspace.query("show", artifact) as? [String: Any]
        let members = described?["members"] as? [String: [String: Any]]
        return try #require(members?[name]?["digest"] as? String)
    }
}
