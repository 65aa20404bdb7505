import Foundation

/// Looks for tags, sections and quotes in a text that may not be well-formed.
///
/// What is looked for far ahead is remembered, and all that is looked at ahead is bounded by a small multiple of the text.
final class Markup {
    private let start: UnsafePointer<UInt8>
    let count: Int
    /// Bytes that may still be looked at ahead. Without any, what is near decides.
    private var budget: Int
    /// Of what was searched for: from where, and where it was found.
    private var found: [String: (from: Int, at: Int)] = [:]

    /// A tag, by its name only.
    struct Sight {
        let position: Int
        let isEnd: Bool
        let name: String
        let role: MarkupRole
        /// Behind the name.
        let nameEnd: Int
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        let typed = bytes.bindMemory(to: UInt8.self)
        start = typed.baseAddress ?? UnsafePointer(Self.nothing)
        count = bytes.count
        budget = bytes.count * 32 + (64 << 20)
    }

    private nonisolated(unsafe) static let nothing = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)

    subscript(_ position: Int) -> UInt8 { position < count ? start[position] : 0 }
    func bytes(_ from: Int, _ to: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: start + from, count: max(0, to - from))
    }
    func string(_ from: Int, _ to: Int) -> String { String(decoding: bytes(from, to), as: UTF8.self) }

    var canLookAhead: Bool { budget > 0 }
    func look(_ bytes: Int) { budget -= bytes }

    // MARK: Bytes

    /// The next such byte; `count` if there is none.
    func find(_ byte: UInt8, _ from: Int, to end: Int? = nil) -> Int {
        let end = end ?? count
        guard from < end, let place = memchr(start + from, Int32(byte), end - from) else { return end }
        return UnsafeRawPointer(place) - UnsafeRawPointer(start)
    }

    func follows(_ text: StaticString, _ position: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        return position + length <= count && memcmp(start + position, text.utf8Start, length) == 0
    }

    private func matches(_ text: String, _ position: Int) -> Bool {
        guard position + text.utf8.count <= count else { return false }
        return bytes(position, position + text.utf8.count).elementsEqual(text.utf8)
    }

    /// The next place at which a text stands, from `from` on; nil if there is none. Remembered.
    func next(_ text: String, _ from: Int) -> Int? {
        let known = found[text]
        if let known, known.from <= from, from <= known.at { return known.at < count ? known.at : nil }
        guard let first = text.utf8.first else { return nil }
        // Of what lies behind the beginning of the last search the result is known.
        let isBefore = from < known?.from ?? 0
        let limit = isBefore ? known?.from ?? count : count
        var place = find(first, from, to: limit)
        while place < limit, !matches(text, place) { place = find(first, place + 1, to: limit) }
        look(place - from)
        if isBefore, place >= limit { place = known?.at ?? count }
        found[text] = (from, place)
        return place < count ? place : nil
    }

    /// The next end tag of a name.
    func nextEnd(_ name: String, _ from: Int) -> Int? {
        var place = next("</" + name, from)
        while let at = place, Self.continuesName(self[at + 2 + name.utf8.count]) { place = next("</" + name, at + 1) }
        return place
    }

    func skipSpace(_ from: Int) -> Int {
        var position = from
        while position < count, Self.isSpace(start[position]) { position += 1 }
        return position
    }

    // MARK: Tags

    /// The tag whose `<` is here, if it is one.
    func tag(_ position: Int) -> Sight? {
        guard self[position] == UInt8(ascii: "<") else { return nil }
        let isEnd = self[position + 1] == UInt8(ascii: "/")
        var nameStart = position + (isEnd ? 2 : 1)
        guard Self.beginsName(self[nameStart]) else { return nil }
        var end = nameStart + 1
        while end < count, Self.continuesName(start[end]) {
            // What is before a colon is a namespace's.
            if start[end] == UInt8(ascii: ":"), Self.beginsName(self[end + 1]) { nameStart = end + 1 }
            end += 1
        }
        guard end - nameStart <= 64 else { return nil }
        let name = string(nameStart, end)
        return Sight(position: position, isEnd: isEnd, name: name, role: MarkupRole(name), nameEnd: end)
    }

    /// The next tag from here on that is structure, or of the element `name`.
    ///
    /// - Parameters:
    ///   - limit: Where to stop looking; the end of the text if it is nil.
    ///   - skipsSections: Whether what is in CDATA sections and comments with an end is passed over.
    func nextTag(
        _ from: Int, before limit: Int? = nil, orOf name: String? = nil, skipsSections: Bool = true
    ) -> Sight? {
        let limit = limit ?? count
        var position = from
        while true {
            position = find(UInt8(ascii: "<"), position, to: limit)
            guard position < limit else {
                look(position - from)
                return nil
            }
            while self[position + 1] == UInt8(ascii: "<"), position + 1 < limit { position += 1 }
            if self[position + 1] == UInt8(ascii: "!") {
                if skipsSections, follows("<![CDATA[", position), let end = next("]]>", position + 9) {
                    position = end + 3
                } else if skipsSections, follows("<!--", position), let end = next("-->", position + 4) {
                    position = end + 3
                } else {
                    position += 1
                }
                continue
            }
            if let tag = tag(position), tag.role.isLandmark || tag.name == name, endsLikeTag(tag) {
                look(position - from)
                return tag
            }
            position += 1
        }
    }

    private func endsLikeTag(_ tag: Sight) -> Bool {
        let next = self[tag.nameEnd]
        return tag.nameEnd >= count || Self.isSpace(next) || next == UInt8(ascii: ">") || next == UInt8(ascii: "/")
    }

    /// Whether text from here to `end`, which is to be passed over, may hold a part of the report: tags of cases or results that
    /// it doesn't both begin and end.
    ///
    /// - Parameters:
    ///   - countsStarts: Whether a start tag without an end tag is enough: in prose it is a name.
    ///   - countsEmpty: Whether an empty tag with attributes is.
    func isTornOut(_ from: Int, _ end: Int, countsStarts: Bool, countsEmpty: Bool = false) -> Bool {
        var open: [String] = []
        var position = from
        while let tag = nextTag(position, before: end, skipsSections: false) {
            position = tag.nameEnd
            if tag.isEnd {
                guard let index = open.lastIndex(of: tag.name) else { return true }
                open.removeSubrange(index...)
                continue
            }
            guard let close = self.end(of: tag), close.position <= end else { return true }
            position = close.position
            if close.isEmpty {
                // `prints <error/> here` isn't `<error message="m"/>`.
                if countsEmpty, find(UInt8(ascii: "="), tag.nameEnd, to: close.position) < close.position {
                    return true
                }
            } else if open.count < 1000 {
                open.append(tag.name)
            }
            if !canLookAhead { return true }
        }
        return countsStarts && !open.isEmpty
    }

    /// Whether what stands here outside of tags ends like one: `estcase name="a">`, `rror message="m"/`, `failure/>`.
    func holdsRestOfTag(_ from: Int, _ end: Int) -> Bool {
        var hasValue = false
        var position = from
        while position < end {
            switch start[position] {
            case UInt8(ascii: "<") where Self.beginsName(self[position + 1]):
                hasValue = false
                position = find(UInt8(ascii: ">"), position, to: end)
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                if position > from, start[position - 1] == UInt8(ascii: "=") {
                    hasValue = true
                } else if hasValue {
                    let next = self[position + 1] == UInt8(ascii: "/") ? position + 2 : position + 1
                    if self[next] == UInt8(ascii: ">") || next == end { return true }
                }
            case UInt8(ascii: ">") where position > from && start[position - 1] == UInt8(ascii: "/"): return true
            default: break
            }
            position += 1
        }
        return false
    }

    /// Where a tag begins that was passed over as text and whose name is here; else here.
    func tagStart(_ position: Int) -> Int {
        position > 0 && start[position - 1] == UInt8(ascii: "<") ? position - 1 : position
    }

    /// Whether an element of a verdict, such as `<result>`, begins or ends here.
    func holdsVerdictElement(_ from: Int, _ end: Int) -> Bool {
        var position = find(UInt8(ascii: "<"), from, to: end)
        while position < end {
            if let tag = tag(position), JUnitElement.isVerdict(tag.name) { return true }
            position = find(UInt8(ascii: "<"), position + 1, to: end)
        }
        return false
    }

    /// Whether a word of failure such as `'failed'` stands here in quotes, or behind `=`, or an attribute without its `=` and its
    /// first quote, such as `statusfailed'`.
    func holdsVerdict(_ from: Int, _ end: Int) -> Bool {
        var wordStart = from
        var attributeStart = Int.max
        for position in from..<min(end, count) {
            let byte = start[position]
            if byte != UInt8(ascii: "\""), byte != UInt8(ascii: "'"), byte != UInt8(ascii: "=") {
                if !Self.continuesName(byte) {
                    (wordStart, attributeStart) = (.max, Self.isSpace(byte) ? position + 1 : .max)
                }
                continue
            }
            if byte != UInt8(ascii: "="), attributeStart < position, position - attributeStart <= 64,
                Self.isTornVerdict(string(attributeStart, position))
            {
                return true
            }
            attributeStart = .max
            if byte != UInt8(ascii: "="), wordStart < position, position - wordStart <= 64,
                JUnitWords.outcomes[JUnitWords.normalized(string(wordStart, position))]?.isFailing == true
            {
                return true
            }
            wordStart = position + 1
        }
        return false
    }

    private static func isTornVerdict(_ text: String) -> Bool {
        let word = JUnitWords.normalized(text)
        return ["status", "result", "outcome", "state", "verdict", "conclusion"].contains { name in
            word.hasPrefix(name) && JUnitWords.outcomes[String(word.dropFirst(name.count))]?.isFailing == true
        }
    }

    /// Behind the `>` of a start tag and whether it ends in `/>`; nil if the tag has no end.
    func end(of tag: Sight) -> (position: Int, isEmpty: Bool)? {
        var position = tag.nameEnd
        while position < count {
            switch start[position] {
            case UInt8(ascii: ">"): return (position + 1, start[position - 1] == UInt8(ascii: "/"))
            case UInt8(ascii: "<"): return nil
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                let close = find(start[position], position + 1, to: min(count, position + 1 << 16))
                guard self[close] == start[position] else { return nil }
                position = close + 1
            default: position += 1
            }
        }
        return nil
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0xA || byte == 0x9 || byte == 0xD }

    static func beginsName(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte == UInt8(ascii: "_")
            || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
    }

    static func continuesName(_ byte: UInt8) -> Bool {
        beginsName(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
            || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
    }
}
