import Crypto
import Foundation

/// The SHA-256 of some bytes: the name of a blob, an artifact or a stage key.
package struct Digest: Hashable, Sendable {
    /// 64 lower-case hexadecimal digits.
    package let hex: String

    /// Nil unless `hex` is exactly 64 lower-case hexadecimal digits.
    package init?(hex: String) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            return nil
        }
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
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in digest {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        hex = String(decoding: text, as: UTF8.self)
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
