import Foundation

/// What Python's `str` does, over Unicode scalars.
enum PythonText {
    static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// `strip(characters)`; white space if they are nil.
    static func strip(_ text: String, _ characters: String?, left: Bool, right: Bool) -> String {
        let set = characters.map { Set($0.unicodeScalars) }
        let goes = { (scalar: Unicode.Scalar) in set?.contains(scalar) ?? scalar.isPythonSpace }
        var view = Substring(text).unicodeScalars
        if left { while let first = view.first, goes(first) { view.removeFirst() } }
        if right { while let last = view.last, goes(last) { view.removeLast() } }
        return String(view)
    }

    /// `split()`: the words between runs of white space.
    static func words(_ text: String, limit: Int, fromRight: Bool) -> [String] {
        if fromRight {
            let reversed = words(Self.text(text.unicodeScalars.reversed()), limit: limit, fromRight: false)
            return reversed.reversed().map { Self.text($0.unicodeScalars.reversed()) }
        }
        var words: [String] = []
        var view = Substring(text).unicodeScalars
        while true {
            view = view.drop { $0.isPythonSpace }
            guard !view.isEmpty else { return words }
            if limit >= 0, words.count == limit {
                words.append(String(view))
                return words
            }
            let word = view.prefix { !$0.isPythonSpace }
            words.append(String(word))
            view = view[word.endIndex...]
        }
    }

    /// `split(separator)`, `rsplit(separator)`; a negative limit is none.
    static func split(_ text: String, _ separator: String, limit: Int, fromRight: Bool) -> [String] {
        if limit == 0 { return [text] }
        let places = TextSearch.all(separator, in: text, fromRight: fromRight, limit: limit < 0 ? .max : limit)
        let bytes = Array(text.utf8)
        var parts: [String] = []
        var start = 0
        for place in places {
            parts.append(String(decoding: bytes[start..<place], as: UTF8.self))
            start = place + separator.utf8.count
        }
        parts.append(String(decoding: bytes[start...], as: UTF8.self))
        return parts
    }

    /// `replace(old, new, count)`; a negative count is all.
    static func replace(_ text: String, _ old: String, _ new: String, count: Int) -> String {
        guard old.isEmpty else { return split(text, old, limit: count, fromRight: false).joined(separator: new) }
        var result = ""
        var left = count < 0 ? Int.max : count
        for scalar in text.unicodeScalars {
            if left > 0 {
                result += new
                left -= 1
            }
            result.unicodeScalars.append(scalar)
        }
        return left > 0 ? result + new : result
    }

