import Foundation

/// A text of a report on its way to libxml2: escaped, a piece at a time.
struct WrittenText {
    private let markup: Markup
    private var position: Int
    private let end: Int
    private var sections: ArraySlice<TextExtent.Section>
    private let isOfRerun: Bool
    private let repairs: Repairs

    init(
        _ markup: Markup, _ start: Int, _ end: Int, _ sections: [TextExtent.Section], isOfRerun: Bool,
        _ repairs: Repairs
    ) {
        self.markup = markup
        position = start
        self.end = end
        self.sections = sections[...]
        self.isOfRerun = isOfRerun
        self.repairs = repairs
    }

    /// Writes a piece; true when nothing is left.
    mutating func write(
        _ bytes: Int, to output: inout [UInt8], _ entities: inout XMLEntities
    ) throws(JUnitProblem) -> Bool {
        if let section = sections.first, position >= section.start {
            let from = max(position, section.contentStart)
            var to = min(section.contentEnd, from + bytes)
            while to < section.contentEnd, to > from + 1, markup[to] & 0xC0 == 0x80 { to -= 1 }
            Self.writeLiterally(markup, from, to, to: &output)
            position = to
            if to >= section.contentEnd {
                position = section.end
                sections = sections.dropFirst()
            }
            return position >= end
        }
        let limit = min(end, sections.first?.start ?? end)
        var to = min(limit, position + bytes)
        // A piece doesn't end in a reference, or in a tag that is looked for.
        if to < limit { to = max(position + 1, markup.wholePiece(position, to)) }
        try write(position, to, &output, &entities)
        position = to
        return position >= end
    }

    private func write(
        _ from: Int, _ to: Int, _ output: inout [UInt8], _ entities: inout XMLEntities
    ) throws(JUnitProblem) {
        var start = from
        var place = isOfRerun ? markup.find(UInt8(ascii: "<"), from, to: to) : to
        while place < to {
            if let tag = markup.tag(place), tag.name == "stackTrace" || tag.role == .output {
                // An element that belongs there is a text of its own.
                let behind = min(to, markup.find(UInt8(ascii: ">"), tag.nameEnd) + 1)
                try Self.write(markup, start, place, isValue: false, to: &output, &entities, repairs)
                output.append(UInt8(ascii: "\n"))
                start = behind
                place = markup.find(UInt8(ascii: "<"), behind, to: to)
            } else {
                place = markup.find(UInt8(ascii: "<"), place + 1, to: to)
            }
        }
        try Self.write(markup, start, to, isValue: false, to: &output, &entities, repairs)
    }

    /// What of a value is written, in bytes; readers keep far less.
    private static let longestValue = 2 << 20

    static func write(
        _ markup: Markup, value: MendedTag.Attribute, to output: inout [UInt8], _ entities: inout XMLEntities,
        _ repairs: Repairs
    ) throws(JUnitProblem) {
        var end = value.end
        if end - value.start > longestValue {
            end = markup.wholePiece(value.start, value.start + longestValue)
            repairs.cutValues += 1
        }
        try write(markup, value.start, end, isValue: true, to: &output, &entities, repairs)
    }

    /// Writes a text or a value: references stay, what should be one becomes one.
    private static func write(
        _ markup: Markup, _ from: Int, _ to: Int, isValue: Bool, to output: inout [UInt8],
        _ entities: inout XMLEntities, _ repairs: Repairs? = nil
    ) throws(JUnitProblem) {
        guard from < to else { return }
        var plain = from
        var position = from
        func flush(_ end: Int) {
            if end > plain { output.append(contentsOf: markup.bytes(plain, end)) }
        }
        while position < to {
            switch markup[position] {
            case UInt8(ascii: "<"):
                flush(position)
                output += "&lt;".utf8
                repairs?.escaped += 1
                position += 1
                plain = position
            case UInt8(ascii: ">"):
                flush(position)
                output += "&gt;".utf8
                position += 1
                plain = position
            case UInt8(ascii: "\"") where isValue:
                flush(position)
                output += "&quot;".utf8
                position += 1
                plain = position
            case UInt8(ascii: "&"):
                flush(position)
                position = try reference(markup, position, to, &output, &entities, repairs)
                plain = position
            default: position += 1
            }
        }
        flush(to)
    }

    /// Writes what is in a section as one, which is read far faster than references.
    private static func writeLiterally(_ markup: Markup, _ from: Int, _ to: Int, to output: inout [UInt8]) {
        guard from < to else { return }
        output += "<![CDATA[".utf8
        var plain = from
        while let mark = markup.next("]]>", plain), mark + 2 < to {
            output.append(contentsOf: markup.bytes(plain, mark + 2))
            output += "]]><![CDATA[".utf8
            plain = mark + 2
        }
        output.append(contentsOf: markup.bytes(plain, to))
        output += "]]>".utf8
    }

    /// A reference to a character that XML forbids becomes `?`, as the character itself does; what is no reference becomes
    /// text. Returns where to go on.
    private static func reference(
        _ markup: Markup, _ start: Int, _ limit: Int, _ output: inout [UInt8], _ entities: inout XMLEntities,
        _ repairs: Repairs?
    ) throws(JUnitProblem) -> Int {
        func isText() -> Int {
            output += "&amp;".utf8
            repairs?.escaped += 1
            return start + 1
        }
        let end = markup.find(UInt8(ascii: ";"), start, to: min(limit, start + 65))
        guard end < limit, markup[end] == UInt8(ascii: ";"), end > start + 1 else { return isText() }
        let name = markup.string(start + 1, end)
        if name.hasPrefix("#") {
            let digits = name.dropFirst()
            let isHex = digits.hasPrefix("x")
            guard digits.dropFirst(isHex ? 1 : 0).allSatisfy(\.isHexDigit), digits.count > (isHex ? 1 : 0) else {
                return isText()
            }
            if let code = isHex ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits), isAllowedInXML(code) {
                output += "&#\(code);".utf8
            } else {
                output.append(UInt8(ascii: "?"))
                repairs?.forbidden += 1
            }
            return end + 1
        }
        if ["lt", "gt", "amp", "quot", "apos"].contains(name) {
            output += "&\(name);".utf8
            return end + 1
        }
        guard let expansion = try entities.expansion(of: name) else { return isText() }
        output +=
            expansion.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").utf8
        return end + 1
    }
}

extension Markup {
    /// Whether only space is between here and the tag before.
    func isBehindTag(_ position: Int) -> Bool {
        var before = position - 1
        while before > 0, Self.isSpace(self[before]) { before -= 1 }
        return self[max(0, before)] == UInt8(ascii: ">")
    }

    /// The end of a piece of text that parts no character, reference or tag.
    fileprivate func wholePiece(_ start: Int, _ end: Int) -> Int {
        var place = end
        while place > start + 1, self[place] & 0xC0 == 0x80 { place -= 1 }
        for index in stride(from: place - 1, through: max(start + 1, place - 80), by: -1) {
            if self[index] == UInt8(ascii: ";") || self[index] == UInt8(ascii: ">") { break }
            if self[index] == UInt8(ascii: "&") || self[index] == UInt8(ascii: "<") { return index }
        }
        return place
    }
}
