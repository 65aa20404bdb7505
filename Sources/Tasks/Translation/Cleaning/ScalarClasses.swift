/// What a scalar is; those of ASCII, which most are, without a look into Unicode's tables.
extension Unicode.Scalar {
    var isLetter: Bool {
        value < 0x80 ? (0x61...0x7A).contains(value | 0x20) : properties.isAlphabetic
    }

    var isDigit: Bool { value < 0x80 ? (0x30...0x39).contains(value) : properties.numericType == .decimal }

    var isSpace: Bool { value < 0x80 ? value == 0x20 || (0x09...0x0D).contains(value) : properties.isWhitespace }

    /// Whether it belongs to the letter in front, as a vowel sign of a script of India does.
    var isMark: Bool {
        value >= 0x80 && [.nonspacingMark, .spacingMark].contains(properties.generalCategory)
    }
}
