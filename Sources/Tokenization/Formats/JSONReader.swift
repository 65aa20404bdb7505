/// Reads JSON (RFC 8259) from valid UTF-8 as it goes, so that a vocabulary needn't be built twice.
///
/// Strings are bytes: keys that are canonically equivalent stay apart, which they don't as `String`s.
struct JSONReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private(set) var index = 0
    private var depth = 0
    private let source: String

    static let deepest = 128

    /// - Parameter source: the name of the file, for messages.
    init(_ bytes: UnsafeBufferPointer<UInt8>, source: String) {
        self.bytes = bytes
        self.source = source
    }

    func error(_ message: String, at place: Int? = nil) -> TokenizerError {
        var line = 1
        var column = 1
        for byte in bytes.prefix(place ?? index) {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return TokenizerError("\(source):\(line):\(column): \(message)")
    }

    private var found: String {
        index < bytes.count ? "found '\(String(decoding: [bytes[index]], as: UTF8.self))'" : "the file ends"
    }

    /// The next byte that isn't white space; nil at the end.
    mutating func peek() -> UInt8? {
        while index < bytes.count {
            let byte = bytes[index]
            if byte != 0x20, byte != 0x0A, byte != 0x0D, byte != 0x09 { return byte }
            index += 1
        }
        return nil
    }

    private mutating func expect(_ byte: UInt8) throws(TokenizerError) {
        guard peek() == byte else {
            throw error("\(found), expected '\(String(decoding: [byte], as: UTF8.self))'")
        }
        index += 1
    }

    mutating func expectEnd() throws(TokenizerError) {
        guard peek() == nil else { throw error("\(found), expected the end of the file") }
    }

    private mutating func enter() throws(TokenizerError) {
        depth += 1
        if depth > Self.deepest { throw error("nested deeper than \(Self.deepest) levels") }
    }

    /// Calls `body` at each member's value, which it must read; `key` is valid only within.
    mutating func readObject(
        _ body: (_ reader: inout JSONReader, _ key: [UInt8]) throws(TokenizerError) -> Void
    ) throws(TokenizerError) {
        try expect(UInt8(ascii: "{"))
        try enter()
        defer { depth -= 1 }
        if peek() == UInt8(ascii: "}") {
            index += 1
            return
        }
        var key: [UInt8] = []
        while true {
            key.removeAll(keepingCapacity: true)
            try readString(into: &key)
            try expect(UInt8(ascii: ":"))
            try body(&self, key)
            if peek() == UInt8(ascii: ",") {
                index += 1
            } else {
                try expect(UInt8(ascii: "}"))
                return
            }
        }
    }

    mutating func readArray(
        _ body: (_ reader: inout JSONReader) throws(TokenizerError) -> Void
    ) throws(TokenizerError) {
        try expect(UInt8(ascii: "["))
        try enter()
        defer { depth -= 1 }
        if peek() == UInt8(ascii: "]") {
            index += 1
            return
        }
        while true {
            try body(&self)
            if peek() == UInt8(ascii: ",") {
                index += 1
            } else {
                try expect(UInt8(ascii: "]"))
                return
            }
        }
    }

    /// Appends the text of a string.
    mutating func readString(into text: inout [UInt8]) throws(TokenizerError) {
        try expect(UInt8(ascii: "\""))
        var start = index
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                text.append(contentsOf: bytes[start..<index])
                index += 1
                return
            case UInt8(ascii: "\\"):
                text.append(contentsOf: bytes[start..<index])
                index += 1
                try readEscape(into: &text)
                start = index
            case 0..<0x20:
                throw error("a control character within a string, expected an escape")
            default:
                index += 1
            }
        }
        throw error("the file ends within a string")
    }

    private mutating func readEscape(into text: inout [UInt8]) throws(TokenizerError) {
        guard index < bytes.count else { throw error("the file ends within a string") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var scalar = try readHexadecimal()
            if (0xD800..<0xDC00).contains(scalar) {
                guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
                else { throw error("half a surrogate pair, expected the other half") }
                index += 2
                let low = try readHexadecimal()
                guard (0xDC00..<0xE000).contains(low) else {
                    throw error("half a surrogate pair, expected the other half")
                }
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            } else if (0xDC00..<0xE000).contains(scalar) {
                throw error("the second half of a surrogate pair without the first")
            }
            UTF8Scanning.append(scalar, to: &text)
        default:
            throw error("no such escape", at: index - 1)
        }
    }

    private mutating func readHexadecimal() throws(TokenizerError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard index < bytes.count else { throw error("the file ends within a string") }
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 0x30)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - 0x57)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - 0x37)
            default: throw error("\(found), expected four hexadecimal digits")
            }
            index += 1
        }
        return value
    }

    /// Passes over a string without keeping it; its escapes aren't checked.
    private mutating func skipString() throws(TokenizerError) {
        try expect(UInt8(ascii: "\""))
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "\"") { return }
            if byte == UInt8(ascii: "\\") { index += 1 }
        }
        throw error("the file ends within a string")
    }

    private mutating func readNumberText() throws(TokenizerError) -> (text: Substring, isInteger: Bool) {
        _ = peek()
        let start = index
        func isDigit(_ index: Int) -> Bool { index < bytes.count && bytes[index] >= 0x30 && bytes[index] <= 0x39 }
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
        guard isDigit(index) else { throw error("\(found), expected a number") }
        if bytes[index] == 0x30, isDigit(index + 1) { throw error("a number with a leading zero") }
        while isDigit(index) { index += 1 }
        var isInteger = true
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            isInteger = false
            index += 1
            guard isDigit(index) else { throw error("\(found), expected a digit") }
            while isDigit(index) { index += 1 }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            guard isDigit(index) else { throw error("\(found), expected a digit") }
            while isDigit(index) { index += 1 }
        }
        return (Substring(decoding: bytes[start..<index], as: UTF8.self), isInteger)
    }

    mutating func readInteger() throws(TokenizerError) -> Int {
        // By hand: there are hundreds of thousands of ids.
        _ = peek()
        let start = index
        var value = 0
        while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39, index - start < 18 {
            value = value * 10 + Int(bytes[index] - 0x30)
            index += 1
        }
        let next = index < bytes.count ? bytes[index] : 0x20
        let isPlain =
            ![UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(next) && !(0x30...0x39 ~= next)
        if index > start, isPlain, bytes[start] != 0x30 || index == start + 1 { return value }
        index = start
        let (text, isInteger) = try readNumberText()
        guard isInteger, let value = Int(text) else {
            throw error("found \(text), expected a whole number", at: start)
        }
        return value
    }

    mutating func readDouble() throws(TokenizerError) -> Double {
        let (text, _) = try readNumberText()
        guard let value = Double(text), value.isFinite else { throw error("\(text) is out of range") }
        return value
    }

    /// A number to the bits that Hugging Face reads.
    mutating func readScore() throws(TokenizerError) -> Double {
        let (text, _) = try readNumberText()
        guard let value = SerdeDecimal.value(text.utf8) else { throw error("\(text) is out of range") }
        return value
    }

    private mutating func readWord() throws(TokenizerError) -> JSONValue {
        for (word, value) in [("true", JSONValue.bool(true)), ("false", .bool(false)), ("null", .null)]
        where bytes[index...].starts(with: word.utf8) {
            index += word.utf8.count
            return value
        }
        throw error("\(found), expected a value")
    }

    /// A value of any kind, as a tree: for the small parts of a file.
    mutating func readValue() throws(TokenizerError) -> JSONValue {
        switch peek() {
        case UInt8(ascii: "{"):
            var members: [(String, JSONValue)] = []
            try readObject { (reader, key) throws(TokenizerError) in
                let value = try reader.readValue()
                members.append((String(decoding: key, as: UTF8.self), value))
            }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try readArray { (reader) throws(TokenizerError) in elements.append(try reader.readValue()) }
            return .array(elements)
        case UInt8(ascii: "\""):
            var text: [UInt8] = []
            try readString(into: &text)
            return .string(text)
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): return try readWord()
        default: return .number(try readDouble())
        }
    }

    /// Passes over a value.
    mutating func skipValue() throws(TokenizerError) {
        switch peek() {
        case UInt8(ascii: "{"):
            try readObject { (reader, _) throws(TokenizerError) in try reader.skipValue() }
        case UInt8(ascii: "["): try readArray { (reader) throws(TokenizerError) in try reader.skipValue() }
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): _ = try readWord()
        default: _ = try readNumberText()
        }
    }

    /// Goes back to a place where a value begins.
    mutating func rewind(to place: Int) { index = place }
}

/// A JSON value.
enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string([UInt8])
    case array([JSONValue])
    case object([(String, JSONValue)])

    /// The member of an object; of several with the same key, the last.
    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.0.utf8.elementsEqual(key.utf8) }?.1
    }

    var isNull: Bool { if case .null = self { true } else { false } }

    var bytes: [UInt8]? { if case .string(let bytes) = self { bytes } else { nil } }

    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    var integer: Int? { if case .number(let value) = self { Int(exactly: value) } else { nil } }

    var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
}
