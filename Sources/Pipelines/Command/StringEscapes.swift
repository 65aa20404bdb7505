/// How languages write a text between the quotes of a string.
struct StringEscapes {
    /// What a character is written as that has no letter of its own.
    private enum Number: CaseIterable {
        /// `\u0001`, in units of UTF-16: JSON.
        case unit
        /// `\x01`, `\u0001`, `\U00000001`, whichever is enough: Python, Go, JavaScript.
        case shortest
        /// `\x01`, by bytes: Python's bytes, Go, C.
        case byte
        /// `\001`, by bytes: bash, C.
        case octal
        /// `\1`, by bytes: strace.
        case shortOctal
        /// `\u{01}`, as in calm's own messages: Swift.
        case paddedBraces
        /// `\u{1}`: Rust.
        case braces
    }

    /// Which characters aren't written as they are, beside quotes and backslashes.
    private enum Extent: CaseIterable {
        case none, control, invisible, beyondASCII

        func contains(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .none: false
            case .control: scalar.value < 0x20
            case .invisible: scalar.value < 0x20 || scalar == "\u{7F}" || !scalar.isASCII && !Self.isVisible(scalar)
            case .beyondASCII: scalar.value < 0x20 || scalar.value >= 0x7F
            }
        }

        private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
                .spaceSeparator:
                false
            default: true
            }
        }
    }

    /// The letters that stand for control characters behind a backslash.
    private static let letters: [[Unicode.Scalar: String]] = {
        let common: [Unicode.Scalar: String] = ["\n": "n", "\r": "r", "\t": "t"]
        let json = common.merging(["\u{8}": "b", "\u{C}": "f"]) { $1 }
        let script = json.merging(["\u{B}": "v"]) { $1 }
        let c = script.merging(["\u{7}": "a"]) { $1 }
        return [common, json, script, c, c.merging(["\u{1B}": "e"]) { $1 }, c.merging(["\u{1B}": "E"]) { $1 }]
    }()

    private let letters: [Unicode.Scalar: String]
    private let quotes: String.UnicodeScalarView
    private let extent: Extent
    private let number: Number
    private let isUpper: Bool

    /// The text in all of these ways.
    static func forms(of text: String) -> Set<String> {
        var forms: Set<String> = []
        let scalars = text.unicodeScalars
        let quotes = ["", "'", "\"", "'\""].filter { $0.unicodeScalars.allSatisfy(scalars.contains) }
        var before = -1
        for extent in Extent.allCases {
            // Most values need none of it.
            let count = scalars.count(where: extent.contains)
            if count == before { continue }
            before = count
            for quotes in quotes {
                for letters in extent == .none ? [[:]] : letters {
                    for number in extent == .none ? [.unit] : Number.allCases {
                        for isUpper in extent == .none ? [false] : [false, true] {
                            let escapes = StringEscapes(
                                letters: letters, quotes: quotes.unicodeScalars, extent: extent, number: number,
                                isUpper: isUpper)
                            forms.insert(escapes.written(text))
                        }
                    }
                }
            }
        }
        // Some escape the slash too, some what means something in HTML.
        for form in forms where form.contains("/") { forms.insert(form.replacing("/", with: "\\/")) }
        if scalars.contains(where: { "<>&".unicodeScalars.contains($0) }) {
            for form in forms {
                forms.insert(
                    form.replacing("<", with: "\\u003c").replacing(">", with: "\\u003e").replacing("&", with: "\\u0026")
                )
            }
        }
        return forms
    }

    private func written(_ text: String) -> String {
        var result = ""
        let scalars = Array(text.unicodeScalars)
        for (place, scalar) in scalars.enumerated() {
            if scalar == "\\" || quotes.contains(scalar) {
                result += "\\"
                result.unicodeScalars.append(scalar)
            } else if extent.contains(scalar) {
                let next = place + 1 < scalars.count ? scalars[place + 1] : " "
                result +=
                    letters[scalar].map { "\\\($0)" } ?? numbered(scalar, isBeforeDigit: ("0"..."7").contains(next))
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private func numbered(_ scalar: Unicode.Scalar, isBeforeDigit: Bool) -> String {
        let text = String(scalar)
        let value = Int(scalar.value)
        return switch number {
        case .unit: text.utf16.map { "\\u" + digits(Int($0), 4) }.joined()
        case .shortest where value < 0x100: "\\x" + digits(value, 2)
        case .shortest: value < 0x10000 ? "\\u" + digits(value, 4) : "\\U" + digits(value, 8)
        case .byte: text.utf8.map { "\\x" + digits(Int($0), 2) }.joined()
        case .octal: text.utf8.map { "\\" + digits(Int($0), 3, radix: 8) }.joined()
        case .shortOctal: text.utf8.map { "\\" + digits(Int($0), isBeforeDigit ? 3 : 1, radix: 8) }.joined()
        case .paddedBraces: "\\u{" + digits(value, 2) + "}"
        case .braces: "\\u{" + digits(value, 1) + "}"
        }
    }

    private func digits(_ value: Int, _ width: Int, radix: Int = 16) -> String {
        let digits = String(value, radix: radix, uppercase: isUpper)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension String {
    /// With a backslash before each of some characters.
    func escaped(_ characters: String) -> String {
        var text = ""
        for scalar in unicodeScalars {
            if characters.unicodeScalars.contains(scalar) { text += "\\" }
            text.unicodeScalars.append(scalar)
        }
        return text
    }
}
