import Artifacts
import Foundation
import LoopbackServing
import Pipelines
import Testing

/// `source.huggingface` with a hub on the loopback interface.
@Suite("source.huggingface") struct HuggingFaceSourceTests {
    private let workshop: SourceWorkshop
    private let server: LoopbackServer
    private static let files = ["config.json": "{}", "a/model.safetensors": "weights", "README.md": "read me"]
    private static let commit = String(repeating: "0f", count: 20)

    init() throws {
        workshop = try SourceWorkshop()
        server = try LoopbackServer { request in
            if request.path == "/api/models/org/tiny/tree/main?recursive=true" {
                let entries = Self.files.map { path, text in
                    let large = path.hasSuffix("safetensors") ? ", \"lfs\": {\"oid\": \"\(sha256(text))\"}" : ""
                    return "{\"type\": \"file\", \"path\": \"\(path)\", \"size\": \(text.utf8.count)\(large)}"
                }
                return .init(Array("[\(entries.joined(separator: ","))]".utf8))
            }
            let prefix = ["/org/tiny/resolve/main/", "/org/tiny/resolve/\(Self.commit)/"].first(
                where: request.path.hasPrefix)
            guard let prefix, let text = Self.files[String(request.path.dropFirst(prefix.count))] else {
                return .init(status: 404)
            }
            return .file(Array(text.utf8), request)
        }
    }

    private func stage(_ parameters: String, revision: String = "main") -> String {
        "  a: { uses: source.huggingface, with: { repository: org/tiny, revision: \(revision), \(parameters) } }\n"
    }

    private var environment: [String: String] { ["HF_ENDPOINT": server.origin, "HF_TOKEN": "hf_secret"] }

    private func run(_ stages: String, _ more: [String: String] = [:]) async throws -> RunResult {
        try await workshop.run(stages, environment: environment.merging(more) { _, own in own })
    }

    /// The digest of a list, as `sha256sum` writes it.
    private func list(_ paths: String...) -> String {
        sha256(paths.map { "\(sha256(Self.files[$0] ?? ""))  \($0)\n" }.joined())
    }

