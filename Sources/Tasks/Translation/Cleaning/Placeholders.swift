/// What a program puts other text in the place of: `%1`, `%PRODUCTNAME`, `%.2f`, `$(ARG1)`, `{0}`, `#1`, `#PAGE#`, and tags of markup.
struct Placeholders {
    /// The text without them.
    private(set) var rest: [Unicode.Scalar] = []
    /// Those that aren't tags, as they are written.
    private(set) var found: [String] = []
    /// Whether any was found, tags included.
    private(set) var isAny = false
    /// Whether a placeholder is part of a word, so that the word makes no sense without it: `%PRODUCTNAME's`, `I-%1`.
    private(set) var isPartOfWord = false

    init(of text: [Unicode.Scalar]) {
        var index = 0
        var isBehind = false
        while index < text.count {
            if let end = Self.tag(text, at: index) {
                isAny = true
                if Self.breaks.contains(Self.name(ofTag: text[index..<end])) { rest.append(" ") }
                index = end
            } else if isBehind || !Self.isWordBefore(text, index), let end = Self.placeholder(text, at: index) {
                isAny = true
                found.append(String(String.UnicodeScalarView(text[index..<end])))
                if Self.joins(text, before: index) || Self.joins(text, behind: end) { isPartOfWord = true }
                (index, isBehind) = (end, true)
            } else {
                rest.append(text[index])
                (index, isBehind) = (index + 1, false)
            }
        }
    }

    // MARK: Tags

    /// Tags that part words.
    private static let breaks: Set = ["br", "p", "li", "div", "tr", "td"]

    private static func tag(_ text: [Unicode.Scalar], at start: Int) -> Int? {
        guard text[start] == "<", start + 1 < text.count else { return nil }
        let first = text[start + 1] == "/" ? (start + 2 < text.count ? text[start + 2] : " ") : text[start + 1]
        guard first.isLetter || first == "!" else { return nil }
        guard let end = text[(start + 1)...].firstIndex(where: { $0 == ">" || $0 == "<" }), text[end] == ">" else {
            return nil
        }
        return end + 1
    }

    private static func name(ofTag tag: ArraySlice<Unicode.Scalar>) -> String {
        let letters = tag.dropFirst().drop { $0 == "/" }.prefix(while: \.isLetter)
        return String(String.UnicodeScalarView(letters)).lowercased()
    }

    // MARK: Placeholders

    private static func isName(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && (scalar.isLetter || scalar.isDigit) || scalar == "_"
    }

    private static func placeholder(_ text: [Unicode.Scalar], at start: Int) -> Int? {
        func at(_ index: Int) -> Unicode.Scalar { index < text.count ? text[index] : " " }
        func end(of start: Int, while condition: (Unicode.Scalar) -> Bool) -> Int {
            text[min(start, text.count)...].firstIndex { !condition($0) } ?? text.count
        }
        /// Behind the sign that closes a name; nil if nothing closes it.
        func closed(_ start: Int, by close: Unicode.Scalar, allowing other: Set<Unicode.Scalar> = []) -> Int? {
            let last = end(of: start) { isName($0) || other.contains($0) }
            return at(last) == close && last > start ? last + 1 : nil
        }
        /// Behind a sign that stands by itself.
        func lone() -> Int? {
            let before = start > 0 ? text[start - 1] : " "
            return before.isLetter || before.isDigit || at(start + 1).isLetter || at(start + 1).isDigit
                ? nil : start + 1
        }
        switch text[start] {
        case "$":
            if at(start + 1) == "(" { return closed(start + 2, by: ")") }
            if at(start + 1) == "{" { return closed(start + 2, by: "}", allowing: [".", ":"]) }
            let digits = end(of: start + 1, while: \.isDigit)
            if digits > start + 1 {
                let isAmount = [".", ","].contains(at(digits)) && at(digits + 1).isDigit
                return digits <= start + 3 && !isName(at(digits)) && !isAmount ? digits : nil
            }
            let name = end(of: start + 1, while: isName)
            return closed(start + 1, by: "$") ?? (name > start + 2 ? name : lone())
        case "{":
            return at(start + 1) == "}"
                ? start + 2 : closed(start + 1, by: "}", allowing: [".", ":", ",", "#", "-", "$", "%"])
        case "#":
            let digits = end(of: start + 1, while: \.isDigit)
            if digits > start + 1, !isName(at(digits)) { return digits }
            return closed(start + 1, by: "#") ?? lone()
        case "%":
            if at(start + 1) == "{" { return closed(start + 2, by: "}") }
            if at(start + 1) == "(" {
                guard let name = closed(start + 2, by: ")") else { return nil }
                return at(name).isLetter ? name + 1 : name
            }
            if !at(start + 1).isDigit, isName(at(start + 1)) {
                let name = end(of: start + 1, while: isName)
                // Windows writes %NAME%.
                return at(name) == "%" && !isName(at(name + 1)) ? name + 1 : name
            }
            // Flags, a position, width or precision, and what printf converts to.
            let flags = end(of: start + 1) { ["-", "+", "#"].contains($0) }
            let digits = end(of: flags, while: \.isDigit)
            var next = digits
            if at(next) == "$" { next = end(of: next + 1, while: \.isDigit) }
            if at(next) == ".", at(next + 1).isDigit { next = end(of: next + 1, while: \.isDigit) }
            let conversion = end(of: next, while: isName)
            if (1...2).contains(conversion - next), "diouxXeEfgGcsplhz@".unicodeScalars.contains(at(next)) {
                return conversion
            }
            return digits > flags ? digits : nil
        default:
            return nil
        }
    }

    // MARK: Words around

    /// Whether a percentage such as `20%` stands there, which isn't a placeholder.
    private static func isWordBefore(_ text: [Unicode.Scalar], _ index: Int) -> Bool {
        text[index] == "%" && index > 0 && text[index - 1].isDigit
    }

    private static let joints: Set<Unicode.Scalar> = ["-", "'", "’", "‑"]

    private static func joins(_ text: [Unicode.Scalar], before index: Int) -> Bool {
        guard index > 0 else { return false }
        let (last, next) = (text[index - 1], index > 1 ? text[index - 2] : " ")
        return last.isLetter || last.isDigit || joints.contains(last) && next.isLetter
    }

    private static func joins(_ text: [Unicode.Scalar], behind index: Int) -> Bool {
        guard index < text.count else { return false }
        let (first, next) = (text[index], index + 1 < text.count ? text[index + 1] : " ")
        return first.isLetter || first.isDigit || joints.contains(first) && next.isLetter
    }
}
