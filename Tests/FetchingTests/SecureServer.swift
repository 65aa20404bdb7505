import Foundation

/// An HTTPS server on the loopback interface with a certificate that nobody trusts unasked: `openssl s_server`, which answers with
/// the files of a folder, each a whole response.
final class SecureServer {
    static let openSSL = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    static var certificate: URL { fixture("loopback-certificate") }

    private static func fixture(_ name: String) -> URL {
        Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "pem") ?? URL(fileURLWithPath: "/\(name).pem")
    }

    private let process = Process()
    private let folder: URL
    private(set) var port = 0

    struct Failure: Error {}

    init(in folder: URL) throws {
        self.folder = folder
        process.executableURL = URL(fileURLWithPath: Self.openSSL ?? "")
        process.currentDirectoryURL = folder
        process.arguments = [
            "s_server", "-accept", "127.0.0.1:0", "-cert", Self.certificate.path, "-key",
            Self.fixture("loopback-key").path, "-HTTP",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = Pipe()
        try process.run()
        // ACCEPT 127.0.0.1:34567
        var text = ""
        while !text.contains("\nACCEPT ") && !text.hasPrefix("ACCEPT ") || !text.hasSuffix("\n") {
            let piece = output.fileHandleForReading.availableData
            guard !piece.isEmpty else { throw Failure() }
            text += String(decoding: piece, as: UTF8.self)
        }
        guard let line = text.split(separator: "\n").last(where: { $0.hasPrefix("ACCEPT ") }),
            let port = line.split(separator: ":").last.flatMap({ Int($0) })
        else { throw Failure() }
        self.port = port
    }

    deinit { process.terminate() }

    var origin: String { "https://127.0.0.1:\(port)" }

    /// The response to the path `/name`.
    func answer(_ name: String, _ head: [String], _ body: [UInt8] = []) throws {
        let head = (head + ["Content-Length: \(body.count)", "", ""]).joined(separator: "\r\n")
        try (Data(head.utf8) + Data(body)).write(to: folder.appendingPathComponent(name))
    }
}
