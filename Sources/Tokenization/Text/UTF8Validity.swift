/// Whether bytes are UTF-8, and how they are made so.
enum UTF8Validity {
    /// The first byte that isn't valid UTF-8; nil if all are.
    static func firstInvalid(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        let count = bytes.count
        let raw = UnsafeRawPointer(base)
        var index = 0
        while index < count {
            while index + 8 <= count,
                raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                index += 8
            }
            if index >= count { break }
            let length = sequenceLength(base, index, count)
            if length == 0 { return index }
            index += length
        }
        return nil
    }

    /// The bytes with each maximal invalid sequence replaced by U+FFFD; nil if none is invalid.
    static func repaired(_ bytes: [UInt8]) -> [UInt8]? {
        let isValid = bytes.withUnsafeBufferPointer { firstInvalid($0) == nil }
        return isValid ? nil : Array(String(decoding: bytes, as: UTF8.self).utf8)
    }

    /// Number of bytes of the character at `index`; 0 if it isn't valid.
    @inline(__always) private static func sequenceLength(
        _ bytes: UnsafePointer<UInt8>, _ index: Int, _ count: Int
    ) -> Int {
        let lead = bytes[index]
        if lead < 0x80 { return 1 }
        func continues(_ offset: Int) -> Bool { bytes[index + offset] & 0xC0 == 0x80 }
        switch lead {
        case 0xC2...0xDF:
            return index + 1 < count && continues(1) ? 2 : 0
        case 0xE0...0xEF:
            guard index + 2 < count, continues(1), continues(2) else { return 0 }
            let second = bytes[index + 1]
            return lead == 0xE0 && second < 0xA0 || lead == 0xED && second > 0x9F ? 0 : 3
        case 0xF0...0xF4:
            guard index + 3 < count, continues(1), continues(2), continues(3) else { return 0 }
            let second = bytes[index + 1]
            return lead == 0xF0 && second < 0x90 || lead == 0xF4 && second > 0x8F ? 0 : 4
        default:
            return 0
        }
    }
}
