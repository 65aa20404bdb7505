import Foundation

/// Reads a report that isn't well-formed and writes it so that it is, a piece at a time: each mistake costs only its own place.
///
/// It knows which elements can be where (suites, cases, results, texts), keeps the elements that are open, and writes only
/// markup of its own: libxml2 has nothing left to object to. Several roots are documents of their own (`beginDocument`).
final class MarkupMender: ByteStream {
    /// How to read a text in which tags can be meant or printed.
    enum Preference {
        /// They are printed, as far as the text's own end tag comes.
        case texts
        /// They are meant.
        case structure
    }

    struct Element {
        let name: String
        let role: MarkupRole
        /// Where its start tag is.
        let position: Int
        let isWritten: Bool
        /// Whether the file has no tag for it.
        var isImplied = false
        var hasCases = false
        /// Of a case: whether it has failed, whether it was skipped, and whether a mistake in it makes the skip a guess.
        var hasFailed = false
        var hasSkip = false
        var isBroken = false
    }

    private static let piece = 1 << 16
    /// Suites and elements of other names that are deeper aren't written; what is in them is.
    private static let deepest = 180
    /// Cases that are deeper aren't in those around them any more.
    static let deepestCase = 230
    /// Suites and elements of other names that are deeper aren't even kept as open.
    private static let deepestOpen = 2000

    let markup: Markup
    let odd: OddBytes
    let preference: Preference
    var position = 0
    private(set) var open: [Element] = []
    /// How many of these are suites, and cases.
    private(set) var openSuites = 0
    private(set) var openCases = 0
    /// Suites that are so deep that they weren't kept as open; their end tags are expected.
    var suitesNotKept = 0
    /// How many of these were written.
    private(set) var depth = 0
    let repairs = Repairs()
    private(set) var entities = XMLEntities()
    private var output: [UInt8] = []
    private var taken = 0
    private var written: WrittenText?
    /// Positions of start tags that are known to have no end tag.
    var unclosed: Set<Int> = []
    /// How many results of each name lack their end tags so far, which may still come.
    var missingEnds: [String: Int] = [:]
    private(set) var isInDocument = false
    /// Whether the file ends in an element or in a tag.
    private(set) var isCut = false
    private(set) var endsWithinTestCase = false
    private var hasDeclaration: Bool
    /// Thrown from `read` by whoever reads.
    private(set) var problem: JUnitProblem?
    /// What suites around all others declare, to compare readings with.
    var declared = DeclaredTotals()

    init(_ text: ReportText, preferring preference: Preference = .texts) {
        markup = Markup(text.bytes)
        odd = text.odd
        self.preference = preference
        position = text.documentStart
        hasDeclaration = position > 3
        output.reserveCapacity(2 * Self.piece)
    }

    // MARK: Documents

    /// Goes to the next root; false at the end of the file.
    func beginDocument() -> Bool {
        entities = XMLEntities()
        isInDocument = false
        while position < markup.count {
            let tag = markup.find(UInt8(ascii: "<"), position)
            noteJunk(position, tag)
            position = tag
            guard position < markup.count else { break }
            if passDeclaration() { continue }
            guard let sight = markup.tag(position), beginsDocument(sight) else {
                if position == markup.count - 1, hasDeclaration || repairs.documents > 0 {
                    isCut = true
                } else if markup.tag(position)?.isEnd == true {
                    repairs.superfluous += 1
                } else {
                    repairs.junk += 1
                }
                position += 1
                continue
            }
            isInDocument = true
            repairs.documents += 1
            return true
        }
        // A declaration with no element behind it is the beginning of something.
        if repairs.documents == 0, repairs.junk == 0, hasDeclaration { isCut = true }
        return false
    }

    private func beginsDocument(_ sight: Markup.Sight) -> Bool {
        let begins = isDocument(sight)
        if !begins, !sight.isEnd, let format = ForeignFormat.named[sight.name], format.isOfTests {
            repairs.foreign.insert(format.name)
        }
        return begins
    }

    private func isDocument(_ sight: Markup.Sight) -> Bool {
        guard !sight.isEnd else { return false }
        let tag = MendedTag(sight, in: markup)
        switch sight.role {
        case .suites, .suite, .testCase, .result, .rerun:
            if tag.isCut { isCut = true }
            return !tag.isCut
        case .output, .properties, .property: return false
        case .outcome, .other:
            if tag.isCut {
                isCut =
                    ["testsuites", "testsuite", "testcase", "testrun"].contains { $0.hasPrefix(sight.name) } || isCut
                return false
            }
            // Some other root, around suites or none; not what a tool has printed in front of the document.
            return repairs.documents == 0 && repairs.junk == 0
        }
    }

