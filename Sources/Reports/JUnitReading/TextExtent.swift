/// Where the text of an element ends, when it may hold what looks like tags.
///
/// Tags in it are text as long as its end tag comes and what follows that tag can follow. Else the text ends at the first tag
/// that is structure.
struct TextExtent {
    enum Ending {
        /// With its own end tag.
        case closed
        /// At a tag that shows that its end tag is missing or a wrong one.
        case missing
        /// With the file.
        case cut
    }

    /// A CDATA section in it, marks included.
    struct Section {
        let start: Int
        let contentStart: Int
        let contentEnd: Int
        let end: Int
    }

    private(set) var end = 0
    /// Where to go on behind the end tag.
    private(set) var next = 0
    private(set) var ending = Ending.closed
    private(set) var sections: [Section] = []
    /// Sections whose end had to be guessed.
    private(set) var guessedSections = 0
    /// Whether something in it that looks like a failure or a case may be one after all.
    private(set) var isAmbiguous = false
    /// Whether sections and comments in it that may hold a part of the report are none.
    private let distrustsSections: Bool
    /// Start tags in it whose end tags are missing as well.
    private(set) var unclosed: [Int] = []

    private let markup: Markup
    private let start: Int
    private let name: String
    /// The first section or comment in it that may hold a part of the report.
    private var firstTorn: Int?
    private let isInCase: Bool
    /// From where its likely end was looked for, and where it is.
    private var likelyEnd: (from: Int, at: Int?)?

    /// - Parameters:
    ///   - start: Behind the start tag.
    ///   - isKnownUnclosed: Whether its end tag is known to be missing.
    ///   - enclosing: The names of the elements around it.
    init(
        of name: String, in markup: Markup, from start: Int, isInCase: Bool, enclosing: [String],
        isKnownUnclosed: Bool, distrustsSections: Bool = false
    ) {
        self.markup = markup
        self.start = start
        self.distrustsSections = distrustsSections
        self.name = name
        self.isInCase = isInCase
        find(start, enclosing, isKnownUnclosed || !markup.canLookAhead)
        if let firstTorn, firstTorn < end { isAmbiguous = true }
    }

    private mutating func find(_ start: Int, _ enclosing: [String], _ takesFirst: Bool) {
        var inner = OpenTags()
        /// The first tag that is structure if the end tag is missing.
        var firstStructure: (end: Int, next: Int)?
        /// An end tag of the element around it.
        var leaves = false
        /// An end tag with text behind it.
        var unlikely: (end: Int, next: Int)?
        var position = start
        scan: while let tag = nextTag(&position) {
            position = tag.nameEnd
            if !tag.isEnd {
                if let unlikely { return close(unlikely) }
                if leaves { break }
                guard let end = markup.end(of: tag) else { continue }
                position = end.position
                guard tag.role.isLandmark else { continue }
                firstStructure = firstStructure ?? (tag.position, tag.position)
                if takesFirst { break }
                if tag.role == .result { inner.noteResult() }
                if !end.isEmpty { inner.append(tag) }
                if inner.positions.count >= Self.mostInner { break }
                continue
            }
            // The end tag may lack its own end.
            let further = markup.find(UInt8(ascii: "<"), tag.nameEnd)
            let next = min(markup.find(UInt8(ascii: ">"), tag.nameEnd, to: further) + 1, further)
            if inner.end(tag.name) {
                continue
            } else if tag.name == name {
                if canFollow(next, strictly: leaves) {
                    isAmbiguous =
                        !inner.positions.isEmpty && (inner.hasOpenResult || !canFollow(next, strictly: true))
                    return close((tag.position, next))
                }
                if leaves { break }
                unlikely = unlikely ?? (tag.position, next)
            } else if tag.role == .testCase || tag.role.isSuite {
                guard enclosing.contains(tag.name) else { continue }
                if let unlikely { return close(unlikely) }
                leaves = true
                firstStructure = firstStructure ?? (tag.position, tag.position)
                if takesFirst { break scan }
            } else if firstStructure == nil, unlikely == nil, canFollow(next, strictly: true) {
                // `<failure>…</error></testcase>`
                firstStructure = (tag.position, next)
            }
        }
        if let unlikely { return close(unlikely) }
        guard let firstStructure else {
            end = markup.count
            next = markup.count
            ending = .cut
            return
        }
        unclosed = inner.positions
        end = firstStructure.end
        next = firstStructure.next
        sections.removeAll { $0.start >= end }
        ending = .missing
    }

