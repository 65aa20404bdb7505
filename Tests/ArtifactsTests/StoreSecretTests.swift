import Artifacts
import Crypto
import Foundation
import Testing

@Suite("The store's secret") struct StoreSecretTests {
    @Test("it is made once, for its owner alone, and stays the same")
    func made() throws {
        let temporary = try TemporaryStore()
        let file = temporary.root.appendingPathComponent("secret")
        #expect(!FileManager.default.fileExists(atPath: file.path))
        let first = try temporary.store.secret().digest(ofVariable: "A", value: "v")
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        #expect((attributes[.size] as? NSNumber)?.intValue == 32)
        let again = try Store(opening: temporary.root, create: false).secret()
        #expect(again.digest(ofVariable: "A", value: "v") == first)
        #expect(temporary.temporaryFiles.isEmpty)
    }

    @Test("many who need it at once get the same")
    func concurrent() async throws {
        let temporary = try TemporaryStore()
        let root = temporary.root
        let digests = try await withThrowingTaskGroup(of: Digest.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    try Store(opening: root, create: false).secret().digest(ofVariable: "A", value: "v")
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(digests.count == 1)
    }

    @Test("a digest is the HMAC-SHA256 of name and value; names, values and stores tell digests apart")
    func digests() throws {
        let temporary = try TemporaryStore()
        let secret = try temporary.store.secret()
        let digest = secret.digest(ofVariable: "A", value: "v")
        let key = SymmetricKey(data: try Data(contentsOf: temporary.root.appendingPathComponent("secret")))
        let code = HMAC<SHA256>.authenticationCode(for: Data("calm environment variable\0A\0v".utf8), using: key)
        #expect(digest.hex == code.map { String(format: "%02x", $0) }.joined())
        #expect(digest != secret.digest(ofVariable: "B", value: "v"))
        #expect(digest != secret.digest(ofVariable: "A", value: "w"))
        #expect(digest != StoreSecret().digest(ofVariable: "A", value: "v"))
    }

    @Test("a secret of another length is damage, with the way out", arguments: [0, 31, 33])
    func damaged(_ count: Int) throws {
        let temporary = try TemporaryStore()
        try Data(count: count).write(to: temporary.root.appendingPathComponent("secret"))
        let error = #expect(throws: StoreError.self) { try temporary.store.secret() }
        #expect(error?.code == .damaged && error?.message.contains("has \(count) bytes, expected 32") == true)
    }
}
