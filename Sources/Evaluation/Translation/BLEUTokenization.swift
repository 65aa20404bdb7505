/// How BLEU cuts a text into words, by the names that sacrebleu gives.
package enum BLEUTokenization: Sendable {
    /// At white space only.
    case none
    /// Each character is a word.
    case characters
    /// WMT's `mteval-v13a.pl`, but for what it does to XML.
    case mteval13a
    /// `mteval-v14.pl --international-tokenization`: by Unicode's classes of punctuation and symbols.
    case international
    /// Chinese characters one by one, and the rest as `mteval13a`.
    case chinese
    /// By a model of subwords, whose name it has.
    case pieces(name: String, @Sendable (String) -> [String])

    package var name: String {
        switch self {
        case .none: "none"
        case .characters: "char"
        case .mteval13a: "13a"
        case .international: "intl"
        case .chinese: "zh"
        case .pieces(let name, _): name
        }
    }

    func words(of text: ScalarText) -> [ArraySlice<UInt32>] {
        switch self {
        case .none: return text.words
        case .characters:
            return text.scalars.indices.lazy.filter { !ScalarText.isSpace(text.scalars[$0]) }
                .map { text.scalars[$0...$0] }
        case .mteval13a: return Self.separatingPunctuation(Self.unescaped(text)).words
        case .international: return InternationalTokenization.separating(text).words
        case .chinese: return Self.separatingPunctuation(Self.separatingChinese(text)).words
        case .pieces(_, let pieces):
            var joined = String.UnicodeScalarView()
            for scalar in text.scalars.lazy.compactMap({ Unicode.Scalar($0) }) { joined.append(scalar) }
            // A piece with white space within becomes several.
            return pieces(String(joined)).flatMap { ScalarText($0).words }
        }
    }

    private static func unescaped(_ text: ScalarText) -> ScalarText {
        var text = text
        text.replace("<skipped>", with: "")
        text.replace("-\n", with: "")
        text.replace("\n", with: " ")
        text.replace("&quot;", with: "\"")
        text.replace("&amp;", with: "&")
        text.replace("&lt;", with: "<")
        text.replace("&gt;", with: ">")
        return ScalarText([0x20] + text.scalars + [0x20])
    }

    /// The language-dependent part of `mteval-v13a.pl`, for Western languages.
    private static func separatingPunctuation(_ text: ScalarText) -> ScalarText {
        func isDigit(_ scalar: UInt32) -> Bool { (0x30...0x39).contains(scalar) }
        func isPointOrComma(_ scalar: UInt32) -> Bool { scalar == 0x2E || scalar == 0x2C }
        var text = text
        text.separate { scalar in
            switch scalar {
            case 0x7B...0x7E, 0x5B...0x60, 0x20...0x26, 0x28...0x2B, 0x3A...0x40, 0x2F: true
            default: false
            }
        }
        text.separate(second: isPointOrComma) { !isDigit($0) }
        text.separate(first: isPointOrComma) { !isDigit($0) }
        text.separate(second: { $0 == 0x2D }, isDigit)
        return text
    }

    private static func separatingChinese(_ text: ScalarText) -> ScalarText {
        var text = text.stripped
        text.separate(isChinese)
        return text
    }

    /// By sacrebleu's ranges: two of them, meant to be beyond U+FFFF, are U+2001 to U+2A6D and U+2F81 to U+2FA1 in fact.
    private static func isChinese(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x3400...0x4DB5, 0x4E00...0x9FA5, 0x9FA6...0x9FBB, 0xF900...0xFA2D, 0xFA30...0xFA6A, 0xFA70...0xFAD9,
            0x2001...0x2A6D, 0x2F81...0x2FA1, 0xFF00...0xFFEF, 0x2E80...0x2EFF, 0x3000...0x303F, 0x31C0...0x31EF,
            0x2F00...0x2FDF, 0x2FF0...0x2FFF, 0x3100...0x312F, 0x31A0...0x31BF, 0xFE10...0xFE1F, 0xFE30...0xFE4F,
            0x3200...0x32FF, 0x3300...0x33FF:
            true
        default: false
        }
    }
}

/// Unicode's classes, as `mteval-v14.pl` uses them.
enum InternationalTokenization {
    static func separating(_ text: ScalarText) -> ScalarText {
        var text = text
        text.separate(second: isPunctuation) { !isNumber($0) }
        text.separate(first: isPunctuation) { !isNumber($0) }
        text.separate(isSymbol)
        return text
    }

    private static func category(_ scalar: UInt32) -> Unicode.GeneralCategory {
        Unicode.Scalar(scalar)?.properties.generalCategory ?? .unassigned
    }

    private static func isPunctuation(_ scalar: UInt32) -> Bool {
        switch category(scalar) {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }

    private static func isNumber(_ scalar: UInt32) -> Bool {
        switch category(scalar) {
        case .decimalNumber, .letterNumber, .otherNumber: true
        default: false
        }
    }

    private static func isSymbol(_ scalar: UInt32) -> Bool {
        switch category(scalar) {
        case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: true
        default: false
        }
    }
}

extension ScalarText {
    /// `re.sub(r"([…])", r" \1 ", text)`
    fileprivate mutating func separate(_ isSeparate: (UInt32) -> Bool) {
        var result: [UInt32] = []
        result.reserveCapacity(2 * scalars.count)
        for scalar in scalars {
            if isSeparate(scalar) { result += [0x20, scalar, 0x20] } else { result.append(scalar) }
        }
        scalars = result
    }

    /// `re.sub(r"([…])([…])", r"\1 \2 ", text)`: the second is set apart.
    fileprivate mutating func separate(second: (UInt32) -> Bool, _ first: (UInt32) -> Bool) {
        separatePairs(first, second) { [$0, 0x20, $1, 0x20] }
    }

    /// `re.sub(r"([…])([…])", r" \1 \2", text)`: the first is set apart.
    fileprivate mutating func separate(first: (UInt32) -> Bool, _ second: (UInt32) -> Bool) {
        separatePairs(first, second) { [0x20, $0, 0x20, $1] }
    }

    private mutating func separatePairs(
        _ first: (UInt32) -> Bool, _ second: (UInt32) -> Bool, _ replacement: (UInt32, UInt32) -> [UInt32]
    ) {
        var result: [UInt32] = []
        result.reserveCapacity(2 * scalars.count)
        var index = 0
        while index < scalars.count {
            if index + 1 < scalars.count, first(scalars[index]), second(scalars[index + 1]) {
                result += replacement(scalars[index], scalars[index + 1])
                index += 2
            } else {
                result.append(scalars[index])
                index += 1
            }
        }
        scalars = result
    }
}
