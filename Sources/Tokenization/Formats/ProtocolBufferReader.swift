/// The fields of a message of Protocol Buffers, one by one.
struct ProtocolBufferReader {
    enum Value {
        case number(UInt64)
        case fixed32(UInt32)
        case fixed64(UInt64)
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>
    private let source: String

    init(_ bytes: ArraySlice<UInt8>, _ source: String) {
        rest = bytes
        self.source = source
    }

    private func error(_ message: String) -> TokenizerError {
        TokenizerError("\(source): byte \(rest.startIndex): \(message), expected a SentencePiece model")
    }

    mutating func next() throws(TokenizerError) -> (Int, Value)? {
        if rest.isEmpty { return nil }
        let key = try number()
        guard key >> 3 > 0, key >> 3 < 1 << 29 else { throw error("a field of number \(key >> 3)") }
        let field = Int(key >> 3)
        switch key & 7 {
        case 0: return (field, .number(try number()))
        case 1: return (field, .fixed64(try fixed(8)))
        case 2:
            let count = try number()
            guard count <= UInt64(rest.count) else {
                throw error("a field of \(count) bytes, of which the file has \(rest.count)")
            }
            let bytes = rest.prefix(Int(count))
            rest = rest.dropFirst(Int(count))
            return (field, .bytes(bytes))
        case 5: return (field, .fixed32(UInt32(try fixed(4))))
        default: throw error("a field of kind \(key & 7)")
        }
    }

    private mutating func number() throws(TokenizerError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw error("the file ends within a number") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw error("a number of more than ten bytes")
    }

    private mutating func fixed(_ count: Int) throws(TokenizerError) -> UInt64 {
        guard rest.count >= count else { throw error("the file ends within a number") }
        var value: UInt64 = 0
        for byte in rest.prefix(count).reversed() { value = value << 8 | UInt64(byte) }
        rest = rest.dropFirst(count)
        return value
    }
}
