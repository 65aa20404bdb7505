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

    private let format: ForeignFormat
    /// The names of the open elements.
    private var elements: [String] = []
    /// The tests that have begun and not ended, by their numbers.
    private var running: [String: String] = [:]

    /// What in a document of another format says that tests failed, or may have; nil if nothing does.
    ///
    /// - Parameter root: The name of its root element, which a damaged document's reader may not come to.
    package static func alarm(in file: URL, root: String) -> Alarm? {
        let format = ForeignFormat.named[root] ?? .unknown
        guard format.isOfTests else { return nil }
        let problem: String
        do {
            return try failure(in: try XMLSource(file), format, file)
        } catch let found as JUnitProblem {
            problem = found.reason
        } catch {
            return .cut(error.localizedDescription)
        }
        do {
            // It may be several documents, as Qt Test writes them.
            return try failure(in: EnclosedStream("documents", try ReportText(file).stream()), format, file)
        } catch {}
        // Of what nobody has named, nobody knows whether it is about tests at all.
        return ForeignFormat.named[root]?.isCutNoted == true ? .cut(problem) : nil
    }

    private static func failure(
        in stream: any ByteStream, _ format: ForeignFormat, _ file: URL
    ) throws -> Alarm? {
        var document = ForeignDocument(format: format)
        let reader = try XMLReader(streaming: stream, file.lastPathComponent)
        while try reader.next() {
            if let said = document.failure(at: reader) { return .failed(said) }
        }
        return document.running.values.min().map { .failed("\($0), which has no end") }
    }

    /// What the reader's node says of a failure.
    private mutating func failure(at reader: XMLReader) -> String? {
        switch reader.kind {
        case XML_READER_TYPE_ELEMENT: return begin(reader)
        case XML_READER_TYPE_END_ELEMENT: elements.removeLast()
        case XML_READER_TYPE_TEXT, XML_READER_TYPE_CDATA: return text(reader.value)
        default: break
        }
        return nil
    }

    private mutating func begin(_ reader: XMLReader) -> String? {
        let name = String(cString: reader.name)
        let parent = elements.last
        if !reader.isEmptyElement { elements.append(name) }
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
            // Qt Test and Squish.
            let isWord =
                strcmp(name, "type") == 0 && ["Incident", "Message", "result", "verification"].contains(element)
            let isFatal = isWord && strcmp(reader.value, "qfatal") == 0
            let isNumber = strcmp(name, "status") == 0 && format.statuses.contains(String(cString: reader.value))
            if isFatal || isNumber || isFailing(isWord ? "result" : JUnitWords.normalized(name), reader.value) {
                said = "\(String(cString: name))='\(String(cString: reader.value).prefix(40))'"
            }
        }
        return said
    }

    /// `<FailuresTotal>1</FailuresTotal>`, `<result>Failed</result>`.
    private func text(_ value: UnsafePointer<CChar>) -> String? {
        guard let name = elements.last else { return nil }
        let parent = elements.dropLast().last
        let head = String(decoding: UnsafeRawBufferPointer(start: value, count: strnlen(value, 64)), as: UTF8.self)
        let text = head.trimmingCharacters(in: .whitespacesAndNewlines)
        let isObstacle =
            format.obstacle.map { name == $0.element && parent == $0.parent } == true && JUnitWords.isObstacle(text)
        if !isObstacle {
            guard strlen(value) <= 64 else { return nil }
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
        guard JUnitAttribute.named[name]?.finding(value) == .failing else { return false }
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
