/// A text as its Unicode scalars, with white space, words and lower case as Python's `str` has them: that is what the
/// field's metrics count.
struct ScalarText: Sendable, Equatable {
    var scalars: [UInt32]

    init(_ scalars: [UInt32]) { self.scalars = scalars }

    init(_ text: String) { scalars = text.unicodeScalars.map(\.value) }

    /// What `str.isspace` holds of: Unicode's white space and the separators U+001C to U+001F.
    @inline(__always) static func isSpace(_ scalar: UInt32) -> Bool {
        if scalar < 0x80 { return scalar == 0x20 || (0x09...0x0D).contains(scalar) || (0x1C...0x1F).contains(scalar) }
        switch scalar {
        case 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: return true
        default: return false
        }
    }

    /// `"".join(text.split())`
    var withoutSpaces: [UInt32] { scalars.filter { !Self.isSpace($0) } }

    /// `text.split()`
    var words: [ArraySlice<UInt32>] { scalars.split(whereSeparator: Self.isSpace) }

    /// `text.strip()`
    var stripped: ScalarText {
        ScalarText(Array(strippedAtEnd.scalars.drop(while: Self.isSpace)))
    }

    /// `text.rstrip()`
    var strippedAtEnd: ScalarText {
        guard let last = scalars.lastIndex(where: { !Self.isSpace($0) }) else { return ScalarText([]) }
        return last == scalars.count - 1 ? self : ScalarText(Array(scalars[...last]))
    }

    /// `text.lower()`: full case mapping, a capital sigma at the end of a word becoming ς.
    ///
    /// Source: The Unicode Standard, section 3.13, Default Case Algorithms, `Final_Sigma`.
    var lowercased: ScalarText {
        var lower: [UInt32] = []
        lower.reserveCapacity(scalars.count)
        for (index, scalar) in scalars.enumerated() {
            if scalar < 0x80 {
                lower.append((0x41...0x5A).contains(scalar) ? scalar + 0x20 : scalar)
            } else if scalar == 0x3A3 {
                lower.append(isFinalSigma(at: index) ? 0x3C2 : 0x3C3)
            } else if let properties = Unicode.Scalar(scalar)?.properties {
                lower.append(contentsOf: properties.lowercaseMapping.unicodeScalars.lazy.map(\.value))
            }
        }
        return ScalarText(lower)
    }

    private func isFinalSigma(at index: Int) -> Bool {
        func isCased(_ scalars: some Sequence<UInt32>) -> Bool {
            let next = scalars.lazy.compactMap { Unicode.Scalar($0)?.properties }.first { !$0.isCaseIgnorable }
            return next?.isCased ?? false
        }
        return isCased(scalars[..<index].reversed()) && !isCased(scalars[(index + 1)...])
    }

    /// `text.replace(old, new)`
    ///
    /// - Precondition: `old` isn't empty.
    mutating func replace(_ old: StaticString, with new: StaticString) {
        let old = ScalarText("\(old)").scalars
        guard scalars.contains(old[0]) else { return }
        let new = ScalarText("\(new)").scalars
        var result: [UInt32] = []
        result.reserveCapacity(scalars.count)
        var index = 0
        while index < scalars.count {
            if scalars[index] == old[0], scalars[index...].starts(with: old) {
                result += new
                index += old.count
            } else {
                result.append(scalars[index])
                index += 1
            }
        }
        scalars = result
    }
}
