/// A start tag as it can be understood, whatever is wrong with its values.
struct MendedTag {
    struct Attribute {
        let name: String
        /// Of the value, without quotes.
        let start: Int
        let end: Int
    }

    /// More attributes of a tag are left out.
    static let mostAttributes = 1000

    private(set) var attributes: [Attribute] = []
    /// Where each name is among them.
    private var places: [String: Int] = [:]
    private(set) var isEmpty = false
    /// Behind the tag.
    private(set) var end = 0
    /// Whether the file ends within it.
    private(set) var isCut = false
    private(set) var mistakes = Mistakes()
    /// Whether an attribute that may say what became of a case or suite stands here twice, with different values.
    private(set) var contradictsItself = false

    struct Mistakes {
        var unquoted = 0
        var quotes = 0
        var repeated = 0
        var excess = 0
        var unclosed = 0
        /// Values that hold what may be a part of the report.
        var torn = 0
        /// Parts of the tag that are neither an attribute nor its end.
        var junk = 0
    }

    private let markup: Markup
    private let role: MarkupRole

    init(_ sight: Markup.Sight, in markup: Markup) {
        self.markup = markup
        role = sight.role
        var position = sight.nameEnd
        scan: while true {
            position = markup.skipSpace(position)
            guard position < markup.count else {
                isCut = true
                break
            }
            switch markup[position] {
            case UInt8(ascii: ">"):
                position += 1
                break scan
            case UInt8(ascii: "/"):
                let next = markup.skipSpace(position + 1)
                if markup[next] == UInt8(ascii: ">") {
                    isEmpty = true
                    position = next + 1
                    break scan
                }
                if markup[next] == UInt8(ascii: "<") {
                    isEmpty = true
                    mistakes.unclosed += 1
                    position = next
                    break scan
                }
                position += 1
            case UInt8(ascii: "<"):
                mistakes.unclosed += 1
                break scan
            case let byte where Markup.beginsName(byte): position = attribute(position)
            default:
                mistakes.quotes += 1
                mistakes.junk += 1
                position += 1
            }
        }
        end = position
    }

    /// Whether the tag is so damaged that it may have said more of a case or suite than was understood, above all that it failed.
    ///
    /// - Parameter start: Of the tag.
    func isDubious(from start: Int) -> Bool {
        guard mistakes.unquoted + mistakes.quotes + mistakes.unclosed > 0 else { return false }
        if role == .testCase || role.isSuite {
            if mistakes.junk > 0 { return true }
            // `<testcase name="a" <failure/>` lacks no more than its `>`.
            if mistakes.unclosed > 0, !isEmpty, markup.tag(end)?.role != .result { return true }
        }
        return markup.holdsVerdict(start, end)
    }

    /// Whether it is the beginning of a tag of a case or a result that another one interrupts: `<testca<system-out>se name="a">`.
    func isTorso(of sight: Markup.Sight) -> Bool {
        guard mistakes.unclosed > 0, attributes.isEmpty else { return false }
        return ["testcase", "testsuite", "failure", "error", "result", "status"].contains { $0.hasPrefix(sight.name) }
            || JUnitElement.isVerdict(sight.name)
    }

    /// Whether a property that is in no list of properties may be what is left of another tag.
    func isStray(in parent: MarkupRole?) -> Bool {
        role == .property && parent != .properties && mistakes.quotes + mistakes.unclosed + mistakes.unquoted > 0
    }

