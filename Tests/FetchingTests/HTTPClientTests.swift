import Artifacts
import Fetching
import Foundation
import LoopbackServing
import Testing

/// Redirects, credentials, proxies and certificates.
@Suite("HTTP") struct HTTPClientTests {
    private let workshop: FetchingWorkshop
    private let bytes = pattern(1000)
    private var digest: Digest { Digest(of: bytes) }

    init() throws { workshop = try FetchingWorkshop() }

    @Test("redirects are followed, relative ones too", arguments: [301, 302, 303, 307, 308])
    func redirects(status: Int) throws {
        let bytes = bytes
        let server = try LoopbackServer { request in
            switch request.path {
            case "/a/b": .redirect(to: "../c?x=1", status: status)
            case "/c?x=1": .redirect(to: "/d", status: status)
            default: .file(bytes, request)
            }
        }
        defer { server.stop() }
        #expect(try workshop.fetch("\(server.origin)/a/b", expecting: digest) == bytes)
        #expect(server.requests.map(\.path) == ["/a/b", "/c?x=1", "/d"])
    }

    @Test("a circle of redirects ends")
    func circle() throws {
        let server = try LoopbackServer { .redirect(to: $0.path == "/a" ? "/b" : "/a") }
        defer { server.stop() }
        let failure = #expect(throws: FetchFailure.self) {
            try workshop.fetch("\(server.origin)/a", expecting: digest)
        }
        #expect(failure?.description.contains("redirects more than 10 times") == true)
        #expect(server.requests.count == 11)
    }

    @Test(
        "a redirect to another kind of address isn't followed", arguments: ["file:///etc/passwd", "ftp://127.0.0.1/a"])
    func foreignScheme(location: String) throws {
        let server = try LoopbackServer { _ in .redirect(to: location) }
        defer { server.stop() }
        let failure = #expect(throws: FetchFailure.self) {
            try workshop.fetch("\(server.origin)/a", expecting: digest)
        }
        #expect(failure?.reason == .refused)
        #expect(failure?.description.contains("expected https or http") == true, "\(failure as Any)")
    }

    @Test("credentials go to the first address and don't follow to another host or port")
    func credentials() throws {
        let bytes = bytes
        let other = try LoopbackServer { .file(bytes, $0) }
        defer { other.stop() }
        let port = other.port
        let server = try LoopbackServer { request in
            request.path == "/a" ? .redirect(to: "/b") : .redirect(to: "http://127.0.0.1:\(port)/c")
        }
        defer { server.stop() }
        #expect(
            try workshop.fetch("\(server.origin)/a", expecting: digest, authorization: "Bearer secret") == bytes)
        #expect(server.requests.map { $0.fields["authorization"] } == ["Bearer secret", "Bearer secret"])
        #expect(other.requests.map { $0.fields["authorization"] } == [nil])
    }

    @Test("a URL's own user and password are sent, and no message tells them")
    func userInfo() throws {
        let server = try LoopbackServer { _ in .init(status: 404) }
        defer { server.stop() }
        let failure = #expect(throws: FetchFailure.self) {
            try workshop.fetch("http://user:pass%3Aword@127.0.0.1:\(server.port)/a", expecting: digest)
        }
        #expect(
            server.requests[0].fields["authorization"] == "Basic " + Data("user:pass:word".utf8).base64EncodedString())
        #expect(failure?.description.contains("pass") == false)
    }

    @Test("a proxy is asked where the environment names one, but for the hosts that it exempts")
    func proxy() throws {
        let bytes = bytes
        let proxy = try LoopbackServer { .file(bytes, $0) }
        defer { proxy.stop() }
        let url = "http://models.invalid/a.bin"
        #expect(try workshop.fetch(url, expecting: digest, environment: ["http_proxy": proxy.origin]) == bytes)
        #expect(proxy.requests.map(\.path) == [url])
        #expect(proxy.requests[0].fields["host"] == "models.invalid")
        let direct = try LoopbackServer { .file(bytes, $0) }
        defer { direct.stop() }
        let environment = ["http_proxy": proxy.origin, "no_proxy": "localhost,127.0.0.1"]
        _ = try workshop.fetch("\(direct.origin)/b.bin", expecting: digest, environment: environment)
        #expect(direct.requests.count == 1 && proxy.requests.count == 1)
    }

    @Test(
        "what isn't a URL of the web is refused",
        arguments: ["", "a.bin", "ftp://h/a", "https://", "file:///a", "http://h:99999/a"])
    func addresses(text: String) {
        #expect(throws: FetchFailure.self) { try WebAddress(text) }
    }
}