    /// With more start tags in it that aren't ended, a text is no text.
    private static let mostInner = 1 << 18

    /// Start tags in the text that aren't ended yet.
    private struct OpenTags {
        private(set) var positions: [Int] = []
        private var names: [String] = []
        private var counts: [String: Int] = [:]
        /// How many tags were open when a result began in a case, if that case is still open.
        private var depthOfResult: Int?

        var hasOpenResult: Bool { depthOfResult != nil }

        mutating func noteResult() {
            if counts["testcase"] ?? 0 > 0 { depthOfResult = names.lastIndex(of: "testcase") }
        }

        mutating func append(_ tag: Markup.Sight) {
            positions.append(tag.position)
            names.append(tag.name)
            counts[tag.name, default: 0] += 1
        }

        /// Ends the last of a name, and what began in it; false if there is none.
        mutating func end(_ name: String) -> Bool {
            guard counts[name] ?? 0 > 0 else { return false }
            while let last = names.popLast() {
                positions.removeLast()
                counts[last, default: 0] -= 1
                if last == name { break }
            }
            if let depth = depthOfResult, depth >= names.count { depthOfResult = nil }
            return true
        }
    }

    private mutating func close(_ place: (end: Int, next: Int)) {
        end = place.end
        next = place.next
        sections.removeAll { $0.start >= place.end }
    }

    /// The next tag outside of sections, which are noted.
    private mutating func nextTag(_ position: inout Int) -> Markup.Sight? {
        var tag = markup.nextTag(position, orOf: name, skipsSections: false)
        while true {
            if let found = tag, found.position < position {
                tag = markup.nextTag(position, orOf: name, skipsSections: false)
            }
            let section = markup.next("<![CDATA[", position)
            let comment = markup.next("<!--", position)
            let first = min(section ?? .max, comment ?? .max)
            guard first < tag?.position ?? .max else { return tag }
            if first == section {
                let found = self.section(first)
                let isTorn = !isFramed(found) && isTorn(found.contentStart, found.contentEnd)
                if isTorn, distrustsSections {
                    position = found.contentStart
                } else {
                    sections.append(found)
                    position = found.end
                }
            } else {
                // A comment is text; one that ends in this text hides what is in it.
                let end = markup.next("-->", first + 4)
                let textEnd = markup.nextEnd(name, first)
                position = first + 4
                if let end, end < textEnd ?? .max, !isTorn(position, end) || !distrustsSections { position = end + 3 }
            }
        }
    }

    /// Notes whether this part of the text may be one of the report.
    private mutating func isTorn(_ from: Int, _ end: Int) -> Bool {
        let hasMarks = min(markup.next("<![CDATA[", from) ?? .max, markup.next("<!--", from) ?? .max) < end
        guard markup.isTornOut(from, end, countsStarts: hasMarks) else { return false }
        firstTorn = firstTorn ?? from
        return true
    }

    /// Whether a section is all of the text and without marks of others, as writers make them.
    private func isFramed(_ section: Section) -> Bool {
        // With another end in it, its own was guessed.
        if let end = markup.next("]]>", section.contentStart), end < section.contentEnd { return false }
        guard markup.skipSpace(start) == section.start, isFollowedByEnd(section.end) else { return false }
        return markup.next("<![CDATA[", section.contentStart) ?? .max >= section.contentEnd
    }

    // MARK: What may follow the end tag