    private mutating func attribute(_ start: Int) -> Int {
        let nameEnd = endOfName(start)
        let equals = markup.skipSpace(nameEnd)
        guard markup[equals] == UInt8(ascii: "=") else {
            // A word, or an attribute without a value.
            if equals < markup.count {
                mistakes.unquoted += 1
                mistakes.junk += 1
            }
            return nameEnd
        }
        let name = markup.string(start, nameEnd)
        let valueStart = markup.skipSpace(equals + 1)
        let quote = markup[valueStart]
        let value: (end: Int, next: Int)
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            let quotes = mistakes.quotes
            value = quoted(valueStart + 1, quote)
            // `name="a<result>failed</result>`.
            if isOfStructure, mistakes.quotes > quotes, hasOpenTag(valueStart + 1, value.end) { mistakes.junk += 1 }
            add(name, valueStart + 1, value.end)
        } else {
            value = unquoted(valueStart)
            if valueStart < markup.count { add(name, valueStart, value.end) }
        }
        return value.next
    }

    private mutating func add(_ name: String, _ start: Int, _ end: Int) {
        if markup.find(UInt8(ascii: "<"), start, to: end) < end,
            markup.isTornOut(start, end, countsStarts: false, countsEmpty: true)
        {
            mistakes.torn += 1
        } else if mistakes.quotes > 0, markup.holdsRestOfTag(start, end) {
            mistakes.torn += 1
        }
        guard let place = places[name] else {
            guard attributes.count < Self.mostAttributes else {
                mistakes.excess += 1
                return
            }
            places[name] = attributes.count
            attributes.append(Attribute(name: name, start: start, end: end))
            return
        }
        let first = attributes[place]
        mistakes.repeated += 1
        let isSame = markup.bytes(first.start, first.end).elementsEqual(markup.bytes(start, end))
        if isSame { return }
        if role == .testCase, name != "message" { contradictsItself = true }
        let values = [first, Attribute(name: name, start: start, end: end)].map { markup.string($0.start, $0.end) }
        guard let order = Self.gravity(name, values) else { return }
        contradictsItself = true
        if order[1] > order[0] { attributes[place] = Attribute(name: name, start: start, end: end) }
    }

    /// How grave values of an attribute are; nil for one that says nothing of outcomes.
    private static func gravity(_ name: String, _ values: [String]) -> [Int]? {
        let word = JUnitWords.normalized(name)
        if let count = JUnitCount.named[word] {
            // Of what passed, less is worse; of all else, more is.
            return values.map { value in
                guard let number = JUnitCount.number(value) else { return .max }
                return count == .passed ? -number : number
            }
        }
        guard let attribute = JUnitAttribute.named[word] else { return nil }
        switch attribute {
        case .word: return values.map { JUnitWords.outcome(of: $0)?.rawValue ?? .max }
        case .flag, .mark, .exitCode: return values.map { attribute.finding($0) == .nothing ? 0 : 1 }
        case .className, .file, .duration, .configuration: return nil
        }
    }

    private func endOfName(_ start: Int) -> Int {
        var end = start
        while end < markup.count, Markup.continuesName(markup[end]) { end += 1 }
        return end
    }

    private mutating func unquoted(_ start: Int) -> (end: Int, next: Int) {
        var end = start
        while end < markup.count {
            let byte = markup[end]
            if Markup.isSpace(byte) || byte == UInt8(ascii: ">") { break }
            if byte == UInt8(ascii: "/"), markup[end + 1] == UInt8(ascii: ">") { break }
            if byte == UInt8(ascii: "<"), let tag = markup.tag(end), tag.role.isLandmark { break }
            end += 1
        }
        mistakes.unquoted += 1
        // `name=abc"`: the quote that begins it is missing.
        let last = end > start ? markup[end - 1] : 0
        let isQuote = last == UInt8(ascii: "\"") || last == UInt8(ascii: "'")
        return (isQuote ? end - 1 : end, end)
    }

    // MARK: Where a value ends

    /// The end of a value that may hold quotes, or lack its own at the end.
    private mutating func quoted(_ start: Int, _ quote: UInt8) -> (end: Int, next: Int) {
        var from = start
        var tries = 0
        while true {
            let place = markup.find(quote, from)
            markup.look(tries == 0 ? 0 : place - from)
            if tries == 0, let end = endBeforeElement(start, place) {
                mistakes.quotes += 1
                return (end, end)
            }
            if let end = endBeforeStructure(from, place) {
                mistakes.quotes += 1
                return (end, end)
            }
            guard place < markup.count else { break }
            if let end = endBeforeAttribute(start, place) {
                mistakes.quotes += 1
                return (end, end)
            }
            if ends(start, place) {
                if tries > 0 { mistakes.quotes += 1 }
                return (place, place + 1)
            }
            tries += 1
            from = place + 1
            if tries > 100_000 || !markup.canLookAhead { break }
        }
        // No quote can be its end: the first `>` is.
        mistakes.quotes += 1
        let tag = markup.find(UInt8(ascii: ">"), start)
        // A result that begins before it is meant: there is no quote behind it that it could be printed for.
        let end = markup.nextTag(start, before: tag, skipsSections: false)?.position ?? tag
        if end == markup.count || end < tag { return (end, end) }
        let isEmpty = end > start && markup[end - 1] == UInt8(ascii: "/")
        return (isEmpty ? end - 1 : end, isEmpty ? end - 1 : end)
    }

    /// Whether the quote here ends the value: the tag's end or another attribute follows it.
    private func ends(_ start: Int, _ quote: Int) -> Bool {
        guard isFollowedByTagEnd(quote) else { return isFollowedByAttribute(quote) }
        guard hasOpenTag(start, quote) else { return true }
        // `message="a <b class="x"> c"`: this may be the end of a tag in the value.
        let limit = markup.nextTag(quote, skipsSections: false)?.position ?? min(markup.count, quote + 4096)
        var place = markup.find(markup[quote], quote + 1, to: limit)
        while place < limit {
            if isFollowedByTagEnd(place) || isFollowedByAttribute(place) { return false }
            place = markup.find(markup[quote], place + 1, to: limit)
        }
        return true
    }

    private func isFollowedByTagEnd(_ quote: Int) -> Bool {
        var next = markup.skipSpace(quote + 1)
        if next >= markup.count { return true }
        if markup[next] == UInt8(ascii: "/") { next = markup.skipSpace(next + 1) }
        if markup[next] == UInt8(ascii: ">") { return true }
        // The tag's own `>` is missing.
        guard let tag = markup.tag(next), tag.role.isLandmark else { return false }
        if next > quote + 1 || tag.isEnd { return true }
        // `name="a"<failure/>`, where no other place can be the value's end.
        guard isOfStructure, let end = markup.end(of: tag) else { return false }
        let limit = markup.find(UInt8(ascii: "<"), end.position)
        var place = markup.find(markup[quote], end.position, to: limit)
        while place < limit {
            if isFollowedByTagEnd(place) || isFollowedByAttribute(place) { return false }
            place = markup.find(markup[quote], place + 1, to: limit)
        }
        return true
    }

    /// Whether the values are names and numbers, in which tags are rare; messages are full of them.
    private var isOfStructure: Bool { role == .testCase || role.isSuite }

    /// Where the value of a case or suite ends if an element begins in it that can only be meant, since the value's own quote is
    /// missing: `time="0.2<failure message="m"/>`.
    private func endBeforeElement(_ start: Int, _ quote: Int) -> Int? {
        guard isOfStructure, markup.find(UInt8(ascii: "<"), start, to: quote) < quote,
            quote >= markup.count || !ends(start, quote)
        else { return nil }
        var place = markup.find(UInt8(ascii: "<"), start, to: quote)
        while place < quote {
            // Behind a `>` it is the tag's own end that comes first.
            if markup.find(UInt8(ascii: ">"), start, to: place) < place { return nil }
            if let tag = markup.tag(place), !tag.isEnd, tag.role.isLandmark, isInOrder(tag.nameEnd) { return place }
            place = markup.find(UInt8(ascii: "<"), place + 1, to: quote)
        }
        return nil
    }

    private func isFollowedByAttribute(_ quote: Int) -> Bool {
        let nameStart = markup.skipSpace(quote + 1)
        guard Markup.beginsName(markup[nameStart]) else { return false }
        let nameEnd = endOfName(nameStart)
        let equals = markup.skipSpace(nameEnd)
        guard markup[equals] == UInt8(ascii: "=") else { return false }
        let next = markup.skipSpace(equals + 1)
        let isQuoted = markup[next] == UInt8(ascii: "\"") || markup[next] == UInt8(ascii: "'")
        let name = markup.string(nameStart, nameEnd)
        if role.expects(name), places[name] == nil, isQuoted || nameStart > quote + 1 {
            return true
        }
        return isQuoted && isInOrder(nameStart)
    }

    /// Whether what is here are attributes as they should be, to the tag's end.
    private func isInOrder(_ start: Int) -> Bool {
        var position = start
        for _ in 0..<64 {
            position = markup.skipSpace(position)
            let byte = markup[position]
            if byte == UInt8(ascii: ">") { return true }
            if byte == UInt8(ascii: "/") { return markup[position + 1] == UInt8(ascii: ">") }
            guard Markup.beginsName(byte) else { return false }
            position = markup.skipSpace(endOfName(position))
            guard markup[position] == UInt8(ascii: "=") else { return false }
            position = markup.skipSpace(position + 1)
            let quote = markup[position]
            guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return false }
            let close = markup.find(quote, position + 1, to: min(markup.count, position + 1 << 16))
            markup.look(close - position)
            guard markup[close] == quote, markup.find(UInt8(ascii: "<"), position, to: close) == close else {
                return false
            }
            position = close + 1
            guard !Markup.beginsName(markup[position]) else { return false }
        }
        return true
    }

    /// Whether a tag begins in a value and doesn't end there.
    private func hasOpenTag(_ start: Int, _ end: Int) -> Bool {
        var position = end - 1
        while position >= max(start, end - 4096) {
            if markup[position] == UInt8(ascii: ">") { return false }
            if markup[position] == UInt8(ascii: "<"), Markup.beginsName(markup[position + 1]) { return true }
            position -= 1
        }
        return false
    }

    /// Where the value ends if the quote here opens the value of the next attribute: `name="a time="1">`.
    private func endBeforeAttribute(_ start: Int, _ quote: Int) -> Int? {
        guard let nameStart = nameOfValue(quote, from: start), nameStart > start, Markup.isSpace(markup[nameStart - 1])
        else { return nil }
        let name = markup.string(nameStart, endOfName(nameStart))
        guard role.expects(name), places[name] == nil, !hasOpenTag(start, nameStart),
            isInOrder(nameStart)
        else { return nil }
        var end = nameStart
        while end > start, Markup.isSpace(markup[end - 1]) { end -= 1 }
        return end
    }

    /// Where the value ends if the quote here is already one of a later tag: `message="boom>text</failure>`.
    private func endBeforeStructure(_ from: Int, _ quote: Int) -> Int? {
        let close = markup.find(UInt8(ascii: ">"), from, to: quote)
        guard close < quote, quote >= markup.count || nameOfValue(quote, from: close) != nil else { return nil }
        guard let tag = markup.nextTag(close, skipsSections: false), tag.position < quote else { return nil }
        let isEmpty = close > from && markup[close - 1] == UInt8(ascii: "/")
        return isEmpty ? close - 1 : close
    }

    /// The beginning of `name` if a quote follows `name=`.
    private func nameOfValue(_ quote: Int, from start: Int) -> Int? {
        var position = quote - 1
        while position > start, Markup.isSpace(markup[position]) { position -= 1 }
        guard position > start, markup[position] == UInt8(ascii: "=") else { return nil }
        position -= 1
        while position > start, Markup.isSpace(markup[position]) { position -= 1 }
        let end = position + 1
        while position >= start, Markup.continuesName(markup[position]) { position -= 1 }
        return position + 1 < end && Markup.beginsName(markup[position + 1]) ? position + 1 : nil
    }
}