    static func lines(_ text: String, keepsEnds: Bool) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var scalars = text.unicodeScalars.makeIterator()
        var pending = scalars.next()
        var isOpen = false
        while let scalar = pending {
            pending = scalars.next()
            isOpen = true
            guard scalar.isLineBreak else {
                line.append(scalar)
                continue
            }
            if keepsEnds { line.append(scalar) }
            if scalar == "\r", pending == "\n" {
                if keepsEnds { line.append("\n") }
                pending = scalars.next()
            }
            lines.append(String(line))
            line = String.UnicodeScalarView()
            isOpen = false
        }
        if isOpen { lines.append(String(line)) }
        return lines
    }

    static func upper(_ text: String) -> String {
        self.text(text.unicodeScalars.flatMap { $0.properties.uppercaseMapping.unicodeScalars })
    }

    static func lower(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        return self.text(scalars.indices.flatMap { lower(scalars, $0) })
    }

    private static func lower(_ scalars: [Unicode.Scalar], _ index: Int) -> [Unicode.Scalar] {
        // A capital sigma has another small form at the end of a word.
        if scalars[index].value == 0x3A3 { return [isFinalSigma(scalars, index) ? "\u{3C2}" : "\u{3C3}"] }
        return Array(scalars[index].properties.lowercaseMapping.unicodeScalars)
    }

    private static func isFinalSigma(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
        let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        return before?.properties.isCased == true && after?.properties.isCased != true
    }

    static func capitalize(_ text: String) -> String {
        guard let first = text.unicodeScalars.first else { return "" }
        return first.properties.titlecaseMapping + lower(self.text(text.unicodeScalars.dropFirst()))
    }

    /// `str.title`: a letter behind one without case begins a word.
    static func title(_ text: String) -> String {
        var wasCased = false
        let scalars = Array(text.unicodeScalars)
        return self.text(
            scalars.indices.flatMap { index -> [Unicode.Scalar] in
                let properties = scalars[index].properties
                defer { wasCased = properties.isCased }
                return wasCased ? lower(scalars, index) : Array(properties.titlecaseMapping.unicodeScalars)
            })
    }

    static func swapCase(_ text: String) -> String {
        self.text(
            text.unicodeScalars.flatMap { scalar -> [Unicode.Scalar] in
                let properties = scalar.properties
                let mapping =
                    properties.isUppercase
                    ? properties.lowercaseMapping
                    : properties.isLowercase ? properties.uppercaseMapping : String(scalar)
                return Array(mapping.unicodeScalars)
            })
    }

    /// `center`, `ljust` and `rjust`: the parts of the padding that stand left and right.
    static func padded(_ text: String, _ width: Int, _ fill: Unicode.Scalar, left: Bool, right: Bool) -> String {
        let missing = max(0, width - text.unicodeScalars.count)
        let before = left && right ? missing / 2 + (missing & width & 1) : left ? missing : 0
        let padding = { (count: Int) in self.text(repeatElement(fill, count: count)) }
        return padding(before) + text + padding(missing - before)
    }

    static func isUpper(_ text: String) -> Bool {
        let cased = text.unicodeScalars.filter {
            $0.properties.isUppercase || $0.properties.isLowercase || $0.properties.generalCategory == .titlecaseLetter
        }
        return !cased.isEmpty && cased.allSatisfy { $0.properties.isUppercase }
    }

    static func isLower(_ text: String) -> Bool {
        let cased = text.unicodeScalars.filter {
            $0.properties.isUppercase || $0.properties.isLowercase || $0.properties.generalCategory == .titlecaseLetter
        }
        return !cased.isEmpty && cased.allSatisfy { $0.properties.isLowercase }
    }
}

/// Search in time proportional to the text.
enum TextSearch {
    /// The byte at which `part` first stands.
    static func first(_ part: String, in text: String) -> Int? {
        if part.isEmpty { return 0 }
        return all(part, in: text, fromRight: false, limit: 1).first
    }

    /// The bytes at which `part`, which isn't empty, stands without overlaps, in order: the first ones, or the last ones.
    static func all(_ part: String, in text: String, fromRight: Bool, limit: Int) -> [Int] {
        if fromRight {
            // The mirror image has the same places from its left.
            let count = part.utf8.count
            let found = places(Array(part.utf8.reversed()), Array(text.utf8.reversed()), limit)
            return found.map { text.utf8.count - $0 - count }.reversed()
        }
        return places(Array(part.utf8), Array(text.utf8), limit)
    }

    private static func places(_ part: [UInt8], _ text: [UInt8], _ limit: Int) -> [Int] {
        guard !part.isEmpty, part.count <= text.count, limit > 0 else { return [] }
        // Knuth, Morris and Pratt: how long a beginning of the part ends at each of its bytes.
        var borders = [Int](repeating: 0, count: part.count)
        var border = 0
        for index in part.indices.dropFirst() {
            while border > 0, part[index] != part[border] { border = borders[border - 1] }
            if part[index] == part[border] { border += 1 }
            borders[index] = border
        }
        var places: [Int] = []
        var matched = 0
        for index in text.indices {
            while matched > 0, text[index] != part[matched] { matched = borders[matched - 1] }
            if text[index] == part[matched] { matched += 1 }
            guard matched == part.count else { continue }
            places.append(index + 1 - part.count)
            matched = 0
            if places.count == limit { break }
        }
        return places
    }
}
