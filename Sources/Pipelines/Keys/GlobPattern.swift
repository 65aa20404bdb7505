/// A pattern for paths: `*` and `?` stand for any characters of a name or one, `[a-z]` and `[!a-z]` for one of a set, `**` for
/// folders at any depth, and a backslash takes the next character as it is.
///
/// Names that begin with a dot match only where the pattern has that dot.
package struct GlobPattern: Hashable, Sendable {
    /// What a part of the path between slashes must look like.
    package enum Part: Hashable, Sendable {
        case name(String)
        case pattern([Token])
        case anyDepth
    }

    package enum Token: Hashable, Sendable {
        case character(Unicode.Scalar)
        case any
        case anyString
        case oneOf([ClosedRange<Unicode.Scalar>], isNegated: Bool)
    }

    /// What is wrong with a pattern: a clause such as `has '[' without its ']'`.
    package struct Fault: Error, Hashable { package let message: String }

    /// Where the names of the files that match begin: the folders that the pattern names first to leave its own, or all of them
    /// before the first wildcard if it begins with a slash.
    package let base: String
    package let parts: [Part]

    package init(_ text: String) throws(Fault) {
        guard !text.isEmpty else { throw Fault(message: "is empty") }
        guard !text.hasSuffix("/") else {
            throw Fault(message: "ends with '/', but a glob finds files; write { folder: path } for a folder")
        }
        var parts: [Part] = []
        for word in text.split(separator: "/") where word != "." {
            if word == "**" {
                if parts.last != .anyDepth { parts.append(.anyDepth) }
                continue
            }
            guard word != ".." else {
                // As far as it can be told without a look at the folders: not behind a wildcard.
                switch parts.last {
                case .name(let name) where name != "..": parts.removeLast()
                case nil, .name: parts.append(.name(".."))
                default: throw Fault(message: "has '..' behind a wildcard")
                }
                continue
            }
            parts.append(try Self.part(word))
        }
        if parts.last == .anyDepth { parts.append(.pattern([.anyString])) }
        guard case let last? = parts.last, last != .name("..") else { throw Fault(message: "names no file") }
        var base: [String] = []
        let isAbsolute = text.hasPrefix("/")
        while parts.count > 1, case .name(let name) = parts[0], isAbsolute || name == ".." {
            base.append(name)
            parts.removeFirst()
        }
        self.base = (isAbsolute ? "/" : "") + base.joined(separator: "/")
        self.parts = parts
    }

    private static func part(_ word: Substring) throws(Fault) -> Part {
        var tokens: [Token] = []
        var rest = word.unicodeScalars
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*": if tokens.last != .anyString { tokens.append(.anyString) }
            case "?": tokens.append(.any)
            case "[": tokens.append(try set(&rest))
            case "\\":
                guard let next = rest.popFirst() else { throw Fault(message: "ends with a backslash") }
                tokens.append(.character(next))
            default: tokens.append(.character(scalar))
            }
        }
        var name = String.UnicodeScalarView()
        for token in tokens {
            guard case .character(let scalar) = token else { return .pattern(tokens) }
            name.append(scalar)
        }
        return .name(String(name))
    }

    /// What stands behind `[`, the closing bracket included.
    private static func set(_ rest: inout Substring.UnicodeScalarView) throws(Fault) -> Token {
        let isNegated = rest.first == "!" || rest.first == "^"
        if isNegated { rest.removeFirst() }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        // A bracket that comes first means itself.
        while let first = rest.popFirst() {
            if first == "]", !ranges.isEmpty { return .oneOf(ranges, isNegated: isNegated) }
            guard rest.first == "-", let last = rest.dropFirst().first, last != "]" else {
                ranges.append(first...first)
                continue
            }
            guard first <= last else { throw Fault(message: "has the empty range '\(first)-\(last)'") }
            ranges.append(first...last)
            rest.removeFirst(2)
        }
        throw Fault(message: "has '[' without its ']'")
    }

    /// Whether a name has the form that the tokens say, from its first character to its last.
    package static func matches(_ name: String, _ tokens: [Token]) -> Bool {
        if name.utf8.first == UInt8(ascii: "."), tokens.first != .character(".") { return false }
        let scalars = Array(name.unicodeScalars)
        var (place, token) = (0, 0)
        // The last `*`, and how far it reaches; no earlier one need be tried again.
        var star: (token: Int, place: Int)?
        while place < scalars.count {
            if token < tokens.count, tokens[token] == .anyString {
                star = (token, place)
                token += 1
            } else if token < tokens.count, matches(scalars[place], tokens[token]) {
                place += 1
                token += 1
            } else if let last = star {
                star = (last.token, last.place + 1)
                (token, place) = (last.token + 1, last.place + 1)
            } else {
                return false
            }
        }
        return tokens[token...].allSatisfy { $0 == .anyString }
    }

    private static func matches(_ scalar: Unicode.Scalar, _ token: Token) -> Bool {
        switch token {
        case .character(let expected): scalar == expected
        case .any, .anyString: true
        case .oneOf(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
        }
    }
}
