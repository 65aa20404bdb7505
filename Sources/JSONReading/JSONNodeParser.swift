/// JSON that can't be read: what was found where.
package struct JSONReadingError: Error, Equatable, CustomStringConvertible {
    package let line: Int
    /// In bytes, from 1.
    package let column: Int
    package let message: String
    package var description: String { "\(line):\(column): \(message)" }
}

extension JSONNode {
    /// Reads JSON (RFC 8259), and with it what Python writes beyond it: `NaN`, `Infinity` and `-Infinity`.
    ///
    /// Refused: duplicate names, nesting deeper than 128, lone surrogates, invalid UTF-8, bytes after the value. An integer
    /// beyond 64 bits becomes a `double`. Time and memory are proportional to the text.
    package init(parsing bytes: UnsafeRawBufferPointer) throws(JSONReadingError) {
        var parser = JSONNodeParser(bytes: bytes)
        self = try parser.document()
    }

    package init(parsing bytes: [UInt8]) throws(JSONReadingError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONReadingError) in try JSONNode(parsing: buffer) }
        }
        self = try result.get()
    }
}

private struct JSONNodeParser {
    private static let depthLimit = 128

    let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var depth = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func document() throws(JSONReadingError) -> JSONNode {
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw failure("expected the end of the text after the value") }
        return value
    }

    private func failure(_ message: String) -> JSONReadingError {
        let before = bytes[..<min(position, bytes.count)]
        let line = before.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return JSONReadingError(line: line, column: before.count - start + 1, message: message)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func value() throws(JSONReadingError) -> JSONNode {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "N"): return try word("NaN", .double(.nan))
        case UInt8(ascii: "I"): return try word("Infinity", .double(.infinity))
        case nil: throw failure("expected a value, found the end of the text")
        default: return try number()
        }
    }

    private mutating func enter() throws(JSONReadingError) {
        depth += 1
        guard depth <= Self.depthLimit else { throw failure("nested deeper than \(Self.depthLimit) levels") }
        position += 1
        skipSpace()
    }

    private mutating func object() throws(JSONReadingError) -> JSONMembers {
        try enter()
        defer { depth -= 1 }
        var members = JSONMembers()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure("expected a name in quotes") }
            let start = position
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("expected ':' after the name '\(name)'") }
            guard members.append(name, try value()) else {
                position = start
                throw failure("duplicate name '\(name)'")
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { return members }
            guard take(UInt8(ascii: ",")) else { throw failure("expected ',' or '}'") }
        }
    }

    private mutating func array() throws(JSONReadingError) -> [JSONNode] {
        try enter()
        defer { depth -= 1 }
        var values: [JSONNode] = []
        if take(UInt8(ascii: "]")) { return values }
        while true {
            values.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { return values }
            guard take(UInt8(ascii: ",")) else { throw failure("expected ',' or ']'") }
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONNode) throws(JSONReadingError) -> JSONNode {
        let expected = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard bytes[position...].starts(with: expected) else { throw failure("expected a value") }
        position += expected.count
        return value
    }

    private mutating func number() throws(JSONReadingError) -> JSONNode {
        let start = position
        var isIntegral = true
        if take(UInt8(ascii: "-")), next == UInt8(ascii: "I") { return try word("Infinity", .double(-.infinity)) }
        let firstDigit = position
        let digits = skipDigits()
        guard digits > 0, digits == 1 || bytes[firstDigit] != UInt8(ascii: "0") else {
            position = start
            throw failure("expected a value")
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
        guard let value = Double(text) else { throw failure("unreadable number") }
        return isIntegral || value.isInfinite ? .decimal(text) : .double(value)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = next, (48...57).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func string() throws(JSONReadingError) -> String {
        position += 1
        let start = position
        while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { position += 1 }
        // Most strings have no escape.
        let plain = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
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
            case UInt8(ascii: "\\"): try escape(into: &text)
            case ..<0x20: throw failure("a control character in a string")
            default: text.append(byte)
            }
        }
        throw failure("a string without its closing quote")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONReadingError) {
        guard let byte = next else { throw failure("a string without its closing quote") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "u"):
            var scalar = try hexadecimal()
            if (0xD800..<0xDC00).contains(scalar) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw failure("a lone surrogate") }
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw failure("a lone surrogate") }
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let valid = Unicode.Scalar(scalar) else { throw failure("a lone surrogate") }
            text.append(contentsOf: UTF8.encode(valid) ?? UTF8.encodedReplacementCharacter)
        default: throw failure("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(JSONReadingError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("expected four hexadecimal digits")
            }
            position += 1
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
