/// Text that XML 1.0 can hold, whatever bytes it was made from.
///
/// A byte of what XML can't hold (control characters, U+FFFE and U+FFFF, what isn't UTF-8, surrogates among it) is written
/// as `#x` and two upper-case hexadecimal digits, as pytest does: `#x1B`, `#xEF#xBF#xBE`. A `#` before such an `x` and two
/// digits of the text's own is written `#x23`, so that the bytes can be had back: each `#xHH` stands for the byte HH.
struct XMLText: Hashable {
    /// In UTF-8, without a character that XML forbids.
    private(set) var legal: String

    /// - Parameter isCopy: Whether the text was read from XML, so that what looks like an escape is one, and stays.
    init(_ text: String, isCopy: Bool = false) {
        var text = text
        let isLegal = text.withUTF8 { bytes in bytes.indices.allSatisfy { XMLText.mayStay(bytes, $0, isCopy) } }
        legal = isLegal ? text : text.withUTF8 { XMLText.escaped($0, isCopy) }
    }

    /// Any bytes at all, meant as UTF-8.
    init(bytes: some Collection<UInt8>) {
        legal = Array(bytes).withUnsafeBufferPointer { XMLText.escaped($0, false) }
    }

    static func + (lhs: XMLText, rhs: XMLText) -> XMLText {
        var sum = lhs
        sum.legal += rhs.legal
        return sum
    }

    private typealias Bytes = UnsafeBufferPointer<UInt8>

    private static func escaped(_ bytes: Bytes, _ isCopy: Bool) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + bytes.count / 8)
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var position = 0
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .emptyInput: return String(decoding: output, as: UTF8.self)
            case .valid(let scalar):
                let end = position + scalar.count
                let stays = mayStay(bytes, position, isCopy)
                for byte in bytes[position..<end] { stays ? output.append(byte) : escape(byte, &output) }
                position = end
            case .error(let length):
                for byte in bytes[position..<position + length] { escape(byte, &output) }
                position += length
            }
        }
    }

    /// Whether the character of valid UTF-8 that begins here stays as it is (XML 1.0 §2.2, `Char`).
    private static func mayStay(_ bytes: Bytes, _ index: Int, _ isCopy: Bool) -> Bool {
        switch bytes[index] {
        case 0x9, 0xA, 0xD: true
        case ..<0x20: false
        case UInt8(ascii: "#"):
            isCopy
                || !(index + 3 < bytes.count && bytes[index + 1] == UInt8(ascii: "x") && isDigit(bytes[index + 2])
                    && isDigit(bytes[index + 3]))
        case 0xEF: !(index + 2 < bytes.count && bytes[index + 1] == 0xBF && bytes[index + 2] >= 0xBE)
        default: true
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (65...70).contains(byte) }

    private static func escape(_ byte: UInt8, _ output: inout [UInt8]) {
        func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 55 + value }
        output.append(UInt8(ascii: "#"))
        output.append(UInt8(ascii: "x"))
        output.append(digit(byte >> 4))
        output.append(digit(byte & 15))
    }
}