    /// Whether what is here can follow the end of the text: a tag, and not more of the text.
    private func canFollow(_ place: Int, strictly: Bool) -> Bool {
        let next = markup.skipSpace(place)
        guard next < markup.count else { return true }
        if !strictly, markup.follows("<!", next) { return true }
        guard let tag = markup.tag(next) else { return false }
        if strictly {
            return isInCase
                ? tag.isEnd ? tag.role == .testCase : tag.role.isText || tag.role == .properties
                : tag.isEnd
                    ? tag.role.isSuite || tag.role == .properties : tag.role == .testCase || tag.role == .property
        }
        return true
    }

    // MARK: Sections

    /// The section that begins here: to the end that its text needs, where it holds the marks of sections itself, and to the
    /// element's end where its own is missing.
    private mutating func section(_ start: Int) -> Section {
        let contentStart = start + 9
        func made(_ end: Int, _ next: Int) -> Section {
            Section(start: start, contentStart: contentStart, contentEnd: end, end: next)
        }
        let textEnd = likelyTextEnd(contentStart)
        guard let first = markup.next("]]>", contentStart) else {
            guessedSections += 1
            return made(textEnd ?? markup.count, textEnd ?? markup.count)
        }
        let inner = markup.next("<![CDATA[", contentStart).flatMap { $0 < first ? $0 : nil }
        if let textEnd, textEnd < first {
            // The end tag is in the section, or the section's end belongs to another.
            if let inner, textEnd < inner {
                guessedSections += 1
                return made(textEnd, textEnd)
            }
            if inner == nil, !isFollowedByEnd(first + 3), isFollowedByOtherEnd(first + 3) {
                guessedSections += 1
                return made(textEnd, textEnd)
            }
        }
        if inner != nil, let outer = balancedEnd(contentStart), isFollowedByEnd(outer + 3) {
            guessedSections += 1
            return made(outer, outer + 3)
        }
        // `]]>` in the text of the section.
        var end = first
        while !isFollowedByMarkup(end + 3), let further = markup.next("]]>", end + 3),
            further < markup.next("<![CDATA[", end + 3) ?? .max, further < markup.nextEnd(name, end + 3) ?? .max
        {
            end = further
        }
        if end != first, isFollowedByEnd(end + 3) {
            guessedSections += 1
            return made(end, end + 3)
        }
        return made(first, first + 3)
    }

    /// The first end tag of the element that something follows that can't be text.
    private mutating func likelyTextEnd(_ from: Int) -> Int? {
        // It is the same for all sections in front of it, of which there may be many.
        if let known = likelyEnd, known.from <= from, from <= known.at ?? .max { return known.at }
        let found = findLikelyTextEnd(from)
        likelyEnd = (from, found)
        return found
    }

    private func findLikelyTextEnd(_ from: Int) -> Int? {
        var place = markup.nextEnd(name, from)
        for _ in 0..<100 {
            guard markup.canLookAhead, let at = place else { return nil }
            if canFollow(markup.find(UInt8(ascii: ">"), at) + 1, strictly: true) { return at }
            place = markup.nextEnd(name, at + 1)
        }
        return nil
    }

    private func isFollowedByEnd(_ place: Int) -> Bool {
        guard let tag = markup.tag(markup.skipSpace(place)) else { return false }
        return tag.isEnd && tag.name == name
    }

    private func isFollowedByOtherEnd(_ place: Int) -> Bool {
        guard let tag = markup.tag(markup.skipSpace(place)) else { return false }
        return tag.isEnd && tag.name != name && tag.role.isLandmark
    }

    private func isFollowedByMarkup(_ place: Int) -> Bool {
        let next = markup.skipSpace(place)
        return next >= markup.count || markup.follows("<![CDATA[", next) || isFollowedByEnd(place)
    }

    /// The `]]>` that ends a section with sections in it.
    private func balancedEnd(_ from: Int) -> Int? {
        var depth = 1
        var position = from
        while markup.canLookAhead, let end = markup.next("]]>", position) {
            if let inner = markup.next("<![CDATA[", position), inner < end {
                depth += 1
                position = inner + 9
            } else {
                depth -= 1
                if depth == 0 { return end }
                position = end + 3
            }
        }
        return nil
    }
}
