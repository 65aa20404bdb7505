/// Why a pair of a catalogue is left out.
package enum Rejection: String, CaseIterable, Error {
    case untranslated
    case lineEnds = "line-ends"
    case placeholders
    case noLetters = "no-letters"
    case sourceBytes = "source-bytes"
    case englishBytes = "english-bytes"
    case words
    case duplicates
    case nearDuplicates = "near-duplicates"
    case sharedSources = "shared-sources"

    var meaning: String {
        switch self {
        case .untranslated: "Pairs left out since they have no translation, or the English as it is"
        case .lineEnds: "… since a text has more than one line"
        case .placeholders: "… since a placeholder is a part of a word, or both texts don't have the same ones"
        case .noLetters: "… since a text has no letters"
        case .sourceBytes: "… since the text in the other language is too long"
        case .englishBytes: "… since the English is too long"
        case .words: "… since the English has too few or too many words"
        case .duplicates: "… since they are there already"
        case .nearDuplicates: "Held-out pairs left out since a training pair's English has nearly the same words"
        case .sharedSources: "Held-out pairs left out since a training pair has the same text in the other language"
        }
    }
}

/// A text in another language and what it is in English, as people would write them.
package struct TranslationPair: Hashable, Sendable {
    package let english: String
    package let source: String

    /// The texts of a catalogue without mnemonics, markup, placeholders, brackets around all, and dots and colons at the end.
    ///
    /// - Throws: `Rejection`.
    package init(cleaning english: String, source: String) throws(Rejection) {
        guard source.unicodeScalars.contains(where: { !$0.isSpace }) else { throw .untranslated }
        guard !Self.hasLineEnd(english), !Self.hasLineEnd(source) else { throw .lineEnds }
        let (one, other) = (Self.placeholders(english, other: source), Self.placeholders(source, other: english))
        guard !one.isPartOfWord, !other.isPartOfWord, one.found.sorted() == other.found.sorted() else {
            throw .placeholders
        }
        self.english = Self.tidied(one)
        self.source = Self.tidied(other)
        let words = EnglishKey.letters(of: self.english)
        guard !words.isEmpty, self.source.unicodeScalars.contains(where: \.isLetter) else { throw .noLetters }
        guard words != EnglishKey.letters(of: self.source) else { throw .untranslated }
    }

    private static func hasLineEnd(_ text: String) -> Bool {
        text.unicodeScalars.contains { (0x0A...0x0D).contains($0.value) || [0x85, 0x2028, 0x2029].contains($0.value) }
    }

    private static func placeholders(_ text: String, other: String) -> Placeholders {
        Placeholders(of: unwrapped(spaced(Mnemonics.removed(from: text, other: other).unicodeScalars)))
    }

    private static func tidied(_ text: Placeholders) -> String {
        var scalars = text.rest
        if text.isAny {
            removeEmptyPairs(&scalars)
            scalars = closedUp(spaced(scalars))
            while let first = scalars.first, lonely.contains(first) || first == " " { scalars.removeFirst() }
            while let last = scalars.last, last != ".", lonely.contains(last) || last == " " { scalars.removeLast() }
        }
        return String(String.UnicodeScalarView(withoutEnds(unwrapped(closedUp(spaced(scalars))))))
    }

    /// Marks that say nothing at the beginning or the end of a text, once what they stood beside is gone; but a
    /// full stop at the end.
    private static let lonely: Set<Unicode.Scalar> = [",", ";", ":", ".", "-", "–", "—", "/", "&", "=", "("]
}

extension TranslationPair {
    /// Signs that can't be seen and make texts differ: soft hyphens, marks of direction, byte order marks.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x08, 0x0E...0x1F, 0x7F, 0xAD, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }

    /// One space where there is white space, and none at the ends.
    private static func spaced(_ text: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
        let words = text.filter { !isInvisible($0) }.split { $0.isSpace }
        return Array(words.joined(separator: [" "]))
    }

    private static let brackets: [Unicode.Scalar: Unicode.Scalar] = ["<": ">", "[": "]", "{": "}", "(": ")"]

    /// Without brackets around all of a text: `<None>`.
    private static func unwrapped(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.count > 2, let first = text.first, let close = brackets[first], text.last == close else {
            return text
        }
        let inner = text.dropFirst().dropLast()
        return inner.contains(first) || inner.contains(close) ? text : spaced(inner)
    }

    /// Without dots and colons at the end, and dashes by themselves at either.
    private static func withoutEnds(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        let dashes: Set<Unicode.Scalar> = ["-", "–", "—"]
        var text = text
        while text.count > 1, dashes.contains(text[0]), text[1] == " " { text.removeFirst(2) }
        while let last = text.last {
            if last == " " || last == ":" || last == "：" || last == "…" {
                text.removeLast()
            } else if text.suffix(3).elementsEqual(["." as Unicode.Scalar, ".", "."]) {
                text.removeLast(3)
            } else if text.count > 1, dashes.contains(last), text[text.count - 2] == " " {
                text.removeLast(2)
            } else {
                break
            }
        }
        return text
    }

    private static let pairs = brackets.merging(["\"": "\"", "'": "'", "“": "”", "‘": "’", "«": "»", "„": "“"]) { $1 }

    /// Takes quotes and brackets away that have nothing between them.
    private static func removeEmptyPairs(_ text: inout [Unicode.Scalar]) {
        var index = 0
        while index < text.count {
            if let close = pairs[text[index]] {
                let next = text[(index + 1)...].firstIndex { $0 != " " } ?? text.count
                if next < text.count, text[next] == close {
                    text.removeSubrange(index...next)
                    index = max(index - 1, 0)
                    while index > 0, text[index] == " " { index -= 1 }
                    continue
                }
            }
            index += 1
        }
    }

    /// Without spaces in front of marks that close a phrase and behind brackets that open one.
    private static func closedUp(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        let closing: Set<Unicode.Scalar> = [",", ".", ";", ")", "]"]
        return text.indices.filter { index in
            guard text[index] == " ", index > 0, index + 1 < text.count else { return true }
            // `.txt` and `...` are no ends.
            let isEnd =
                index + 2 == text.count || text[index + 2] == " "
                || closing.contains(text[index + 1]) && text[index + 1] != "."
            let isBefore = closing.contains(text[index + 1]) && isEnd
            return !isBefore && text[index - 1] != "(" && text[index - 1] != "["
        }.map { text[$0] }
    }
}
