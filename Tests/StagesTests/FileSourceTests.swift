import Artifacts
import Foundation
import LoopbackServing
import Pipelines
import Testing

/// `source.file` and `source.url`.
@Suite("Sources of one file") struct FileSourceTests {
    private let workshop: SourceWorkshop

    init() throws { workshop = try SourceWorkshop() }

    private func stage(_ name: String, _ kind: String, _ parameters: String) -> String {
        "  \(name): { uses: source.\(kind), with: { \(parameters) } }\n"
    }

    @Test("a file by path, relative to the pipeline, under its own name or another")
    func file() async throws {
        try workshop.write("content", to: "data/a.txt")
        let stages =
            stage("a", "file", "path: data/a.txt, sha256: \(sha256("content").uppercased())")
            + stage(
                "b", "file",
                "path: \(workshop.folder.path)/data/a.txt, name: b.txt, sha256: \(sha256("content"))")
        let result = try await workshop.run(stages)
        #expect(try workshop.members("a", of: result) == ["a.txt": "content"])
        #expect(try workshop.members("b", of: result) == ["b.txt": "content"])
        #expect(result.metrics("a") == ["bytes": 7])
        // The digest says what it is: another content, or none, isn't looked at.
        try FileManager.default.removeItem(at: workshop.folder.appendingPathComponent("data"))
        let again = try await workshop.run(stages)
        #expect(again.stages.map(\.state) == [.cached, .cached])
    }

    @Test("a file with another content is an error with both digests, and nothing is kept")
    func otherContent() async throws {
        try workshop.write("content", to: "a.txt")
        let failure = try await workshop.failure(stage("a", "file", "path: a.txt, sha256: \(sha256("other"))"))
        #expect(failure.category == .badInput)
        for part in ["a.txt has the SHA-256 \(sha256("content")) (7 bytes), expected \(sha256("other"))"] {
            #expect(failure.message.contains(part), "\(failure.message)")
        }
    }

    @Test("a digest that isn't known yet is told, and nothing is kept")
    func unknown() async throws {
        try workshop.write("content", to: "a.txt")
        var failure = try await workshop.failure(stage("a", "file", "path: a.txt, sha256: unknown"))
        #expect(failure.message.hasSuffix("If it is the right file, write sha256: \(sha256("content"))"))
        let server = try LoopbackServer { .file(Array("content".utf8), $0) }
        defer { server.stop() }
        failure = try await workshop.failure(stage("a", "url", "url: '\(server.origin)/a', sha256: unknown"))
        #expect(failure.message.hasSuffix("If it is the right file, write sha256: \(sha256("content"))"))
        #expect(workshop.waiting.isEmpty)
    }

    @Test("a file that isn't there is named")
    func missing() async throws {
        let failure = try await workshop.failure(stage("a", "file", "path: none.txt, sha256: \(sha256(""))"))
        #expect(failure.category == .badInput && failure.message.contains("\(workshop.folder.path)/none.txt"))
    }

    @Test("a URL's file is fetched once: neither again, nor from a mirror, nor under another name")
    func url() async throws {
        let server = try LoopbackServer { .file(Array("content".utf8), $0) }
        defer { server.stop() }
        let digest = sha256("content")
        let one = stage("one", "url", "url: '\(server.origin)/x/a%20b.txt', sha256: \(digest)")
        var result = try await workshop.run(one)
        #expect(try workshop.members("one", of: result) == ["a b.txt": "content"])
        #expect(server.requests.map(\.path) == ["/x/a%20b.txt"])
        // A mirror: the same key.
        result = try await workshop.run(
            stage("one", "url", "url: '\(server.origin)/mirror/a%20b.txt', attempts: 2, sha256: \(digest)"))
        #expect(result.stages.map(\.state) == [.cached])
        // Another name: another key, but the blob is there.
        result = try await workshop.run(
            stage("two", "url", "url: '\(server.origin)/gone', name: c.txt, sha256: \(digest)"))
        #expect(try workshop.members("two", of: result) == ["c.txt": "content"])
        #expect(server.requests.count == 1)
        // Unless it is asked for.
        result = try await workshop.run(one, forcing: .all)
        #expect(result.stages.map(\.state) == [.executed])
        #expect(server.requests.count == 2)
    }