    @Test("files by their digests, without a listing, with the token")
    func each() async throws {
        defer { server.stop() }
        let digests = "{ config.json: \(sha256("{}")), a/model.safetensors: \(sha256("weights")) }"
        let result = try await run(stage("sha256: \(digests)"))
        #expect(try workshop.members("a", of: result) == ["config.json": "{}", "a/model.safetensors": "weights"])
        #expect(
            Set(server.requests.map(\.path))
                == ["/org/tiny/resolve/main/config.json", "/org/tiny/resolve/main/a/model.safetensors"])
        #expect(server.requests.allSatisfy { $0.fields["authorization"] == "Bearer hf_secret" })
        #expect(try await run(stage("sha256: \(digests)", revision: "v2")).stages.map(\.state) == [.cached])
    }

    @Test("files by patterns, with the digest of their list")
    func patterns() async throws {
        defer { server.stop() }
        let result = try await run(
            stage("files: ['*.json', '**/*.safetensors'], sha256: \(list("a/model.safetensors", "config.json"))"))
        #expect(try workshop.members("a", of: result) == ["config.json": "{}", "a/model.safetensors": "weights"])
    }

    @Test("one file becomes a file")
    func output() async throws {
        defer { server.stop() }
        let result = try await run(stage("output: file, sha256: { a/model.safetensors: \(sha256("weights")) }"))
        #expect(try workshop.members("a", of: result) == ["model.safetensors": "weights"])
    }

    @Test("digests that aren't known yet are told, ready to be copied, and nothing is kept")
    func unknown() async throws {
        defer { server.stop() }
        let failure = try await workshop.failure(
            stage("files: ['**'], sha256: unknown"), environment: environment)
        #expect(failure.message.contains("write sha256: \(list("README.md", "a/model.safetensors", "config.json"))"))
        #expect(failure.message.contains("\nsha256:\n  \"README.md\": \(sha256("read me"))\n"), "\(failure.message)")
        #expect(workshop.waiting.isEmpty)
    }

    @Test("a file with another content, one that is missing, and another list are errors, and nothing is kept")
    func refused() async throws {
        defer { server.stop() }
        var failure = try await workshop.failure(
            stage("sha256: { README.md: \(sha256("read me")), config.json: \(sha256("[]")) }"), environment: environment
        )
        #expect(failure.message.contains("config.json from") && failure.message.contains("expected \(sha256("[]"))"))
        failure = try await workshop.failure(
            stage("sha256: { none.json: \(sha256("[]")) }"), environment: environment)
        #expect(failure.message.contains("none.json answers 404 (not found)"), "\(failure.message)")
        failure = try await workshop.failure(
            stage("files: ['*.md'], sha256: \(list("config.json"))"), environment: environment)
        #expect(failure.message.contains("expected \(list("config.json"))"), "\(failure.message)")
        failure = try await workshop.failure(
            stage("files: ['*.bin'], sha256: unknown"), environment: environment)
        #expect(failure.message.contains("has no file '*.bin'; it has: README.md"), "\(failure.message)")
        #expect(workshop.waiting.isEmpty)
    }

    @Test("what the local cache holds isn't fetched, if it is right")
    func cache() async throws {
        defer { server.stop() }
        let snapshot = "hub/models--org--tiny/snapshots/\(Self.commit)"
        try workshop.write("{}", to: "\(snapshot)/config.json")
        try workshop.write("damaged", to: "\(snapshot)/README.md")
        let digests = "{ config.json: \(sha256("{}")), README.md: \(sha256("read me")) }"
        let more = ["HF_HOME": workshop.folder.path]
        let result = try await run(stage("sha256: \(digests)", revision: Self.commit), more)
        #expect(try workshop.members("a", of: result) == ["config.json": "{}", "README.md": "read me"])
        #expect(server.requests.map(\.path) == ["/org/tiny/resolve/\(Self.commit)/README.md"])
    }

    @Test("offline only the local cache is used")
    func offline() async throws {
        defer { server.stop() }
        try workshop.write("{}", to: "hub/models--org--tiny/snapshots/\(Self.commit)/config.json")
        try workshop.write(Self.commit, to: "hub/models--org--tiny/refs/main")
        let more = ["HF_HOME": workshop.folder.path, "HF_HUB_OFFLINE": "1"]
        let failure = try await workshop.failure(
            stage("sha256: { README.md: \(sha256("read me")) }"),
            environment: environment.merging(more) { _, own in own })
        #expect(failure.message.contains("HF_HUB_OFFLINE is set"), "\(failure.message)")
        let result = try await run(stage("files: ['*.json'], sha256: \(list("config.json"))"), more)
        #expect(try workshop.members("a", of: result) == ["config.json": "{}"])
        #expect(server.requests.isEmpty)
    }

    @Test(
        "mistakes are found before anything is fetched",
        arguments: [
            ("sha256: unknown", "found none: with one 'sha256' for all files, name them here"),
            ("sha256: {}", "it lists no file"),
            ("sha256: { ../a: unknown }", "has the path component '..'"),
            ("files: ['../*'], sha256: unknown", "leaves the repository"),
            ("files: ['[a'], sha256: unknown", "has '[' without its ']'"),
            ("files: [b], sha256: { a: unknown }", "no digest for 'b'"),
            ("files: [b], sha256: { a: unknown, b: unknown }", "a digest for 'a', which isn't among 'files'"),
            ("output: file, sha256: { a: unknown, b: unknown }", "needs exactly one file, found 2"),
        ])
    func mistakes(parameters: String, message: String) {
        server.stop()
        let error = #expect(throws: PipelineDiagnostics.self) {
            try PipelineLoader().load(text: "name: p\nstages:\n" + stage(parameters), registry: .builtIn)
        }
        #expect("\(error as Any)".contains(message), "\(error as Any)")
    }
}
