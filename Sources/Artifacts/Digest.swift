import Crypto
import Foundation

/// The SHA-256 of some bytes: the name of a blob, an artifact or a stage key.
package struct Digest: Hashable, Sendable {
    /// 64 lower-case hexadecimal digits.
    package let hex: String

    /// Nil unless `hex` is exactly 64 lower-case hexadecimal digits.
    package init?(hex: String) {
        var hex = hex
        let isDigest = hex.withUTF8 { digits in
            digits.count == 64 && digits.allSatisfy { $0 &- 48 < 10 || $0 &- 97 < 6 }
        }
        guard isDigest else { return nil }
        self.hex = hex
    }

    /// The SHA-256 of `bytes`.
    package init(of bytes: some DataProtocol) {
        self.init(SHA256.hash(data: bytes))
    }

    /// The SHA-256 of several pieces, one after the other.
    package init(of pieces: [UnsafeRawBufferPointer]) {
        var hasher = SHA256()
        for piece in pieces { hasher.update(bufferPointer: piece) }
        self.init(hasher.finalize())
    }

    /// The SHA-256 of several pieces, one after the other.
    package init(ofPieces pieces: [Data]) {
        var hasher = SHA256()
        for piece in pieces { hasher.update(data: piece) }
        self.init(hasher.finalize())
    }

    /// The SHA-256 of a file's content, read piece by piece.
    ///
    /// - Throws: `StoreError` with `.missing` or `.io`.
    package init(ofFile url: URL) throws {
        let file = try OpenFile(reading: url.path)
        _ = try file.regularSize()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
        defer { buffer.deallocate() }
        var hasher = SHA256()
        while true {
            let count = try file.read(into: buffer)
            if count == 0 { break }
            hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        self.init(hasher.finalize())
    }

    package init(_ digest: SHA256.Digest) {
        self.init(bytes: digest)
    }

    /// - Precondition: they are the 32 bytes of a digest.
    init(bytes digest: some ContiguousBytes) {
        func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
        hex = digest.withUnsafeBytes { bytes in
            String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
                for (place, byte) in bytes.enumerated() {
                    text[2 * place] = digit(byte >> 4)
                    text[2 * place + 1] = digit(byte & 15)
                }
                return 2 * bytes.count
            }
        }
    }

    /// The first twelve digits, for people.
    package var short: String { String(hex.prefix(12)) }
}

extension Digest: Comparable {
    package static func < (lhs: Digest, rhs: Digest) -> Bool { lhs.hex < rhs.hex }
}

extension Digest: CustomStringConvertible {
    package var description: String { hex }
}

extension Digest: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(hex: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected 64 lower-case hexadecimal digits, found '\(text)'")
        }
        self = digest
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}
