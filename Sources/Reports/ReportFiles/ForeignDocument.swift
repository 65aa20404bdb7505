import CLibXML2
import Foundation

/// A document that isn't JUnit XML: what it is, and whether it says that tests failed.
package struct ForeignDocument {
    /// Why it can't be passed over, in words that continue "it is no JUnit report, and ".
    package enum Alarm: Equatable {
        /// It says that tests failed, such as by `<test-run result='Failed'>`.
        case failed(String)
        /// It is a report of a known format that can't be read to its end, for this reason.
        case cut(String)
    }

    package struct Finding {
        package let alarm: Alarm
        /// How many tests failed at least; nil if it could not be read to its end, which may hold more.
        package let failures: Int?
        /// Those of them that elements stand for.
        package var tests: [NamedTest] = []
    }

    private let format: ForeignFormat
    /// What first said that tests failed.
    private var said: String?
    private var count = FailedTestCount()
    /// The open elements, and the names of those in each.
    private var elements: [(name: String, members: Set<String>)] = []
    /// The tests that have begun and not ended, by their numbers.
    private var running: [String: String] = [:]
    /// What any word says, where nobody has named the format.
    private var words: UnknownFormat

    private init(_ format: ForeignFormat) {
        self.format = format
        words = UnknownFormat(meaningless: format.meaningless)
    }

    /// What in a document of another format says that tests failed, or may have; nil if nothing does.
    ///
    /// - Parameter root: The name of its root element, which a damaged document's reader may not come to.
    package static func alarm(in file: URL, root: String) -> Alarm? { finding(in: file, root: root)?.alarm }

    /// The alarm, and how many tests it is about.
    package static func finding(in file: URL, root: String) -> Finding? {
        func cut(_ reason: String) -> Finding { Finding(alarm: .cut(reason), failures: nil) }
        let format = ForeignFormat.named[root] ?? .unknown
        guard format.isOfTests else { return format.isEndOptional ? nil : Self.cut(file, root).map(cut) }
        var document = ForeignDocument(format)
        let problem: String
        do {
            try document.read(try XMLSource(file), file)
            return document.finding
        } catch let found as JUnitProblem {
            problem = found.reason
        } catch {
            return cut(error.localizedDescription)
        }
        var several = ForeignDocument(format)
        do {
            // It may be several documents, as Qt Test writes them.
            try several.read(EnclosedStream("documents", try ReportText(file).stream()), file)
            return several.finding
        } catch {}
        for document in [document, several] {
            if let said = document.failure { return Finding(alarm: .failed(said), failures: nil) }
        }
        let isOfTests = document.words.isOfTests || several.words.isOfTests
        // Of what nobody has named, nobody knows whether it is about tests at all; but its end is missing or it isn't.
        return format.isCutNoted || isOfTests || endsEarly(file, root) ? cut(problem) : nil
    }

    /// Whether a document of no tests was cut off, as whoever wrote it was.
    private static func cut(_ file: URL, _ root: String) -> String? {
        guard endsEarly(file, root) else { return nil }
        do {
            let reader = try XMLReader(streaming: try XMLSource(file), file.lastPathComponent)
            while try reader.next() {}
            return nil
        } catch let problem as JUnitProblem { return problem.reason } catch { return error.localizedDescription }
    }

    /// Whether root elements begin that don't end.
    private static func endsEarly(_ file: URL, _ root: String) -> Bool {
        guard let text = try? ReportText(file) else { return true }
        let markup = Markup(text.bytes)
        var open = 0
        var position = 0
        while let tag = markup.nextTag(position, orOf: root) {
            position = tag.nameEnd
            guard tag.name == root else { continue }
            if tag.isEnd {
                open -= 1
            } else if markup.end(of: tag)?.isEmpty != true {
                open += 1
            }
        }
        return open > 0
    }

    /// What said so, so far.
    private var failure: String? { said ?? (words.isOfTests ? words.said : nil) }

    /// Of a document that was read to its end.
    private var finding: Finding? {
        let said = failure ?? running.values.min().map { "\($0), which has no end" }
        return said.map {
            Finding(alarm: .failed($0), failures: max(count.value, running.count), tests: count.failedTests)
        }
    }

    private mutating func read(_ stream: any ByteStream, _ file: URL) throws {
        let reader = try XMLReader(streaming: stream, file.lastPathComponent)
        while try reader.next() { read(at: reader) }
    }

    /// Reads the reader's node, and counts what it says of a failure.
    private mutating func read(at reader: XMLReader) {
        let noted = words.noted
        switch reader.kind {
        case XML_READER_TYPE_ELEMENT:
            count.begin(String(cString: reader.name))
            try? reader.attributes {
                count.note(reader.value, of: String(cString: $0))
                count.note(name: reader.value, of: $0, isText: false)
            }
        case XML_READER_TYPE_TEXT, XML_READER_TYPE_CDATA:
            if let name = elements.last?.name {
                count.note(reader.value, of: name)
                name.withCString { count.note(name: reader.value, of: $0, isText: true) }
            }
        default: break
        }
        let found = failure(at: reader)
        if found != nil || words.noted > noted { count.note() }
        said = said ?? found
        let isEnd = reader.kind == XML_READER_TYPE_END_ELEMENT
        if isEnd || reader.kind == XML_READER_TYPE_ELEMENT && reader.isEmptyElement { count.end() }
    }

    /// What the reader's node says of a failure.
    private mutating func failure(at reader: XMLReader) -> String? {
        switch reader.kind {
        case XML_READER_TYPE_ELEMENT:
            if format.readsAnyWord { words.begin(reader) }
            return begin(reader)
        case XML_READER_TYPE_END_ELEMENT:
            if format.readsAnyWord { words.end() }
            return end()
        case XML_READER_TYPE_TEXT, XML_READER_TYPE_CDATA:
            if format.readsAnyWord { words.text(reader.value) }
            return text(reader.value)
        default: break
        }
        return nil
    }

    private mutating func begin(_ reader: XMLReader) -> String? {
        let name = String(cString: reader.name)
        let parent = elements.last?.name
        if !format.required.isEmpty, let last = elements.indices.last { elements[last].members.insert(name) }
        elements.append((name, []))
        if let said = failure(of: name, in: parent, reader) { return said }
        return reader.isEmptyElement ? end() : nil
    }

    private mutating func end() -> String? {
        guard let element = elements.popLast(), let member = format.required[element.name],
            !element.members.contains(member)
        else { return nil }
        return "<\(element.name)> without <\(member)>"
    }

    private mutating func failure(of name: String, in parent: String?, _ reader: XMLReader) -> String? {
        if isFailure(name) { return "<\(name)>" }
        if let said = special(name, reader) { return said }
        guard format.counts(name, in: parent) else { return nil }
        return verdict(of: name, reader).map { "<\(name) \($0)>" }
    }

    private func isFailure(_ name: String) -> Bool {
        if format.failures.contains(JUnitWords.normalized(name)) { return true }
        // `<my-failure>`, but no setting such as `<on-failure>`.
        return name.hasSuffix("-failure") && !name.hasPrefix("on")
    }

    /// What the current element says by a rule of its format alone.
    private mutating func special(_ name: String, _ reader: XMLReader) -> String? {
        if let attribute = format.outcomes[name], Self.value(of: attribute, reader) == nil {
            return "<\(name)> without \(attribute)"
        }
        if let mark = format.marks[name], Self.value(of: mark.attribute, reader) == mark.value {
            return "<\(name) \(mark.attribute)='\(mark.value)'>"
        }
        if let codes = format.codes, codes.element == name, let subject = codes.name,
            Self.value(of: "name", reader) == subject, let value = Self.value(of: "value", reader),
            codes.isFailing(value)
        {
            return "<\(name) name='\(subject)' value='\(value)'>"
        }
        if let span = format.span, name == span.start || name == span.end, let id = Self.value(of: "id", reader) {
            running[id] = name == span.start ? "<\(name) id='\(id.prefix(40))'>" : nil
        }
        return nil
    }

    private static func value(of attribute: String, _ reader: XMLReader) -> String? {
        var value: String?
        try? reader.attributes { if strcmp($0, attribute) == 0 { value = String(cString: reader.value) } }
        return value
    }

    /// The attribute of the current element that says so.
    private func verdict(of element: String, _ reader: XMLReader) -> String? {
        var said: String?
        // A doubt of an entity can only be of its value.
        try? reader.attributes { name in
            guard said == nil else { return }
            let word = JUnitWords.normalized(name)
            if format.meaningless.contains(word) { return }
            // Qt Test and Squish.
            let isWord =
                format.flags.contains(word) || word == "type" && UnknownWords.isVerdict(JUnitWords.normalized(element))
            let isFatal = isWord && strcmp(reader.value, "qfatal") == 0
            let isNumber = strcmp(name, "status") == 0 && format.statuses.contains(String(cString: reader.value))
            if isFatal || isNumber || isFailing(isWord ? "result" : word, reader.value) {
                said = "\(String(cString: name))='\(String(cString: reader.value).prefix(40))'"
            }
        }
        return said
    }

    /// `<FailuresTotal>1</FailuresTotal>`, `<result>Failed</result>`.
    private func text(_ value: UnsafePointer<CChar>) -> String? {
        guard let name = elements.last?.name else { return nil }
        let parent = elements.dropLast().last?.name
        let head = String(decoding: UnsafeRawBufferPointer(start: value, count: strnlen(value, 64)), as: UTF8.self)
        let text = head.trimmingCharacters(in: .whitespacesAndNewlines)
        let isObstacle =
            format.obstacle.map { name == $0.element && parent == $0.parent } == true && JUnitWords.isObstacle(text)
        if !isObstacle {
            guard strlen(value) <= 64 else { return nil }
            if let codes = format.codes, codes.element == name, codes.parent == parent, codes.isFailing(text) {
                return "<\(name)>\(text)</\(name)>"
            }
            let isCode = format.exitCodes.contains(name) && JUnitAttribute.isExitCodeOfFailure(value)
            let counts = format.counts(name, in: parent)
            guard isCode || counts && isFailing(JUnitWords.normalized(name), value) else { return nil }
        }
        return "<\(name)>\(text)</\(name)>"
    }

    /// Whether an attribute or element of this name has a value that says so.
    private func isFailing(_ name: String, _ value: UnsafePointer<CChar>) -> Bool {
        if let count = JUnitCount.named[name], count.isOfFailures || count == .aborted {
            return JUnitCount.number(String(cString: value)).map { $0 > 0 } ?? false
        }
        guard let meaning = JUnitAttribute.named[name], meaning.finding(value) == .failing else { return false }
        // `<exception-type>` is a setting, too; what says something of tests is `UnknownFormat`'s.
        if format.readsAnyWord, UnknownWords.needsContent(name) { return false }
        // A warning is no failure of its run in Visual Studio and NUnit 3.
        let word = JUnitWords.normalized(value)
        return !word.hasPrefix("warn") && !format.harmless.contains(word)
    }

    /// Of a refusal that says which root element was found: `NUnit 3`, or the element itself.
    static func format(_ refusal: RefusedReport) -> String? {
        root(refusal).map { ForeignFormat.named[$0]?.name ?? "root element '\($0)'" }
    }

    /// The name of the root element that a refusal says was found, without a namespace's prefix.
    static func root(_ refusal: RefusedReport) -> String? {
        guard refusal.isForeign, let start = refusal.reason.firstRange(of: "root element is '") else { return nil }
        let root = String(refusal.reason[start.upperBound...].prefix { $0 != "'" })
        return root.split(separator: ":").last.map(String.init) ?? root
    }
}

extension ForeignFormat.Codes {
    fileprivate func isFailing(_ text: String) -> Bool {
        Int(text).map { failing.contains($0) && !harmless.contains($0) } ?? false
    }
}
