import Artifacts

/// Reads a JSON object of metrics value by value: what isn't JSON in one value's place is that value's text alone.
///
/// Its messages quote nothing of the file, which may hold what must not be shown.
struct MetricsReader {
    struct Value {
        /// Nil for what is no number.
        var number: Double?
        /// As JSON has it, else as it stands there.
        let text: String
    }

    struct Failure: Error, CustomStringConvertible {
        let line: Int
        let column: Int
        let message: String
        var description: String { "line \(line), column \(column): \(message)" }
    }

    /// What Python writes where JSON has no number.
    private static let numberWords: [String: Double] = [
        "NaN": .nan, "Infinity": .infinity, "-Infinity": -.infinity,
    ]
    /// Objects nested deeper are one value.
    private static let depthLimit = 64

    private let bytes: [UInt8]
    private var position = 0
    private var values: [(String, Value)] = []

    /// The values by their names, of which one may come several times.
    static func read(_ bytes: [UInt8]) throws(Failure) -> [(name: String, value: Value)] {
        var reader = MetricsReader(bytes: bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.position = 3 }
        reader.skipSpace()
        guard reader.next == UInt8(ascii: "{") else {
            throw reader.failure(reader.next == nil ? "the file is empty" : "expected '{'")
        }
        try reader.object(named: nil, depth: 1)
        reader.skipSpace()
        guard reader.next == nil else { throw reader.failure("expected the end of the file behind the object") }
        return reader.values
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func failure(_ message: String) -> Failure {
        let before = bytes[..<position]
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let column = String(decoding: before[start...], as: UTF8.self).count + 1
        return Failure(line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: column, message: message)
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func object(named outer: String?, depth: Int) throws(Failure) {
        position += 1
        skipSpace()
        if take(UInt8(ascii: "}")) {
            if let outer { values.append((outer, Value(text: "{}"))) }
            return
        }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
            let key = Self.decoded(try string())
            let name = outer.map { "\($0).\(key)" } ?? key
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("expected ':' behind a key") }
            skipSpace()
            try value(named: name, depth: depth)
            skipSpace()
            if take(UInt8(ascii: "}")) { return }
            guard take(UInt8(ascii: ",")) else { throw failure("expected ',' or '}' behind a value") }
        }
    }

    private mutating func value(named name: String, depth: Int) throws(Failure) {
        let start = position
        switch next {
        case UInt8(ascii: "{") where depth < Self.depthLimit: return try object(named: name, depth: depth + 1)
        case UInt8(ascii: "{"), UInt8(ascii: "["): try skipNested()
        case UInt8(ascii: "\""): _ = try string()
        default: skipScalar()
        }
        values.append((name, Self.value(bytes[start..<position])))
    }

    private static func value(_ source: ArraySlice<UInt8>) -> Value {
        let text = String(decoding: source, as: UTF8.self)
        if let number = numberWords[text] { return Value(number: number, text: text) }
        switch try? JSONValue(parsing: source) {
        case .int(let number): return Value(number: Double(number), text: text)
        case .double(let number): return Value(number: number, text: text)
        case let value?: return Value(text: value.canonical)
        case nil where text.isEmpty: return Value(text: "nothing")
        case nil:
            // A terminal would do what control characters say.
            let isPrintable = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            return Value(text: isPrintable ? text : JSONValue.string(text).canonical)
        }
    }

    /// A string's bytes with its quotes.
    private mutating func string() throws(Failure) -> ArraySlice<UInt8> {
        let start = position
        position += 1
        while let byte = next {
            position += 1
            if byte == UInt8(ascii: "\"") { return bytes[start..<position] }
            if byte == UInt8(ascii: "\\") { position += 1 }
        }
        position = start
        throw failure("a string without its closing quote")
    }

    /// What stands between the quotes, if it isn't JSON.
    private static func decoded(_ string: ArraySlice<UInt8>) -> String {
        if case .string(let text)? = try? JSONValue(parsing: string) { return text }
        return String(decoding: string.dropFirst().dropLast(), as: UTF8.self)
    }

    /// Passes over an array or an object, however deep.
    private mutating func skipNested() throws(Failure) {
        let start = position
        var level = 0
        while let byte = next {
            if byte == UInt8(ascii: "\"") {
                _ = try string()
                continue
            }
            position += 1
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): level += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                level -= 1
                if level == 0 { return }
            default: break
            }
        }
        position = start
        throw failure("a value without its closing bracket")
    }

    /// Passes over a number, a word or whatever else is on the line before the next comma, quote or bracket.
    private mutating func skipScalar() {
        let start = position
        while let byte = next, byte >= 0x20 || byte == 0x09, !",\"{}[]".utf8.contains(byte) { position += 1 }
        while position > start, [0x20, 0x09].contains(bytes[position - 1]) { position -= 1 }
    }
}
