/// Which lines of a text of several lines changed.
struct LineDifference {
    /// `line 3: sort -n in.txt → sort -r in.txt`, `lines 4–6 added: …`, the first few of them.
    private(set) var texts: [String] = []
    /// How many lines more there are that differ.
    private(set) var more = 0

    private static let maximumTexts = 3

    /// Nil if one of the texts has a single line, or nothing but the line feed at the end differs.
    ///
    /// - Precondition: the texts differ in their bytes.
    init?(from old: String, to new: String) {
        let (one, two) = (Self.lines(of: old), Self.lines(of: new))
        guard one.count > 1, two.count > 1 else { return nil }
        var start = 0
        while start < min(one.count, two.count), Self.isSame(one[start], two[start]) { start += 1 }
        var end = 0
        while end < min(one.count, two.count) - start, Self.isSame(one[one.count - 1 - end], two[two.count - 1 - end]) {
            end += 1
        }
        let (removed, added) = (one[start..<one.count - end], two[start..<two.count - end])
        if removed.count == added.count {
            for place in removed.indices where !Self.isSame(removed[place], added[place]) {
                guard texts.count < Self.maximumTexts else {
                    more += 1
                    continue
                }
                let difference = TextDifference(from: String(removed[place]), to: String(added[place]))
                texts.append("line \(place + 1): \(difference.before) → \(difference.now)")
            }
        } else if removed.isEmpty || added.isEmpty {
            let lines = removed.isEmpty ? added : removed
            if end == 0, lines.count == 1, lines.first?.isEmpty == true { return nil }
            texts = ["\(Self.range(lines.indices)) \(removed.isEmpty ? "added" : "removed"): \(Self.text(of: lines))"]
        } else {
            let difference = TextDifference(from: Self.joined(removed), to: Self.joined(added))
            let ranges = [removed, added].map { Self.range($0.indices) }
            texts = ["\(ranges[0]) → \(ranges[1]): \(difference.before) → \(difference.now)"]
        }
    }

    private static func lines(of text: String) -> [Substring] {
        text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Substring.init)
    }

    private static func isSame(_ one: Substring, _ two: Substring) -> Bool { one.utf8.elementsEqual(two.utf8) }

    private static func joined(_ lines: ArraySlice<Substring>) -> String { lines.joined(separator: "\n") }

    private static func range(_ places: Range<Int>) -> String {
        places.count == 1 ? "line \(places.lowerBound + 1)" : "lines \(places.lowerBound + 1)–\(places.upperBound)"
    }

    private static func text(of lines: ArraySlice<Substring>) -> String { ValueDifference.text(.string(joined(lines))) }
}
