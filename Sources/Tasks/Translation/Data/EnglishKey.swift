/// What makes two English texts the same for splitting: the set of their words, of letters alone, in lower case, without a plural's s.
///
/// Mnemonics, digits, punctuation, case and order make no difference, so that no text in the test has a twin in training.
package struct EnglishKey: Hashable, Sendable {
    /// Sorted, each once.
    package let words: [String]

    package init(_ text: String) {
        words = Set(Self.letters(of: text).map(Self.singular)).sorted()
    }

    package var text: String { words.joined(separator: " ") }

    /// The words of a text in their order, of letters alone, in lower case. An apostrophe parts no word.
    static func letters(of text: String) -> [String] {
        let scalars = text.lowercased().unicodeScalars.filter { $0 != "'" && $0 != "’" }
        return scalars.split { !$0.isLetter && !$0.isMark }
            .map { String(String.UnicodeScalarView($0)) }
    }

    private static func singular(_ word: String) -> String {
        word.utf8.count > 3 && word.hasSuffix("s") && !word.hasSuffix("ss") ? String(word.dropLast()) : word
    }
}
