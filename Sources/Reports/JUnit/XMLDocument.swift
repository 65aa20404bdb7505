import CLibXML2
import Foundation

/// An XML document written front to back by libxml2's writer into memory.
///
/// Text may hold any characters; how those that XML forbids are written says ``XMLText``.
struct XMLDocument: ~Copyable {
    private let buffer: xmlBufferPtr
    private let writer: xmlTextWriterPtr

    private let isCopy: Bool

    /// - Parameter isCopy: Whether the attributes' texts were read from XML.
    init(isCopy: Bool = false) {
        self.isCopy = isCopy
        guard let buffer = xmlBufferCreate(), let writer = xmlNewTextWriterMemory(buffer, 0) else {
            preconditionFailure("out of memory")
        }
        self.buffer = buffer
        self.writer = writer
        xmlTextWriterSetIndent(writer, 1)
        xmlTextWriterSetIndentString(writer, "  ")
        xmlTextWriterStartDocument(writer, "1.0", "UTF-8", nil)
    }

    deinit {
        xmlFreeTextWriter(writer)
        xmlBufferFree(buffer)
    }

    /// Writes an element, its attributes in the given order, then whatever `content` writes.
    func element(
        _ name: String, _ attributes: KeyValuePairs<String, String?> = [:], text: XMLText? = nil,
        content: () -> Void = {}
    ) {
        xmlTextWriterStartElement(writer, name)
        for case (let key, let value?) in attributes {
            xmlTextWriterWriteAttribute(writer, key, XMLText(value, isCopy: isCopy).legal)
        }
        if let text { xmlTextWriterWriteString(writer, text.legal) }
        content()
        xmlTextWriterEndElement(writer)
    }

    /// Ends the document and gives its UTF-8 bytes.
    consuming func finish() -> Data {
        xmlTextWriterEndDocument(writer)
        xmlTextWriterFlush(writer)
        guard let content = xmlBufferContent(buffer) else { return Data() }
        return Data(bytes: content, count: Int(xmlBufferLength(buffer)))
    }
}
