/// Characters as Python's `str` classes them.
extension Unicode.Scalar {
    /// `str.isspace`, which is also what `\s` matches.
    var isPythonSpace: Bool {
        switch value {
        case 9...13, 28...32, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// What `\w` matches.
    var isWordCharacter: Bool {
        if isASCII { return self == "_" || Character(self).isLetter || Character(self).isNumber }
        return properties.isAlphabeticCategory || properties.isPythonNumeric
    }

    /// Where `str.splitlines` cuts.
    var isLineBreak: Bool {
        switch value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }
}

extension Unicode.Scalar.Properties {
    /// `str.isalpha`: a letter of any kind.
    var isAlphabeticCategory: Bool {
        switch generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    var isPythonNumeric: Bool { numericType != nil }
    var isPythonDigit: Bool { numericType == .decimal || numericType == .digit }

    /// `str.isprintable`.
    var isPythonPrintable: Bool {
        switch generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: true
        }
    }
}
