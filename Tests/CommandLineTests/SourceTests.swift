import Foundation
import LoopbackServing
import Testing

/// Sources as users run them: each in a worker of its own.
@Suite("Sources, end to end") struct SourceTests {
    private static let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }

    /// By `sha256sum`, which isn't what is tested.
    private func digest(_ bytes: [UInt8], _ workspace: Workspace) throws -> String {
        try Data(bytes).write(to: workspace.file("bytes"))
        return String(
            try workspace.program(URL(fileURLWithPath: "/usr/bin/sha256sum"), ["bytes"]).output.prefix(64))
    }

    private func pipeline(_ url: String, _ digest: String, _ more: String = "") -> String {
        "name: p\nstages:\n  a: { uses: source.url, with: { url: '\(url)', sha256: \(digest)\(more) } }\n"
    }

    @Test("after kill -9 in the middle of a transfer, the next run goes on from there")
    func killed() throws {
        let server = try LoopbackServer { request in
            var answer = LoopbackServer.Answer.file(Self.bytes, request, tag: "\"a\"")
            if request.number == 0 { answer.stallAfter = 60_000 }
            return answer
        }
        defer { server.stop() }
        let workspace = try Workspace()
        try workspace.write(pipeline("\(server.origin)/a", digest(Self.bytes, workspace)))
        let process = try workspace.start()
        let folder = workspace.store.appendingPathComponent("checkpoints").path
        func arrived() -> Int {
            let files = (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? [])
                .filter { $0.hasSuffix(".part") }
            let attributes = files.first.flatMap {
                try? FileManager.default.attributesOfItem(atPath: "\(folder)/\($0)")
            }
            return attributes?[.size] as? Int ?? 0
        }
        #expect(eventually { arrived() == 60_000 })
        process.send(SIGKILL)
        _ = try process.wait()
        let run = try workspace.run()
        #expect(run.exit == 0 && run.names("executed") == ["a"], "\(run)")
        #expect(server.requests.map(\.rangeStart) == [nil, 60_000])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        #expect(try workspace.run().names("cached") == ["a"])
    }

    @Test(
        "a 404 or a wrong digest is exit code 4 with one clear error, and no secret of the address is written anywhere")
    func refused() throws {
        let server = try LoopbackServer { $0.path.hasPrefix("/a") ? .file(Self.bytes, $0) : .init(status: 404) }
        defer { server.stop() }
        let workspace = try Workspace()
        let digest = try digest(Self.bytes, workspace)
        for (path, message) in [
            ("b", "http://127.0.0.1:\(server.port)/b answers 404 (not found): check the address"),
            ("a", "has the SHA-256 \(digest) (200000 bytes), expected \(String(repeating: "0", count: 64))"),
        ] {
            let url = "http://user:s3cretword@127.0.0.1:\(server.port)/\(path)?signature=s3cretword"
            try workspace.write(pipeline(url, String(repeating: "0", count: 64)))
            let ending = try workspace.calm("run", "p.yaml", "--store", "s")
            #expect(ending.exit == 4)
            #expect(ending.output.contains(message), "\(ending.output)")
            #expect(!ending.output.contains("s3cretword"))
        }
        for name in try FileManager.default.subpathsOfDirectory(atPath: workspace.store.path) {
            let bytes = (try? Data(contentsOf: workspace.store.appendingPathComponent(name))) ?? Data()
            #expect(bytes.range(of: Data("s3cretword".utf8)) == nil, "\(name)")
        }
    }

    @Test("plan says what would be fetched without a connection, and validate finds mistakes")
    func plan() throws {
        let server = try LoopbackServer { .file(Self.bytes, $0) }
        defer { server.stop() }
        let workspace = try Workspace(pipeline("\(server.origin)/a", String(repeating: "0", count: 64)))
        #expect(try workspace.calm("plan", "p.yaml", "--store", "s").exit == 0)
        #expect(server.requests.isEmpty)
        try workspace.write(pipeline("\(server.origin)/a", "123"))
        let ending = try workspace.calm("validate", "p.yaml")
        #expect(ending.exit == 3)
        #expect(ending.errors.contains("found '123', expected a SHA-256 of 64 hexadecimal digits"), "\(ending.errors)")
    }
}
