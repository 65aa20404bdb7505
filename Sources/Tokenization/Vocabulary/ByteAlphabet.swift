/// GPT-2's alphabet: each byte as a printable character, so that any bytes can be written as text.
///
/// Bytes 33–126, 161–172 and 174–255 are themselves; the other 68 are U+0100 to U+0143 in order.
enum ByteAlphabet {
    /// The character of each byte.
    static let scalars: [UInt32] = {
        var others: UInt32 = 0x100
        return (0..<256).map { byte in
            if (33...126).contains(byte) || (161...172).contains(byte) || byte >= 174 { return UInt32(byte) }
            defer { others += 1 }
            return others
        }
    }()

    /// The same as UTF-8.
    static let characters: [[UInt8]] = scalars.map { scalar in
        var bytes: [UInt8] = []
        UTF8Scanning.append(scalar, to: &bytes)
        return bytes
    }

    /// The byte of each character below U+0144; -1 for those that stand for none.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = Int16(byte) }
        return bytes
    }()

    /// The bytes that a text in the alphabet stands for; nil if a character isn't of it.
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let lead = text[index]
            var scalar = Int(lead)
            if lead >= 0x80 {
                guard lead < 0xC6, index + 1 < text.endIndex else { return nil }
                scalar = Int(lead & 0x1F) << 6 | Int(text[index + 1] & 0x3F)
                index += 1
            }
            guard scalar < bytes.count, bytes[scalar] >= 0 else { return nil }
            result.append(UInt8(bytes[scalar]))
            index += 1
        }
        return result
    }

    static func encode(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.flatMap { characters[Int($0)] }
    }
}
