/// Reads JSON (RFC 8259) strictly and keeps `1` and `1.0` apart, so that reading and writing canonical text is exact.
///
/// Its messages name the place and quote nothing: the text may hold what must not be shown.
///
/// Refused: duplicate keys, nesting beyond 128, numbers beyond `Double`, lone surrogates, invalid UTF-8, trailing bytes.
struct JSONParser {
    /// What was found where.
    struct Failure: Error, CustomStringConvertible {
        let offset: Int
        let message: String
        var description: String { "byte \(offset): \(message)" }
    }

    private static let depthLimit = 128

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depth = 0
    /// A member of the outermost object that is passed over, and where its value stands.
    private let omitted: String?
    private var omission: Range<Int>?

    static func parse(_ bytes: some Sequence<UInt8>) throws(Failure) -> JSONValue {
        try parse(Array(bytes), omitting: nil).value
    }

    /// Reads an object but for one member, which becomes null: the value of that one isn't checked, only its end is found.
    static func parse(
        _ bytes: [UInt8], omitting member: String?
    ) throws(Failure) -> (value: JSONValue, omission: Range<Int>?) {
        let result = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(Failure) in
                var parser = JSONParser(bytes: buffer, omitting: member)
                let value = try parser.value()
                parser.skipSpace()
                guard parser.position == buffer.count else { throw parser.failure("bytes after the value") }
                return (value, parser.omission)
            }
        }
        return try result.get()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, omitting member: String?) {
        self.bytes = bytes
        omitted = member
    }

    private func failure(_ message: String) -> Failure { Failure(offset: position, message: message) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func value() throws(Failure) -> JSONValue {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try nested { (parser) throws(Failure) in try parser.object() }
        case UInt8(ascii: "["): return try nested { (parser) throws(Failure) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw failure("expected a value, found the end")
        default: return try number()
        }
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(Failure) -> JSONValue
    ) throws(Failure) -> JSONValue {
        depth += 1
        guard depth <= Self.depthLimit else { throw failure("nested deeper than \(Self.depthLimit)") }
        position += 1
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(Failure) -> JSONValue {
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object([:]) }
        var members = [String: JSONValue](minimumCapacity: 8)
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("expected ':' after a key") }
            let value = depth == 1 && key == omitted ? try omit() : try value()
            guard members.updateValue(value, forKey: key) == nil else {
                throw failure("a key that the object already has")
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw failure("expected ',' or '}'") }
        }
    }

    /// Passes over a value.
    private mutating func omit() throws(Failure) -> JSONValue {
        let start = position
        var level = 0
        var isText = false
        while let byte = next {
            if isText {
                if byte == UInt8(ascii: "\\") { position += 1 }
                isText = byte != UInt8(ascii: "\"")
            } else {
                switch byte {
                case UInt8(ascii: "\""): isText = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): level += 1
                case UInt8(ascii: ",") where level == 0, UInt8(ascii: "}") where level == 0:
                    omission = start..<position
                    return .null
                case UInt8(ascii: "}"), UInt8(ascii: "]"): level -= 1
                default: break
                }
            }
            position += 1
        }
        throw failure("a value without its end")
    }

    private mutating func array() throws(Failure) -> JSONValue {
        var values: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(values) }
        while true {
            values.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(values) }
            guard take(UInt8(ascii: ",")) else { throw failure("expected ',' or ']'") }
        }
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws(Failure) -> JSONValue {
        guard bytes[position...].starts(with: text.utf8) else { throw failure("expected \(text)") }
        position += text.utf8.count
        return value
    }

    private mutating func number() throws(Failure) -> JSONValue {
        let start = position
        var isIntegral = true
        _ = take(UInt8(ascii: "-"))
        let firstDigit = position
        let digits = skipDigits()
        guard digits > 0, digits == 1 || bytes[firstDigit] != UInt8(ascii: "0") else {
            throw failure("expected a JSON value")
        }
        if take(UInt8(ascii: ".")) {
            isIntegral = false
            guard skipDigits() > 0 else { throw failure("expected a digit after the point") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isIntegral = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard skipDigits() > 0 else { throw failure("expected a digit in the exponent") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isIntegral, let value = Int(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else { throw failure("a number beyond the range of 64 bits") }
        return .double(value)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = next, (48...57).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func string() throws(Failure) -> String {
        position += 1
        let start = position
        while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { position += 1 }
        // The most part of all strings has no escape.
        let plain = UnsafeBufferPointer(rebasing: bytes[start..<position])
        if take(UInt8(ascii: "\"")) {
            guard let string = String(validating: plain, as: UTF8.self) else { throw failure("invalid UTF-8") }
            return string
        }
        var text = Array(plain)
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw failure("invalid UTF-8") }
                return string
            case UInt8(ascii: "\\"): text.append(contentsOf: try escape())
            case ..<0x20: throw failure("a control character in a string")
            default: text.append(byte)
            }
        }
        throw failure("a string without its end")
    }

    private mutating func escape() throws(Failure) -> [UInt8] {
        guard let byte = next else { throw failure("a string without its end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "u"):
            var scalar = try hexadecimal()
            if (0xD800..<0xDC00).contains(scalar) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw failure("a lone surrogate") }
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw failure("a lone surrogate") }
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let valid = Unicode.Scalar(scalar) else { throw failure("a lone surrogate") }
            return Array(String(Character(valid)).utf8)
        default: throw failure("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(Failure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("expected four hexadecimal digits")
            }
            position += 1
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}

extension JSONValue {
    /// Reads JSON text so that `canonical` of canonical text is that text again (which `JSONDecoder` doesn't promise).
    ///
    /// - Throws: an error that describes itself: the byte's offset, what was found and expected.
    package init(parsing bytes: some Sequence<UInt8>) throws {
        self = try JSONParser.parse(bytes)
    }
}
