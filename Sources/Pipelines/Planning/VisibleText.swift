/// Spells text so that what can't be seen is seen.
enum VisibleText {
    /// On one line: control characters and others without a shape of their own as `\n`, `\t`, `\u{200b}`; the rest as it is.
    static func spelled(_ text: some Sequence<Unicode.Scalar>) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text {
            if scalar != " ", isInvisible(scalar), !joinsWhatPrecedes(scalar) || result.isEmpty {
                result.append(contentsOf: escape(scalar).unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// Letters, digits and signs of ASCII as they are; the rest as escapes, and spaces as `␣`.
    static func escaped(_ text: some Sequence<Unicode.Scalar>) -> String {
        var result = ""
        for scalar in text {
            switch scalar {
            case " ": result += "␣"
            case "\\": result += "\\\\"
            case "\u{21}"..."\u{7E}": result.unicodeScalars.append(scalar)
            default: result += escape(scalar)
            }
        }
        return result
    }

    /// Whether two texts that differ may be taken for each other, or for nothing at all.
    ///
    /// They can't if both hold only ASCII that leaves marks, or only letters of one other script that don't look alike; nor
    /// letters with and without accents, unless a console that shows no accents makes them the same.
    static func mayLookTheSame(_ one: ArraySlice<Unicode.Scalar>, _ two: ArraySlice<Unicode.Scalar>) -> Bool {
        var scripts: Set<Script> = []
        for part in [one, two] {
            for scalar in part where scalar != " " {
                guard let script = Script(of: scalar) else { return true }
                if script != .sign { scripts.insert(script) }
            }
        }
        func marks(_ part: ArraySlice<Unicode.Scalar>) -> some Sequence<Unicode.Scalar> {
            part.lazy.filter { $0 != " " }
        }
        if marks(one).elementsEqual(marks(two)) { return true }
        if scripts == [.latin, .accented] {
            return one.contains("\\") || two.contains("\\") || withoutAccents(one) == withoutAccents(two)
        }
        return scripts.count > 1
    }

    /// As in ASCII, where `ü` is written as `ue`.
    private static func withoutAccents(_ text: ArraySlice<Unicode.Scalar>) -> String {
        text.reduce(into: "") { result, scalar in
            switch scalar {
            case "ä": result += "ae"
            case "ö": result += "oe"
            case "ü": result += "ue"
            case "ß": result += "ss"
            case "é": result += "e"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }

    /// Whether a scalar is drawn with the one before it, such as an accent.
    static func joinsWhatPrecedes(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .spacingMark: true
        default: false
        }
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        if ("\u{20}"..."\u{7E}").contains(scalar) { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .unassigned, .privateUse,
            .surrogate, .nonspacingMark, .enclosingMark:
            return true
        default: return scalar.properties.isDefaultIgnorableCodePoint || scalar == "\u{2800}"
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: "\\u{\(String(scalar.value, radix: 16))}"
        }
    }

    /// Letters that can be told apart by their looks, as long as they are not mixed with others.
    private enum Script {
        /// Digits and punctuation of ASCII.
        case sign
        case latin, accented, greek, cyrillic, hiragana, katakana, ideographs, hangul

        /// Nil for all that may be taken for something else, or not be seen.
        init?(of scalar: Unicode.Scalar) {
            switch scalar.value {
            case 0x41...0x5A, 0x61...0x7A: self = .latin
            case 0x21...0x7E: self = .sign
            case 0xC0...0xD6, 0xD8...0xF6, 0xF8...0xFF: self = .accented
            case 0x391...0x3A1, 0x3A3...0x3A9, 0x3B1...0x3C9: self = .greek
            case 0x410...0x44F: self = .cyrillic
            case 0x3041...0x3096: self = .hiragana
            case 0x30A1...0x30FA: self = .katakana
            case 0x4E00...0x9FFF: self = .ideographs
            case 0xAC00...0xD7A3: self = .hangul
            default: return nil
            }
        }
    }
}
