/// Where two texts differ: the part that isn't the same in both, with some context around it.
///
/// `… sort -n in.txt …` and `… sort -r in.txt …`. Short texts are shown whole. Control characters are always escaped; what can't
/// be seen, or may be taken for something else (a space at the end, `а` for `a`), is escaped where the texts differ. It takes
/// time linear in the length of the texts.
package struct TextDifference {
    /// The excerpts of the two texts; never the same for texts that differ.
    package let before: String
    package let now: String

    /// Texts of at most this many characters are shown whole.
    static let maximumWhole = 60
    private static let context = 24
    /// What is shown of either end of a long part that differs.
    private static let maximumEnd = 32

    /// - Precondition: the texts differ in their bytes.
    package init(from old: String, to new: String) {
        let (one, two) = (Array(old.unicodeScalars), Array(new.unicodeScalars))
        var start = 0
        while start < min(one.count, two.count), one[start] == two[start] { start += 1 }
        var end = 0
        while end < min(one.count, two.count) - start, one[one.count - 1 - end] == two[two.count - 1 - end] { end += 1 }
        let parts = [one[start..<one.count - end], two[start..<two.count - end]]
        let isEscaped = VisibleText.mayLookTheSame(parts[0], parts[1])
        let isWhole = max(one.count, two.count) <= Self.maximumWhole
        // The context is the same on both sides, so it is cut in the same places.
        let first = isWhole ? 0 : Self.beginning(of: one[..<start])
        let last = isWhole ? end : Self.length(of: one[(one.count - end)...])
        let excerpts = zip([one, two], parts).map { text, part in
            var excerpt = first > 0 ? "…" : ""
            excerpt += VisibleText.spelled(text[first..<start])
            excerpt += Self.cut(part, escaped: isEscaped, whole: isWhole)
            excerpt += VisibleText.spelled(text[part.endIndex..<part.endIndex + last])
            return excerpt + (last < end ? "…" : "")
        }
        // A space at an end of the text is easily overlooked, and an empty text can't be seen.
        let isQuoted = excerpts.contains { $0.isEmpty || $0.first == " " || $0.last == " " }
        (before, now) = isQuoted ? ("\"\(excerpts[0])\"", "\"\(excerpts[1])\"") : (excerpts[0], excerpts[1])
    }

    /// Where the context before the difference begins, at a space if there is one near.
    private static func beginning(of prefix: ArraySlice<Unicode.Scalar>) -> Int {
        guard prefix.count > context else { return 0 }
        var place = prefix.count - context
        if let space = prefix[place...].dropLast().firstIndex(of: " "), space < prefix.count - context / 2 {
            place = space
        }
        while place < prefix.count, VisibleText.joinsWhatPrecedes(prefix[place]) { place += 1 }
        return place
    }

    /// How much is shown of the context after the difference, up to a space if there is one near.
    private static func length(of suffix: ArraySlice<Unicode.Scalar>) -> Int {
        guard suffix.count > context else { return suffix.count }
        let window = suffix.prefix(context)
        if let space = window.lastIndex(of: " "), space > suffix.startIndex + context / 2 {
            return space + 1 - suffix.startIndex
        }
        return context
    }

    /// The part that differs, its middle left out if it is long.
    private static func cut(_ part: ArraySlice<Unicode.Scalar>, escaped: Bool, whole: Bool) -> String {
        func spelled(_ part: ArraySlice<Unicode.Scalar>) -> String {
            escaped ? VisibleText.escaped(part) : VisibleText.spelled(part)
        }
        guard !whole, part.count > 2 * maximumEnd + 8 else { return spelled(part) }
        return "\(spelled(part.prefix(maximumEnd)))… (\(part.count) characters) …\(spelled(part.suffix(maximumEnd)))"
    }
}
