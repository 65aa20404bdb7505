/// The signs in front of the letter that opens a menu item: `_File`, `O~ffset`, `E&xit`, or `(_F)` behind a text in another script.
enum Mnemonics {
    private static let markers: [Unicode.Scalar] = ["_", "~", "&"]

    /// A text without its mnemonics.
    ///
    /// A text has one mnemonic at most: what has more has something else. `_` in a word may belong to a name (`wizard_name`, unlike
    /// `Dev_ice`), `&` may stand for *and* (`Date&Time`) or begin an entity (`&amp;`).
    ///
    /// - Parameter other: The translation: a name is the same in it, and where `E&xit` has a mnemonic, so has it.
    static func removed(from text: String, other: String) -> String {
        var scalars = Array(text.unicodeScalars)
        removeGroup(&scalars)
        for marker in markers where scalars.contains(marker) {
            let places = scalars.indices.filter { isMnemonic($0, of: scalars, other: other) && scalars[$0] == marker }
            if let place = places.first, places.count == 1 { scalars.remove(at: place) }
        }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: scalars)
        return String(result)
    }

    private static func isMnemonic(_ index: Int, of text: [Unicode.Scalar], other: String) -> Bool {
        let (before, after) = (index > 0 ? text[index - 1] : " ", index + 1 < text.count ? text[index + 1] : " ")
        let isInside = before.isLetter || before.isDigit
        guard markers.contains(text[index]), !markers.contains(before) else { return false }
        guard after.isLetter || !isInside && text[index] == "_" && after.isDigit else { return false }
        if text[index] == "&" {
            let end = text[(index + 1)...].firstIndex { !$0.isLetter && !$0.isDigit } ?? text.endIndex
            if end < text.endIndex, text[end] == ";" { return false }
            return !isInside || !after.properties.isUppercase && hasMnemonicAmpersand(other)
        }
        guard isInside, text[index] == "_" else { return true }
        // What stands before and behind it in its word.
        let isPart: (Unicode.Scalar) -> Bool = { $0.isLetter || $0.isDigit || $0 == "_" }
        let start = (text[..<index].lastIndex { !isPart($0) } ?? -1) + 1
        let end = text[index...].firstIndex { !isPart($0) } ?? text.endIndex
        let word = text[start..<end]
        let lengths = [index - start, end - index - 1].sorted()
        let isInBoth = other.unicodeScalars.split { !isPart($0) }.contains { $0.elementsEqual(word) }
        let isName = isInBoth || word.allSatisfy { !$0.properties.isLowercase }
        return !(isName && lengths[0] > 1 && lengths[1] > 3)
    }

    private static func hasMnemonicAmpersand(_ text: String) -> Bool {
        zip(text.unicodeScalars, text.unicodeScalars.dropFirst()).contains { $0 == "&" && $1.isLetter }
    }

    /// Takes `(_F)` away, with the spaces in front of it.
    private static func removeGroup(_ text: inout [Unicode.Scalar]) {
        let groups = text.indices.filter { index in
            index + 3 < text.count && text[index] == "(" && markers.contains(text[index + 1])
                && text[index + 2].isLetter
                && text[index + 3] == ")"
        }
        guard let start = groups.first, groups.count == 1 else { return }
        let space = text[..<start].reversed().prefix { $0.isSpace }.count
        text.removeSubrange(start - space..<start + 4)
    }
}