    /// Passes over a comment, section, instruction or declaration here, outside of texts.
    func passDeclaration() -> Bool {
        if markup.follows("<!--", position) {
            passComment()
        } else if markup.follows("<![CDATA[", position) {
            passSection()
        } else if markup.follows("<?", position) {
            if markup.follows("<?xml", position) { hasDeclaration = true }
            // A declaration that isn't closed ends before the next tag.
            let tag = markup.find(UInt8(ascii: "<"), position + 1)
            let close = markup.find(UInt8(ascii: ">"), position, to: tag)
            if !open.isEmpty, close == tag || markup[close - 1] != UInt8(ascii: "?") { repairs.leftovers += 1 }
            position = min(close + 1, tag)
        } else if open.isEmpty, markup.follows("<!DOCTYPE", position) {
            let subset = DocumentType(at: position, in: markup)
            do { entities = try XMLEntities(subset.entities) } catch { problem = problem ?? error }
            if let sentence = subset.defaults { repairs.declared = sentence }
            position = subset.end
            if subset.isCut { isCut = true }
        } else if markup.follows("<!", position) {
            // `<!failure/>` was a result.
            if !open.isEmpty { repairs.leftovers += 1 }
            repairs.junk += 1
            position += 2
        } else {
            return false
        }
        return true
    }

    private func passComment() {
        guard let end = markup.next("-->", position + 4) else {
            // Without an end it is no comment.
            if repairs.comments == 0, markup.nextTag(position) == nil { isCut = true }
            repairs.comments += 1
            position += 4
            return
        }
        if let inner = markup.next("<!--", position + 4), inner < end,
            markup.nextTag(position + 4, before: inner, skipsSections: false) != nil
        {
            // The end belongs to another comment.
            repairs.comments += 1
            position += 4
            return
        }
        if let dashes = markup.next("--", position + 4), dashes < end {
            repairs.dashes += 1
            if markup.nextTag(position + 4, before: end, skipsSections: false) != nil { repairs.dubiousComments += 1 }
        }
        pass(4, end)
    }

    private func passSection() {
        repairs.junk += 1
        guard let end = markup.next("]]>", position + 9) else {
            position += 9
            return
        }
        if let inner = markup.next("<![CDATA[", position + 9), inner < end,
            markup.nextTag(position + 9, before: inner, skipsSections: false) != nil
        {
            // The end belongs to another section.
            position += 9
            return
        }
        pass(9, end)
    }

    /// Passes over a section or comment whose mark has so many bytes, unless it is torn out of the report, and that is preferred.
    private func pass(_ mark: Int, _ end: Int) {
        if markup.isTornOut(position + mark, end, countsStarts: true) {
            repairs.ambiguous += 1
            if preference == .structure {
                position += mark
                return
            }
        }
        position = end + 3
    }

