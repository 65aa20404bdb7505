import Crypto
import Foundation

/// 32 random bytes of one store. The values of environment variables appear in stage keys only as digests under it, so that
/// nobody who has a key but not the store can tell or guess a value.
package struct StoreSecret: Sendable {
    static let byteCount = 32

    private let key: SymmetricKey

    /// A new random one, for digests that are to be compared with no others.
    package init() {
        key = SymmetricKey(size: .bits256)
    }

    fileprivate init(_ bytes: [UInt8]) {
        key = SymmetricKey(data: bytes)
    }

    fileprivate var bytes: [UInt8] { key.withUnsafeBytes(Array.init) }

    /// The HMAC-SHA256 of a variable's value. The name is part of the message, so that two variables with the same value
    /// have different digests; it can't hold the NUL that ends it.
    package func digest(ofVariable name: String, value: String) -> Digest {
        let message = "calm environment variable\0\(name)\0\(value)"
        let code = HMAC<SHA256>.authenticationCode(for: Array(message.utf8), using: key)
        return Digest(bytes: Array(code))
    }
}

/// `secret`: made when the first variable's value is keyed, readable by its owner alone, never exported.
extension Store {
    private var secretPath: String { path + "/secret" }

    /// The store's secret; it is made if there is none. Processes that ask at once get the same.
    ///
    /// - Throws: `StoreError` with `.readOnly`, `.full`, `.damaged` or `.io`.
    package func secret() throws -> StoreSecret {
        if let secret = try existingSecret() { return secret }
        let lock = try FileLock.exclusive(locks.appendingPathComponent("secret"), wait: true)
        defer {
            lock.removeFile()
            withExtendedLifetime(lock) {}
        }
        // Another process may have made it since.
        if let secret = try existingSecret() { return secret }
        let secret = StoreSecret()
        try write(secret.bytes, to: secretPath, mode: 0o600)
        return secret
    }

    private func existingSecret() throws(StoreError) -> StoreSecret? {
        let contents: [UInt8]?
        do {
            contents = try Self.contentsIfPresent(secretPath)
        } catch {
            guard error.code == .io, access(secretPath, R_OK) != 0, errno == EACCES else { throw error }
            throw StoreError(
                .io,
                """
                can't read \(secretPath): only its owner may; stages that are given environment variables need it. For a \
                store that several users share, its owner runs: chgrp GROUP \(secretPath) && chmod 640 \(secretPath)
                """)
        }
        guard let bytes = contents else { return nil }
        guard bytes.count == StoreSecret.byteCount else {
            throw StoreError(
                .damaged,
                """
                \(secretPath) has \(bytes.count) bytes, expected \(StoreSecret.byteCount): restore it from a backup, or \
                remove it; then the stages that are given environment variables run again
                """)
        }
        return StoreSecret(bytes)
    }
}
