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
