import CLibXML2
import Foundation

/// libxml2's streaming reader, with its errors as Swift's.
///
/// Nothing outside the file is ever read: no external entity, no DTD, no network. Entities are not substituted by libxml2;
/// `XMLEntities` says which are accepted.
final class XMLReader {
    private let reader: xmlTextReaderPtr
    private let source: StreamHolder
    private let problems: Problems

    /// What libxml2 complains of.
    private final class Problems {
        var first: (line: Int, message: String)?
        /// Of the limits of libxml2.
        var limit: (line: Int, message: String)?
        var loop: (line: Int, message: String)?
        /// Whether there is nothing more to be read.
        var isFatal = false

        func note(_ error: xmlErrorPtr) {
            if error.pointee.level == XML_ERR_FATAL { isFatal = true }
            guard error.pointee.level != XML_ERR_WARNING, first == nil || limit == nil || loop == nil else { return }
            let text = error.pointee.message.map { String(cString: $0) } ?? ""
            let problem = (Int(error.pointee.line), text.trimmingCharacters(in: .whitespacesAndNewlines))
            first = first ?? problem
            let limits = ["huge", "Huge", "too long", "too big", "Excessive depth"]
            if limits.contains(where: text.contains) { limit = limit ?? problem }
            if text.contains("entity reference loop") { loop = loop ?? problem }
        }

        /// What became of the reading, if it went wrong.
        var problem: JUnitProblem {
            if let loop { return .refused("an entity refers to itself (line \(loop.line): \(loop.message))") }
            if let limit { return .limit("line \(limit.line): \(limit.message)") }
            guard let first else { return .malformed("it can't be read") }
            return .malformed(first.line > 0 ? "line \(first.line): \(first.message)" : first.message)
        }
    }

    /// Reads the file as a stream: memory doesn't grow with it. Stops at the first thing that isn't well-formed.
    init(streaming source: any ByteStream, _ file: String) throws(JUnitProblem) {
        let problems = Problems()
        let holder = StreamHolder(source, problems)
        let context = Unmanaged.passUnretained(holder).toOpaque()
        let options = Int32(XML_PARSE_NONET.rawValue)
        // What has no reader yet, such as an encoding that isn't known, would go to standard error.
        Self.listen(problems)
        guard
            let reader = xmlReaderForIO(
                { context, buffer, count in
                    guard let context, let buffer, count > 0 else { return -1 }
                    let source = Unmanaged<StreamHolder>.fromOpaque(context).takeUnretainedValue()
                    // libxml2 would go through the rest in vain, and slowly.
                    if source.problems.isFatal { return -1 }
                    let bytes = UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))
                    return Int32(source.stream.read(into: bytes))
                }, { _ in 0 }, context, nil, nil, options)
        else {
            Self.listen(nil)
            throw .refused("\(file) can't be read: no memory")
        }
        self.reader = reader
        self.source = holder
        self.problems = problems
        listen()
    }

    /// A class, so that libxml2 can be given a pointer to it.
    private final class StreamHolder {
        let stream: any ByteStream
        let problems: Problems

        init(_ stream: any ByteStream, _ problems: Problems) {
            self.stream = stream
            self.problems = problems
        }
    }

    deinit {
        // Whoever has asked for the document that a reader is in owns it from then on.
        let document = xmlTextReaderCurrentDoc(reader)
        xmlFreeTextReader(reader)
        xmlFreeDoc(document)
        Self.listen(nil)
    }

    /// Has what libxml2 says on this thread noted, or passed over: none of it is written to standard error.
    private static func listen(_ problems: Problems?) {
        calmSilenceXMLMessages()
        xmlSetStructuredErrorFunc(problems.map { Unmanaged.passUnretained($0).toOpaque() }) { context, error in
            guard let context, let error else { return }
            Unmanaged<Problems>.fromOpaque(context).takeUnretainedValue().note(UnsafeMutablePointer(mutating: error))
        }
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
        switch xmlTextReaderRead(reader) {
        case 1: return true
        case 0 where problems.first == nil: return false
        default: throw problems.problem
        }
    }

    var kind: xmlReaderTypes { xmlReaderTypes(rawValue: UInt32(max(0, xmlTextReaderNodeType(reader)))) }
    var isEmptyElement: Bool { xmlTextReaderIsEmptyElement(reader) == 1 }
    /// The document type's entities; read at the root element, when the subset is whole.
    var subset: xmlDtdPtr? { xmlTextReaderCurrentDoc(reader)?.pointee.intSubset }

    /// Without a namespace's prefix. Valid until the next node.
    var name: UnsafePointer<CChar> { Self.characters(xmlTextReaderConstLocalName(reader)) }
    var value: UnsafePointer<CChar> { Self.characters(xmlTextReaderConstValue(reader)) }

    private static func characters(_ text: UnsafePointer<xmlChar>?) -> UnsafePointer<CChar> {
        guard let text else { return UnsafePointer(empty) }
        return UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self)
    }

    /// Calls `body` with each attribute's name, which lies at one address in the whole document; namespaces are none.
    func attributes(_ body: (UnsafePointer<CChar>) throws(JUnitProblem) -> Void) throws(JUnitProblem) {
        while xmlTextReaderMoveToNextAttribute(reader) == 1 {
            if xmlTextReaderIsNamespaceDecl(reader) == 0 { try body(name) }
        }
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