    // MARK: Reading

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while taken == output.count, isInDocument, problem == nil {
            output.removeAll(keepingCapacity: true)
            taken = 0
            while output.count < Self.piece, isInDocument, problem == nil { step() }
        }
        if problem != nil { return -1 }
        let count = min(buffer.count, output.count - taken)
        output.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[taken..<taken + count])) }
        taken += count
        return count
    }

    private func step() {
        if var text = written {
            do {
                let isDone = try text.write(Self.piece, to: &output, &entities)
                written = isDone ? nil : text
            } catch { problem = error }
            if written == nil { closeLast() }
            return
        }
        let tag = markup.find(UInt8(ascii: "<"), position)
        if markup.skipSpace(position) < tag { noteStray(tag) }
        position = tag
        guard position < markup.count else { return endOfFile() }
        if markup.follows("<?xml ", position), open.contains(where: { $0.role.isSuite }) { return endOfDocument() }
        if passDeclaration() { return }
        guard let sight = markup.tag(position) else {
            repairs.escaped += 1
            position += 1
            return
        }
        sight.isEnd ? endTag(sight) : startTag(sight)
    }

    private func endOfFile() {
        if !isImplied { isCut = true }
        endsWithinTestCase = openCases > 0
        closeAll()
    }

    /// A document that isn't closed ends where the next begins.
    private func endOfDocument() {
        if !isImplied { repairs.cutDocuments += 1 }
        closeAll()
    }

    private var isImplied: Bool { open.allSatisfy(\.isImplied) }

    private func closeAll() {
        while !open.isEmpty { closeLast() }
        suitesNotKept = 0
    }

    // MARK: Writing

    /// Opens an element; false if it is too deep to be kept as open.
    @discardableResult
    func write(_ sight: Markup.Sight, _ tag: MendedTag) -> Bool {
        repairs.add(tag.mistakes)
        if tag.contradictsItself { repairs.contradictions += 1 }
        let isContainer = sight.role.isSuite || sight.role == .other || sight.role == .properties
        if isContainer, open.count >= Self.deepestOpen {
            repairs.tooDeep += 1
            if sight.role.isSuite, !tag.isEmpty { suitesNotKept += 1 }
            return false
        }
        write(sight.name, sight.role, sight.position, tag.attributes)
        return true
    }

    /// What became of the innermost case, where it is open.
    func note(result name: String, isMended: Bool) {
        let index = open.count - 2
        guard index >= 0, open[index].role == .testCase,
            case .result(let kind)? = JUnitElement.named[JUnitWords.normalized(name)]
        else { return }
        if kind == "failure" || kind == "error" { open[index].hasFailed = true }
        if kind == "skipped" {
            open[index].hasSkip = true
            if isMended { open[index].isBroken = true }
        }
    }

    /// Structure within the innermost case is broken: that it was skipped is a guess.
    func noteBrokenCase() {
        guard let index = open.lastIndex(where: { $0.role == .testCase || $0.role.isSuite }),
            open[index].role == .testCase
        else { return }
        open[index].isBroken = true
    }

    /// Passes over the rest of a document; its end is where the next may begin.
    func passDocument() {
        while isInDocument, problem == nil {
            output.removeAll(keepingCapacity: true)
            taken = 0
            step()
        }
        output.removeAll(keepingCapacity: true)
        taken = 0
    }

    /// A case was found: in the innermost suite.
    func noteCase() {
        if let index = open.lastIndex(where: { $0.role.isSuite }) { open[index].hasCases = true }
    }

    /// Opens an element that the file has no tag for.
    func imply(_ name: String, _ role: MarkupRole) {
        write(name, role, position)
        open[open.count - 1].isImplied = true
    }

    private func write(_ name: String, _ role: MarkupRole, _ place: Int, _ attributes: [MendedTag.Attribute] = []) {
        let isContainer = role.isSuite || role == .other
        let isWritten = depth < (isContainer ? Self.deepest : Self.deepestCase + 10)
        open.append(Element(name: name, role: role, position: place, isWritten: isWritten))
        if role == .suite { openSuites += 1 }
        if role == .testCase { openCases += 1 }
        guard isWritten else {
            repairs.tooDeep += 1
            return
        }
        depth += 1
        output.append(UInt8(ascii: "<"))
        output += Self.ascii(name).utf8
        for attribute in attributes where Self.canBeWritten(attribute.name) {
            output.append(UInt8(ascii: " "))
            output += attribute.name.utf8
            output += "=\"".utf8
            do {
                try WrittenText.write(markup, value: attribute, to: &output, &entities, repairs)
            } catch { problem = problem ?? error }
            output.append(UInt8(ascii: "\""))
        }
        output.append(UInt8(ascii: ">"))
    }

    func write(_ text: WrittenText) { written = text }

    func closeLast() {
        guard let last = open.popLast() else { return }
        if last.role == .suite { openSuites -= 1 }
        if last.role == .testCase { openCases -= 1 }
        if last.isWritten {
            depth -= 1
            // A skip that is a guess makes no failure a known one.
            if last.hasFailed, last.hasSkip, last.isBroken { output += "<status>failed</status>".utf8 }
            output += "</\(Self.ascii(last.name))>".utf8
        }
        if open.isEmpty { isInDocument = false }
    }

    private static func canBeWritten(_ name: String) -> Bool {
        name != "xmlns" && name.utf8.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: ":") }
    }

    private static func ascii(_ name: String) -> String { name.utf8.allSatisfy { $0 < 0x80 } ? name : "element" }
}

/// What suites declare that are in no other.
struct DeclaredTotals {
    var tests = 0
    var failing = 0
    /// Whether all say how many tests they have.
    var isWhole = true
}
