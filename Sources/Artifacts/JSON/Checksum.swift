/// `{"checksum":"…",…}`: a file's JSON object whose first member is the SHA-256 of the object without it.
package enum Checksum {
    private static let start = Array(#"{"checksum":""#.utf8)

    /// An object's canonical text with its checksum before its members.
    ///
    /// - Precondition: it has members.
    package static func prepended(to object: [UInt8]) -> [UInt8] {
        start + Digest(of: object).hex.utf8 + "\",".utf8 + object.dropFirst()
    }

    /// Checks the bytes themselves, so that no change escapes that leaves the values as they were. False without checksum.
    ///
    /// - Throws: `StoreError` with `.damaged`; the message doesn't name the file.
    package static func check(_ bytes: [UInt8]) throws(StoreError) -> Bool {
        guard bytes.starts(with: start) else { return false }
        let end = start.count + 64
        let stated = String(decoding: bytes[start.count..<min(end, bytes.count)], as: UTF8.self)
        guard bytes.dropFirst(end).starts(with: "\",".utf8) else {
            throw StoreError(.damaged, "its checksum isn't followed by its content")
        }
        let found = Digest(of: [UInt8(ascii: "{")] + bytes[(end + 2)...])
        guard stated == found.hex else {
            throw StoreError(.damaged, "its content has the checksum \(found.short)…, not the one it states")
        }
        return true
    }
}
