import CLibXML2
import Foundation

/// An XML document written front to back by libxml2's writer into memory.
///
/// Text may hold any characters: those that XML 1.0 forbids are written as `#x1B`, as pytest writes them.
struct XMLDocument: ~Copyable {
    private let buffer: xmlBufferPtr
    private let writer: xmlTextWriterPtr

    init() {
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
        _ name: String, _ attributes: KeyValuePairs<String, String?> = [:], text: String? = nil,
        content: () -> Void = {}
    ) {
        xmlTextWriterStartElement(writer, name)
        for case (let key, let value?) in attributes {
            xmlTextWriterWriteAttribute(writer, key, XMLDocument.legal(value))
        }
        if let text { xmlTextWriterWriteString(writer, XMLDocument.legal(text)) }
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

    /// `text` without the characters that XML 1.0 forbids (§2.2, `Char`).
    static func legal(_ text: String) -> String {
        let isLegal = { (scalar: Unicode.Scalar) in
            switch scalar.value {
            case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
            default: false
            }
        }
        if text.unicodeScalars.allSatisfy(isLegal) { return text }
        var legal = ""
        for scalar in text.unicodeScalars {
            if isLegal(scalar) {
                legal.unicodeScalars.append(scalar)
            } else {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                legal += "#x" + String(repeating: "0", count: max(0, 2 - digits.count)) + digits
            }
        }
        return legal
    }
}
