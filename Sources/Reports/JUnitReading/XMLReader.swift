import CLibXML2
import Foundation

/// libxml2's streaming reader, with its errors as Swift's.
///
/// Nothing outside the file is ever read: no external entity, no DTD, no network. Entities are not substituted by libxml2;
/// `XMLEntities` says which are accepted.
final class XMLReader {
    private let reader: xmlTextReaderPtr
    private let source: XMLSource?
    private let document: xmlDocPtr?
    private let problems: Problems

    /// What libxml2 complains of.
    private final class Problems {
        var first: (line: Int, message: String)?
        var count = 0
        /// Of limits of libxml2: a file that meets them is hostile, not merely broken.
        var limit: (line: Int, message: String)?

        func note(_ error: xmlErrorPtr) {
            guard error.pointee.level != XML_ERR_WARNING else { return }
            count += 1
            guard first == nil || limit == nil else { return }
            let text = error.pointee.message.map { String(cString: $0) } ?? ""
            let problem = (Int(error.pointee.line), text.trimmingCharacters(in: .whitespacesAndNewlines))
            first = first ?? problem
            let limits = ["huge", "Huge", "too long", "too big", "Excessive depth", "entity reference loop"]
            if limits.contains(where: text.contains) { limit = limit ?? problem }
        }

        func throwLimit() throws(JUnitProblem) {
            guard let limit else { return }
            throw .refused(
                "more than 10 MB of text in one place, 256 levels, or an entity in itself (line \(limit.line): \(limit.message))"
            )
        }
    }

    /// Reads the file as a stream: memory doesn't grow with it. Stops at the first thing that isn't well-formed.
    init(streaming source: XMLSource, _ file: String) throws(JUnitProblem) {
        let problems = Problems()
        let context = Unmanaged.passUnretained(source).toOpaque()
        let options = Int32(XML_PARSE_NONET.rawValue)
        guard
            let reader = xmlReaderForIO(
                { context, buffer, count in
                    guard let context, let buffer, count > 0 else { return -1 }
                    let source = Unmanaged<XMLSource>.fromOpaque(context).takeUnretainedValue()
                    return Int32(source.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))))
                }, { _ in 0 }, context, nil, nil, options)
        else { throw .refused("\(file) can't be read: no memory") }
        self.reader = reader
        self.source = source
        self.problems = problems
        document = nil
        listen()
    }

    /// Reads what can be read of bytes that aren't well-formed.
    init(recovering bytes: Data, _ file: String) throws(JUnitProblem) {
        let options = Int32(XML_PARSE_NONET.rawValue | XML_PARSE_RECOVER.rawValue)
        guard let context = xmlNewParserCtxt() else { throw .refused("\(file) can't be read: no memory") }
        defer { xmlFreeParserCtxt(context) }
        let problems = Problems()
        context.pointee._private = Unmanaged.passUnretained(problems).toOpaque()
        context.pointee.sax.pointee.serror = { context, error in
            let context = context?.assumingMemoryBound(to: xmlParserCtxt.self)
            guard let problems = context?.pointee._private, let error else { return }
            Unmanaged<Problems>.fromOpaque(problems).takeUnretainedValue().note(UnsafeMutablePointer(mutating: error))
        }
        let document = bytes.withUnsafeBytes { buffer in
            xmlCtxtReadMemory(
                context, buffer.bindMemory(to: CChar.self).baseAddress, Int32(buffer.count), nil, nil, options)
        }
        do {
            try problems.throwLimit()
        } catch {
            xmlFreeDoc(document)
            throw error
        }
        guard let document, let reader = xmlReaderWalker(document) else {
            xmlFreeDoc(document)
            throw .refused("\(file) is no XML: nothing in it can be read")
        }
        self.document = document
        self.reader = reader
        self.problems = problems
        source = nil
    }

    /// How often libxml2 complained, and where first.
    var problemCount: Int { problems.count }
    var firstProblemLine: Int { problems.first?.line ?? 0 }

    deinit {
        // Whoever has asked for the document that a reader is in owns it from then on.
        let streamed = document == nil ? xmlTextReaderCurrentDoc(reader) : nil
        xmlFreeTextReader(reader)
        xmlFreeDoc(document ?? streamed)
    }

    private func listen() {
        xmlTextReaderSetStructuredErrorHandler(
            reader,
            { context, error in
                guard let context, let error else { return }
                Unmanaged<Problems>.fromOpaque(context).takeUnretainedValue().note(
                    UnsafeMutablePointer(mutating: error))
            }, Unmanaged.passUnretained(problems).toOpaque())
    }

    /// Goes to the next node; false at the end.
    func next() throws(JUnitProblem) -> Bool {
        // What recovery has complained of is behind it.
        let isStreaming = document == nil
        switch xmlTextReaderRead(reader) {
        case 1: return true
        case 0 where !isStreaming || problems.first == nil: return false
        default:
            guard let problem = problems.first else { throw .malformed("it can't be read") }
            try problems.throwLimit()
            throw .malformed("line \(problem.line): \(problem.message)")
        }
    }

    var kind: xmlReaderTypes { xmlReaderTypes(rawValue: UInt32(max(0, xmlTextReaderNodeType(reader)))) }
    var isEmptyElement: Bool { xmlTextReaderIsEmptyElement(reader) == 1 }
    var hasDoctype: Bool { xmlTextReaderCurrentDoc(reader)?.pointee.intSubset != nil }
    /// The document type's entities; read at the root element, when the subset is whole.
    var subset: xmlDtdPtr? { xmlTextReaderCurrentDoc(reader)?.pointee.intSubset }

    /// Without a namespace's prefix. Valid until the next node.
    var name: UnsafePointer<CChar> { Self.characters(xmlTextReaderConstLocalName(reader)) }
    var value: UnsafePointer<CChar> { Self.characters(xmlTextReaderConstValue(reader)) }

    private static func characters(_ text: UnsafePointer<xmlChar>?) -> UnsafePointer<CChar> {
        guard let text else { return UnsafePointer(empty) }
        return UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self)
    }

    /// Calls `body` with each attribute's name.
    func attributes(_ body: (UnsafePointer<CChar>) throws(JUnitProblem) -> Void) throws(JUnitProblem) {
        while xmlTextReaderMoveToNextAttribute(reader) == 1 { try body(name) }
        xmlTextReaderMoveToElement(reader)
    }

    /// How many references to entities the current attribute holds.
    var entityReferences: [String] {
        var names: [String] = []
        var child = xmlTextReaderCurrentNode(reader)?.pointee.children
        while let node = child {
            if node.pointee.type == XML_ENTITY_REF_NODE, let name = node.pointee.name {
                names.append(String(cString: name))
            }
            child = node.pointee.next
        }
        return names
    }
}

/// An empty C string that lives as long as the process.
private nonisolated(unsafe) let empty: UnsafeMutablePointer<CChar> = {
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    text.pointee = 0
    return text
}()
