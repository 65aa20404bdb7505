import Foundation

/// A member's header in a tar file, as ustar of POSIX.1-1988 has it; sizes from 8 GiB are written in base 256, as GNU does.
///
/// Only plain files with short names are written and read: links, folders, devices and long names are refused.
struct TarHeader: Hashable, Sendable {
    static let blockSize = 512
    private static let nameLimit = 100
    private static let checksumField = 148..<156

    let name: String
    /// Bytes of content, which are padded to whole blocks.
    let size: Int

    /// - Precondition: the name has at most 100 bytes.
    init(name: String, size: Int) {
        precondition(name.utf8.count <= Self.nameLimit && size >= 0, "'\(name)' of \(size) bytes fits no header")
        self.name = name
        self.size = size
    }

    /// Bytes of padding after the content.
    var padding: Int { (Self.blockSize - size % Self.blockSize) % Self.blockSize }

    /// Says nothing of its writer: no time, no user, the same bytes each time.
    var block: [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        func put(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put("0000444\0" + "0000000\0" + "0000000\0", at: 100)
        if size < 1 << 33 {
            put(Self.octal(size, digits: 11) + "\0", at: 124)
        } else {
            withUnsafeBytes(of: UInt64(size).bigEndian) { block.replaceSubrange(128..<136, with: $0) }
            block[124] = 0x80
        }
        put(Self.octal(0, digits: 11) + "\0", at: 136)
        put("0", at: 156)
        put("ustar\0" + "00", at: 257)
        put(Self.checksumText(block), at: Self.checksumField.lowerBound)
        return block
    }

    /// Reads a header's block that isn't all zeros.
    ///
    /// - Throws: `StoreError` with `.damaged` or `.hostile`; the message doesn't name the file.
    init(_ block: [UInt8]) throws(StoreError) {
        guard block.count == Self.blockSize, block[257..<262].elementsEqual("ustar".utf8),
            block[Self.checksumField].elementsEqual(Self.checksumText(block).utf8)
        else { throw StoreError(.damaged, "there is no tar header with its checksum") }
        let bytes = block[..<Self.nameLimit].prefix { $0 != 0 }
        guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty, block[345] == 0,
            block[bytes.count..<Self.nameLimit].allSatisfy({ $0 == 0 })
        else { throw StoreError(.hostile, "a member has a name that none of calm's has") }
        guard [0, UInt8(ascii: "0")].contains(block[156]), block[157] == 0 else {
            throw StoreError(.hostile, "the member \(name.debugDescription) is \(Self.kind(block[156])), no plain file")
        }
        guard let size = Self.size(block[124..<136]) else {
            throw StoreError(.hostile, "the member \(name.debugDescription) has an impossible size")
        }
        self.name = name
        self.size = size
    }

    private static func octal(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// The sum of all bytes, those of the sum itself taken as spaces.
    private static func checksumText(_ block: [UInt8]) -> String {
        let sum = block.enumerated().reduce(0) { $0 + (checksumField.contains($1.offset) ? 32 : Int($1.element)) }
        return octal(sum, digits: 6) + "\0 "
    }

    private static func size(_ field: ArraySlice<UInt8>) -> Int? {
        guard field.first == 0x80 else { return number(field) }
        let digits = field.dropFirst()
        guard digits.dropLast(8).allSatisfy({ $0 == 0 }) else { return nil }
        return Int(exactly: digits.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    /// Octal digits, then spaces or zero bytes.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        let digits = field.prefix { (48...55).contains($0) }
        guard !digits.isEmpty, field[digits.endIndex...].allSatisfy({ $0 == 0 || $0 == 32 }) else { return nil }
        return digits.reduce(0) { $0 << 3 | Int($1 - 48) }
    }

    private static func kind(_ type: UInt8) -> String {
        switch type {
        case UInt8(ascii: "1"): "a hard link"
        case UInt8(ascii: "2"): "a symbolic link"
        case UInt8(ascii: "5"): "a folder"
        case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): "a device or pipe"
        default: "something else"
        }
    }
}
