/// What lines are drawn on: a width, and what can be shown there.
struct Canvas: Sendable {
    var columns: Int
    var rows: Int
    var isInteractive: Bool
    var hasColour: Bool
    var isUnicode: Bool

    enum Style: String {
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    func styled(_ text: String, _ style: Style) -> String {
        hasColour && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// One of two signs of one column.
    func sign(_ unicode: String, _ ascii: String) -> String { isUnicode ? unicode : ascii }

    /// `text` as it can be shown: control characters as `^[`, and where only ASCII is, the rest by what is like it or by its
    /// number. Line ends stay.
    func spelled(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x0A }
        if isPlain { return text }
        var result = ""
        for scalar in text.replacing("\r\n", with: "\n").unicodeScalars {
            switch scalar.value {
            case 0x0A, 0x20..<0x7F: result.unicodeScalars.append(scalar)
            case 0x09: result += " "
            case 0..<0x20, 0x7F: result += "^" + String(UnicodeScalar(UInt8(scalar.value ^ 0x40)))
            // Among them what turns the direction of text.
            case 0x80..<0xA0, 0x202A...0x202E, 0x2066...0x2069: result += Self.number(scalar)
            default:
                if isUnicode {
                    result.unicodeScalars.append(scalar)
                } else {
                    result += Self.likes[scalar] ?? Self.number(scalar)
                }
            }
        }
        return result
    }

    private static func number(_ scalar: Unicode.Scalar) -> String { "\\u{\(String(scalar.value, radix: 16))}" }

    private static let likes: [Unicode.Scalar: String] = [
        "…": "...", "–": "-", "—": "-", "─": "-", "→": "->", "←": "<-", "≥": ">=", "≤": "<=", "×": "x", "·": ".",
        "±": "+-",
        "“": "\"", "”": "\"", "‘": "'", "’": "'", "≈": "~", "⊕": "+", "é": "e", "ä": "ae", "ö": "oe", "ü": "ue",
        "ß": "ss", "−": "-", "∞": "inf", "✓": "+", "✗": "x", "▁": "_", "▂": ".", "▃": "-", "▄": "=", "▅": "+",
        "▆": "*", "▇": "#", "█": "@",
    ]

    /// `text` in at most `width` columns, its end cut off; nothing if not even a sign of that has room.
    func cut(_ text: String, to width: Int) -> String {
        guard text.columns > width else { return text }
        let mark = sign("…", "~")
        var result = ""
        var room = width - 1
        for character in text {
            room -= character.columns
            if room < 0 { break }
            result.append(character)
        }
        return width < 1 ? "" : result + mark
    }
}

extension Character {
    /// The columns that terminals give it.
    var columns: Int {
        guard let scalar = unicodeScalars.first else { return 0 }
        switch scalar.value {
        case ..<0x300: return 1
        case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F: return 0
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}

extension String {
    /// The columns that terminals give it.
    package var columns: Int { utf8.allSatisfy { $0 < 0x80 } ? utf8.count : reduce(0) { $0 + $1.columns } }

    /// With spaces up to a width.
    package func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - columns)) }

    /// In lines of at most `width` columns, broken at spaces where there are any.
    package func wrapped(to width: Int) -> [String] {
        let width = max(1, width)
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ", omittingEmptySubsequences: false).map(String.init) {
            if !line.isEmpty, line.columns + 1 + word.columns <= width {
                line += " " + word
                continue
            }
            if !line.isEmpty { lines.append(line) }
            line = ""
            for character in word {
                if line.columns + character.columns > width, !line.isEmpty {
                    lines.append(line)
                    line = ""
                }
                line.append(character)
            }
        }
        return line.isEmpty && !lines.isEmpty ? lines : lines + [line]
    }
}
