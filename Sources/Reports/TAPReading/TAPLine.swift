import Foundation

/// A line of the Test Anything Protocol, versions 12 to 14 and the kernel's (testanything.org).
struct TAPLine {
    enum Content {
        /// `TAP version 14`.
        case version
        /// `1..5`, or `1..0 # SKIP why`.
        case plan(Int, skipped: String?)
        case point(TAPPoint)
        /// `Bail out! why`.
        case bailOut(String)
        /// Without its `#`.
        case comment(String)
        case blockStart, blockEnd
        /// `{` and `}`, around a subtest that follows its own result.
        case braceStart, braceEnd
        case empty
        /// What a program printed.
        case other
    }

    /// In columns; a tab is four.
    let indentation: Int
    let content: Content
    let text: Substring

    init(_ line: String) {
        var indentation = 0
        var text = line[...]
        while let first = text.first, first == " " || first == "\t" {
            indentation += first == "\t" ? 4 : 1
            text = text.dropFirst()
        }
        self.indentation = indentation
        self.text = text
        content = Self.content(text)
    }

    private static func content(_ text: Substring) -> Content {
        switch text.utf8.first {
        case nil: return .empty
        case UInt8(ascii: "#"): return .comment(text.dropFirst().trimmingCharacters(in: .whitespaces))
        case UInt8(ascii: "o"), UInt8(ascii: "n"): return TAPPoint(text).map(Content.point) ?? .other
        case UInt8(ascii: "1"): return plan(text) ?? .other
        case UInt8(ascii: "B"), UInt8(ascii: "b"):
            guard text.count >= 9, text.prefix(9).lowercased() == "bail out!" else { return .other }
            return .bailOut(text.dropFirst(9).trimmingCharacters(in: .whitespaces))
        case UInt8(ascii: "T"), UInt8(ascii: "K"):
            return text.hasPrefix("TAP version ") || text.hasPrefix("KTAP version ") ? .version : .other
        case UInt8(ascii: "-"): return text.trimmingCharacters(in: .whitespaces) == "---" ? .blockStart : .other
        case UInt8(ascii: "."): return text.trimmingCharacters(in: .whitespaces) == "..." ? .blockEnd : .other
        case UInt8(ascii: "{"): return text.trimmingCharacters(in: .whitespaces) == "{" ? .braceStart : .other
        case UInt8(ascii: "}"): return text.trimmingCharacters(in: .whitespaces) == "}" ? .braceEnd : .other
        default: return .other
        }
    }

    private static func plan(_ text: Substring) -> Content? {
        guard text.hasPrefix("1..") else { return nil }
        let digits = text.dropFirst(3).prefix { $0.isASCII && $0.isNumber }
        let rest = text.dropFirst(3 + digits.count)
        guard let count = Int(digits), rest.first.map({ $0 == " " || $0 == "\t" || $0 == "#" }) ?? true else {
            return nil
        }
        var skipped: String?
        if case .skip(let reason)? = TAPPoint.directive(rest)?.directive { skipped = reason }
        return .plan(count, skipped: skipped)
    }
}

/// A result: `not ok 3 - adds # TODO later`.
struct TAPPoint {
    enum Directive: Equatable {
        case skip(String)
        /// It is known to fail.
        case todo(String)
    }

    let isOK: Bool
    let number: Int?
    /// Without the dash in front of it.
    private(set) var description: String
    private(set) var directive: Directive?
    private(set) var seconds: Double?
    /// Whether it ends in `{`: its subtest follows.
    private(set) var opensBrace = false

    /// Nil if the line is no result.
    init?(_ line: Substring) {
        var rest = line
        isOK = !rest.hasPrefix("not")
        if !isOK {
            rest = rest.dropFirst(3)
            guard rest.first == " " || rest.first == "\t" else { return nil }
            rest = rest.drop { $0 == " " || $0 == "\t" }
        }
        guard rest.hasPrefix("ok") else { return nil }
        rest = rest.dropFirst(2)
        // `ok, done` and `okay` are prose; `not ok` is a failure, whatever follows but a letter.
        if let first = rest.first {
            let follows = isOK ? " \t-#".contains(first) || first.isNumber : !first.isLetter
            guard follows else { return nil }
        }
        rest = rest.drop { $0 == " " || $0 == "\t" }
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        let isNumber = !digits.isEmpty && rest.dropFirst(digits.count).first.map { !$0.isLetter && $0 != "." } ?? true
        number = isNumber ? Int(digits) : nil
        if number != nil { rest = rest.dropFirst(digits.count) }
        rest = rest.drop { $0 == " " || $0 == "\t" }
        if rest.hasPrefix("- ") || rest == "-" { rest = rest.dropFirst() }
        let found = Self.directive(rest)
        directive = found?.directive
        seconds = found?.seconds
        var text = (found?.start).map { rest[..<$0] } ?? rest
        if text.hasSuffix(" {") || text == "{" {
            opensBrace = true
            text = text.dropLast()
        }
        description = text.trimmingCharacters(in: .whitespaces)
        if description.utf8.contains(UInt8(ascii: "\\")) {
            description = description.replacing("\\#", with: "#").replacing("\\\\", with: "\\")
        }
        if description.utf8.count > 4096 { description = description.withCString { JUnitReader.bounded($0, nil) } }
    }

    /// What is said behind a `#` that isn't escaped: a directive, or how long it took.
    static func directive(_ text: Substring) -> (start: Substring.Index, directive: Directive?, seconds: Double?)? {
        var index = text.startIndex
        while let mark = text[index...].firstIndex(of: "#") {
            index = text.index(after: mark)
            if mark > text.startIndex, !text[text.index(before: mark)].isWhitespace { continue }
            let rest = text[index...].drop(while: \.isWhitespace)
            if let found = rest.prefixMatch(of: #/(?i)(?:(todo)|skip(?:s|ped|ping)?)(?![\w-])\s*[:-]?\s*/#) {
                let reason = String(rest[found.range.upperBound...])
                return (mark, found.1 == nil ? .skip(reason) : .todo(reason), nil)
            }
            if let time = rest.prefixMatch(of: #/time=([\d.]+)\s*(ms|s)/#), let number = Double(time.1) {
                let further = directive(rest[time.range.upperBound...])?.directive
                return (mark, further, time.2 == "ms" ? number / 1000 : number)
            }
        }
        return nil
    }
}
