/// Writes markup front to back that is HTML and well-formed XML at once: every element is closed, every attribute quoted.
///
/// Text may hold anything. What means something to HTML is escaped, and characters that XML 1.0 forbids (§2.2) are written
/// as `#x1B`, so that no prompt, log or name becomes markup.
package struct HTMLWriter: Sendable {
    /// What was written so far.
    package private(set) var markup = ""

    package init() {}

    /// Writes an element: its attributes in the given order without those that are nil, then whatever `content` writes.
    package mutating func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:],
        content: (inout HTMLWriter) -> Void
    ) {
        open(name, attributes)
        markup += ">"
        content(&self)
        markup += "</\(name)>"
    }

    /// Writes an element that holds text.
    package mutating func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?>, _ text: String
    ) {
        element(name, attributes) { $0.text(text) }
    }

    /// Writes an element without attributes that holds text.
    package mutating func element(_ name: StaticString, _ text: String) { element(name, [:], text) }

    /// Writes an element without content, such as `<br />`; no script, frame or other element that HTML wants closed by name.
    package mutating func void(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:]
    ) {
        open(name, attributes)
        markup += " />"
    }

    private mutating func open(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?>) {
        markup += "<\(name)"
        for case (let key, let value?) in attributes {
            markup += " \(key)=\""
            text(value)
            markup += "\""
        }
    }

    /// Writes text, escaped.
    package mutating func text(_ text: String) {
        if text.utf8.allSatisfy(Self.isPlain) {
            markup += text
        } else {
            for scalar in text.unicodeScalars { write(scalar) }
        }
    }

    /// What needs no second look: ASCII that is neither a control character nor markup.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"): false
        case 0x20...0x7E: true
        default: false
        }
    }

    private mutating func write(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "&": markup += "&amp;"
        case "<": markup += "&lt;"
        case ">": markup += "&gt;"
        case "\"": markup += "&quot;"
        case "'": markup += "&#39;"
        default:
            switch scalar.value {
            // Directions that text imposes on what follows it could make a page say what it doesn't.
            case 0x202A...0x202E, 0x2066...0x2069: spell(scalar)
            case 0x9, 0xA, 0xD, 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF:
                // Noncharacters, which HTML's checkers complain of.
                if scalar.value & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(scalar.value) {
                    spell(scalar)
                } else {
                    markup.unicodeScalars.append(scalar)
                }
            default: spell(scalar)
            }
        }
    }

    private mutating func spell(_ scalar: Unicode.Scalar) {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        markup += "#x" + String(repeating: "0", count: max(0, 2 - digits.count)) + digits
    }

    /// Writes markup of another page as it is.
    mutating func verbatim(_ markup: String) { self.markup += markup }

    /// Writes a style sheet, which HTML reads without escapes.
    ///
    /// - Precondition: it holds neither `<` nor `&`, so that XML reads the same.
    mutating func style(_ sheet: String) {
        precondition(
            !sheet.utf8.contains { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "&") }, "a style sheet with < or &")
        markup += "<style>\(sheet)</style>"
    }
}
