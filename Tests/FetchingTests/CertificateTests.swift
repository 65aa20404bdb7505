import Artifacts
import Fetching
import Foundation
import LoopbackServing
import Testing

/// A real HTTPS server, whose certificate only those trust who are told of it.
@Suite("Certificates", .enabled(if: SecureServer.openSSL != nil, "there is no openssl to make a server of"))
struct CertificateTests {
    private let workshop: FetchingWorkshop
    private let server: SecureServer
    private let bytes = pattern(50_000)
    private var digest: Digest { Digest(of: bytes) }

    init() throws {
        workshop = try FetchingWorkshop()
        let folder = workshop.folder.appendingPathComponent("served")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        server = try SecureServer(in: folder)
        try server.answer("a.bin", ["HTTP/1.1 200 OK"], bytes)
    }

    private var trusting: [String: String] { ["SSL_CERT_FILE": SecureServer.certificate.path] }

    @Test("a certificate that SSL_CERT_FILE names is trusted, whatever other programs are told")
    func trusted() throws {
        let environment = trusting.merging(["CURL_CA_BUNDLE": "/dev/null"]) { first, _ in first }
        #expect(try workshop.fetch("\(server.origin)/a.bin", expecting: digest, environment: environment) == bytes)
    }

    @Test("any other isn't, which is an error at once, and nothing is kept")
    func untrusted() throws {
        let failure = #expect(throws: FetchFailure.self) {
            try workshop.fetch("\(server.origin)/a.bin", expecting: digest)
        }
        #expect(failure?.reason == .refused)
        #expect(failure?.description.contains("its certificate is not trusted") == true, "\(failure as Any)")
        #expect(failure?.description.contains("SSL_CERT_FILE") == true)
        #expect(workshop.files == ["served"] && workshop.pauses.isEmpty)
    }

    @Test("a file of certificates that isn't there is named")
    func missingFile() throws {
        let failure = #expect(throws: FetchFailure.self) {
            try workshop.fetch(
                "\(server.origin)/a.bin", expecting: digest, environment: ["SSL_CERT_FILE": "/nowhere.pem"])
        }
        #expect(failure?.reason == .refused)
        #expect(
            failure?.description.contains("the certificates in /nowhere.pem can't be read") == true, "\(failure as Any)"
        )
    }

    @Test(
        "through a proxy, the host's own certificate counts, and the proxy gets its credentials and sees none of the rest"
    )
    func proxy() throws {
        let port = server.port
        let proxy = try LoopbackServer { _ in .tunnel(to: port) }
        defer { proxy.stop() }
        // The proxy knows where this host is; nobody else does.
        let environment = ["https_proxy": "http://user:word@127.0.0.1:\(proxy.port)"]
        let failure = #expect(throws: FetchFailure.self) {
            try workshop.fetch("\(server.origin)/a.bin", expecting: digest, environment: environment)
        }
        #expect(failure?.description.contains("its certificate is not trusted") == true, "\(failure as Any)")
        #expect(
            try workshop.fetch(
                "\(server.origin)/a.bin", expecting: digest, environment: trusting.merging(environment) { $1 }) == bytes
        )
        #expect(proxy.requests.map(\.path) == ["127.0.0.1:\(port)", "127.0.0.1:\(port)"])
        #expect(
            proxy.requests[0].fields["proxy-authorization"]
                == "Basic " + Data("user:word".utf8).base64EncodedString())
        try FileManager.default.removeItem(at: workshop.destination)
        let direct = trusting.merging(environment) { $1 }.merging(["no_proxy": "127.0.0.1"]) { $1 }
        _ = try workshop.fetch("\(server.origin)/a.bin", expecting: digest, environment: direct)
        #expect(proxy.requests.count == 2)
    }

    @Test(
        "a proxy that refuses a tunnel is told apart from a server, and is asked again only if that may help",
        arguments: [
            (407, FetchFailure.Reason.refused, "it answers 407: write user and password into the proxy's URL", 1),
            (403, .refused, "it answers 403; no_proxy names hosts to be reached without it", 1),
            (502, .transient, "the proxy refuses a connection to 127.0.0.1, it answers 502; 4 attempts failed", 4),
        ])
    func refusedTunnel(status: Int, reason: FetchFailure.Reason, text: String, attempts: Int) throws {
        let proxy = try LoopbackServer { _ in .init(status: status) }
        defer { proxy.stop() }
        let failure = #expect(throws: FetchFailure.self) {
            try workshop.fetch(
                "\(server.origin)/a.bin", expecting: digest,
                environment: trusting.merging(["https_proxy": "http://user:word@127.0.0.1:\(proxy.port)"]) { $1 })
        }
        #expect(failure?.reason == reason && proxy.requests.count == attempts)
        #expect(failure?.description.hasSuffix(text) == true, "\(failure as Any)")
        #expect(failure?.description.contains("word@") == false)
    }

    @Test("a redirect from https to http isn't followed")
    func downgrade() throws {
        let bytes = bytes
        let plain = try LoopbackServer { .file(bytes, $0) }
        defer { plain.stop() }
        try server.answer("down", ["HTTP/1.1 302 Found", "Location: \(plain.origin)/a.bin"])
        let failure = #expect(throws: FetchFailure.self) {
            try workshop.fetch("\(server.origin)/down", expecting: digest, environment: trusting)
        }
        #expect(
            failure?.description.contains("which is not encrypted; that isn't followed") == true, "\(failure as Any)")
        #expect(plain.requests.isEmpty)
    }

    @Test("one from http to https is")
    func upgrade() throws {
        let secure = server.origin
        let plain = try LoopbackServer { _ in .redirect(to: "\(secure)/a.bin") }
        defer { plain.stop() }
        #expect(try workshop.fetch("\(plain.origin)/a.bin", expecting: digest, environment: trusting) == bytes)
    }
}
