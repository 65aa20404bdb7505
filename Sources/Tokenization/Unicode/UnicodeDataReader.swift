/// Reads the tables of ``UnicodeData``: words of hexadecimal numbers with `-`, `,`, `:` or `=` between them.
struct UnicodeDataReader {
    /// The numbers of each word, in order.
    static func words(_ table: StaticString, _ body: ([UInt32]) -> Void) {
        table.withUTF8Buffer { bytes in
            var numbers: [UInt32] = []
            var number: UInt32 = 0
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt32(byte & 15)
                case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt32(byte - 87)
                default:
                    numbers.append(number)
                    number = 0
                    if byte == UInt8(ascii: " ") {
                        body(numbers)
                        numbers.removeAll(keepingCapacity: true)
                    }
                }
            }
            numbers.append(number)
            body(numbers)
        }
    }

    /// Calls `body` with each scalar of a table of ranges.
    static func members(_ table: StaticString, _ body: (UInt32) -> Void) {
        words(table) { range in
            for scalar in range[0]...range[range.count - 1] { body(scalar) }
        }
    }

    /// A mapping of scalars to sequences.
    static func mapping(_ table: StaticString) -> [UInt32: [UInt32]] {
        var result: [UInt32: [UInt32]] = [:]
        words(table) { result[$0[0]] = Array($0.dropFirst()) }
        return result
    }
}