    @Test("a wrong digest or a 404 is one error, isn't tried again by the run, and nothing is kept")
    func refused() async throws {
        let server = try LoopbackServer { request in
            request.path == "/a" ? .file(Array("content".utf8), request) : .init(status: 404)
        }
        defer { server.stop() }
        let retried =
            "{ uses: source.url, retries: 3, with: { url: '\(server.origin)/PATH', sha256: \(sha256("other")) } }\n"
        var failure = try await workshop.failure("  a: " + retried.replacingOccurrences(of: "PATH", with: "a"))
        #expect(failure.category == .badInput && failure.message.contains("expected \(sha256("other"))"))
        failure = try await workshop.failure("  a: " + retried.replacingOccurrences(of: "PATH", with: "b"))
        #expect(failure.category == .badInput)
        #expect(failure.message == "\(server.origin)/b answers 404 (not found): check the address")
        #expect(server.requests.count == 2 && workshop.waiting.isEmpty)
    }

    @Test("a run goes on where an earlier one was cut off")
    func laterRun() async throws {
        let bytes = [UInt8](repeating: 65, count: 100_000) + [66]
        let server = try LoopbackServer { request in
            let answer = LoopbackServer.Answer.file(bytes, request, tag: "\"x\"")
            return request.number == 0 ? answer.cut(after: 60_000) : answer
        }
        defer { server.stop() }
        let stages = stage("a", "url", "url: '\(server.origin)/a', attempts: 1, sha256: \(Digest(of: bytes))")
        let failure = try await workshop.failure(stages)
        #expect(failure.category == .failed)
        #expect(failure.message.hasSuffix("60000 bytes have arrived and are kept: run again to go on"))
        #expect(workshop.waiting.count == 1)
        let result = try await workshop.run(stages)
        #expect(result.stages.map(\.state) == [.executed])
        #expect(server.requests.map(\.rangeStart) == [nil, 60_000])
        #expect(workshop.waiting.isEmpty)
    }

    @Test("proxies come from the caller's environment")
    func proxy() async throws {
        let proxy = try LoopbackServer { .file(Array("content".utf8), $0) }
        defer { proxy.stop() }
        let result = try await workshop.run(
            stage("a", "url", "url: 'http://models.invalid/a', sha256: \(sha256("content"))"),
            environment: ["http_proxy": proxy.origin])
        #expect(try workshop.members("a", of: result) == ["a": "content"])
        #expect(proxy.requests.map(\.path) == ["http://models.invalid/a"])
    }

    @Test(
        "mistakes are found before anything is fetched",
        arguments: [
            ("file", "path: a, sha256: 12", "found '12', expected a SHA-256 of 64 hexadecimal digits"),
            ("file", "path: a", "the parameter 'sha256' of source.file is missing"),
            ("file", "path: a, name: ../b, sha256: unknown", "found '../b', expected a name without '/'"),
            ("file", "path: .., sha256: unknown", "the name '..' has the path component '..'"),
            ("url", "url: ftp://h/a, sha256: unknown", "has the scheme 'ftp'; expected https or http"),
            ("url", "url: a.txt, sha256: unknown", "is not an absolute URL"),
            ("url", "url: https://h/, sha256: unknown", "write one as the parameter 'name'"),
        ])
    func mistakes(kind: String, parameters: String, message: String) {
        let error = #expect(throws: PipelineDiagnostics.self) {
            try PipelineLoader().load(text: "name: p\nstages:\n" + stage("a", kind, parameters), registry: .builtIn)
        }
        #expect("\(error as Any)".contains(message), "\(error as Any)")
    }
}
