/// How tests are printed, and read back: `suite::class::name [qualifier]`.
///
/// A part that could be taken for something else is written as a JSON string: one that holds `::`, begins or ends with a colon
/// or a space, begins with a quote, holds control characters, or ends like a qualifier.
extension TestName {
    /// - Parameters:
    ///   - keepsEmptyParts: `suite::::name` instead of `suite::name`, where another test would be printed alike.
    ///   - showsQualifier: where tests differ by it; `[]` if it is empty.
    package func text(keepsEmptyParts: Bool = false, showsQualifier: Bool = false) -> String {
        let parts = [suite, className, name].filter { keepsEmptyParts || !$0.isEmpty }
        // A name alone may be empty.
        let names = parts.isEmpty ? "\"\"" : parts.map { Self.quotedIfNeeded($0) }.joined(separator: "::")
        guard showsQualifier else { return names }
        let isPlain = !qualifier.utf8.contains(where: { "[]\"".utf8.contains($0) }) && Self.isPlain(qualifier)
        return "\(names) [\(isPlain ? qualifier : Self.quoted(qualifier))]"
    }

    private static func quotedIfNeeded(_ part: String) -> String { isPlain(part) ? part : quoted(part) }

    private static func quoted(_ text: String) -> String { JSONValue.string(text).canonical }

    private static func isPlain(_ part: String) -> Bool {
        guard let first = part.unicodeScalars.first, let last = part.unicodeScalars.last else { return true }
        // By bytes: a combining mark changes the characters, but not what is parsed.
        let isHeld =
            first == ":" || last == ":" || first == "\"" || first.properties.isWhitespace
            || last.properties.isWhitespace || holds(part, "::") || (last == "]" && holds(part, " ["))
        return !isHeld
            && !part.unicodeScalars.contains {
                $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) || $0.properties.generalCategory == .lineSeparator
                    || $0.properties.generalCategory == .paragraphSeparator
                    || $0.properties.generalCategory == .format
            }
    }
}

/// Whether a text holds two bytes, one after the other.
private func holds(_ text: String, _ pair: String) -> Bool {
    zip(text.utf8, text.utf8.dropFirst()).contains { [$0, $1].elementsEqual(pair.utf8) }
}

/// The parts of a test's printed name.
package struct PrintedTestName: Hashable, Sendable {
    /// One to three: name; suite or class, and name; suite, class and name.
    package let parts: [String]
    /// Nil where none is printed.
    package let qualifier: String?

    /// Nil for what is never printed of a test.
    package init?(parsing text: String) {
        // By bytes: a quote may be followed by a combining mark.
        let (names, qualifier) = Self.withoutQualifier(Array(text.utf8))
        guard let parts = Self.parts(names), (1...3).contains(parts.count) else { return nil }
        self.parts = parts
        self.qualifier = qualifier
    }

    /// The tests that are printed like this, for any qualifier if none is printed.
    package var names: [TestName] {
        let qualifier = qualifier ?? ""
        func test(_ suite: String, _ className: String, _ name: String) -> TestName {
            TestName(suite: suite, className: className, name: name, qualifier: qualifier)
        }
        switch parts.count {
        case 1: return [test("", "", parts[0]), test(parts[0], "", ""), test("", parts[0], "")]
        case 2:
            return [test(parts[0], "", parts[1]), test("", parts[0], parts[1]), test(parts[0], parts[1], "")]
        default: return [test(parts[0], parts[1], parts[2])]
        }
    }

    /// Splits off the last ` [qualifier]`, if there is one.
    private static func withoutQualifier(_ text: [UInt8]) -> (names: ArraySlice<UInt8>, qualifier: String?) {
        guard text.last == UInt8(ascii: "]"), text.count > 2 else { return (text[...], nil) }
        for start in (1..<text.count - 1).reversed()
        where text[start] == UInt8(ascii: "[") && text[start - 1] == UInt8(ascii: " ") {
            let inner = text[(start + 1)..<(text.count - 1)]
            if inner.first == UInt8(ascii: "\"") {
                if let value = string(inner) { return (text[..<(start - 1)], value) }
            } else if !inner.contains(where: { "[]\"".utf8.contains($0) }) {
                return (text[..<(start - 1)], String(decoding: inner, as: UTF8.self))
            }
        }
        return (text[...], nil)
    }

    private static func string(_ text: ArraySlice<UInt8>) -> String? { (try? JSONValue(parsing: text))?.text }

    private static func parts(_ text: ArraySlice<UInt8>) -> [String]? {
        var parts: [String] = []
        var rest = text
        while true {
            let end: Int
            if rest.first == UInt8(ascii: "\"") {
                guard let quote = closingQuote(rest), let value = string(rest[rest.startIndex...quote]) else {
                    return nil
                }
                parts.append(value)
                end = quote + 1
                guard end == rest.endIndex || rest[end...].starts(with: "::".utf8) else { return nil }
            } else {
                end =
                    rest.indices.first { rest[$0...].starts(with: "::".utf8) } ?? rest.endIndex
                parts.append(String(decoding: rest[..<end], as: UTF8.self))
            }
            guard end < rest.endIndex else { return parts }
            rest = rest[(end + 2)...]
        }
    }

    /// The quote that ends the string with which a text begins.
    private static func closingQuote(_ text: ArraySlice<UInt8>) -> Int? {
        var index = text.startIndex + 1
        while index < text.endIndex {
            if text[index] == UInt8(ascii: "\"") { return index }
            index += text[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }
}
