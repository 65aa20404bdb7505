import CLibXML2

/// The entities that a document type declares, if they are harmless: internal, texts without elements, of other entities declared
/// before only, and expanding to little.
struct XMLEntities {
    static let longest = 1_000
    /// Characters that all references of a document may expand to.
    static let budget = 1_000_000

    private var texts: [String: String] = [:]
    private var spent = 0

    var isEmpty: Bool { texts.isEmpty }

    /// An entity as a document type declares it.
    struct Declaration {
        let name: String
        let content: String
        /// Neither a parameter nor anything outside of the document.
        let isInternal: Bool
    }

    init() {}

    /// - Throws: `JUnitProblem.refused` for a declaration that isn't harmless.
    init(_ subset: xmlDtdPtr?) throws(JUnitProblem) {
        var node = subset?.pointee.children
        while let current = node {
            node = current.pointee.next
            guard current.pointee.type == XML_ENTITY_DECL else { continue }
            let entity = UnsafeRawPointer(current).assumingMemoryBound(to: xmlEntity.self).pointee
            try add(
                Declaration(
                    name: entity.name.map { String(cString: $0) } ?? "",
                    content: entity.content.map { String(cString: $0) } ?? "",
                    isInternal: entity.etype == XML_INTERNAL_GENERAL_ENTITY))
        }
    }

    /// - Throws: `JUnitProblem.refused` for a declaration that isn't harmless.
    init(_ declarations: [Declaration]) throws(JUnitProblem) {
        for declaration in declarations where texts[declaration.name] == nil { try add(declaration) }
    }

    private mutating func add(_ declaration: Declaration) throws(JUnitProblem) {
        let name = declaration.name
        guard declaration.isInternal else {
            throw .refused(
                "it declares the entity '\(name)' as external or as a parameter; nothing outside a report is read")
        }
        guard !declaration.content.contains("<") else {
            throw .refused("its entity '\(name)' holds elements, expected text; write them where they belong")
        }
        texts[name] = try expand(declaration.content, name)
    }

    private func expand(_ content: String, _ name: String) throws(JUnitProblem) -> String {
        var text = ""
        var rest = content[...]
        while let start = rest.firstIndex(of: "&") {
            text += rest[..<start]
            let end = rest[start...].firstIndex(of: ";") ?? rest.endIndex
            let inner = String(rest[rest.index(after: start)..<end])
            rest = end == rest.endIndex ? "" : rest[rest.index(after: end)...]
            let predefined = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'"]
            if let known = predefined[inner] ?? texts[inner] ?? Self.character(inner) {
                text += known
            } else if !inner.hasPrefix("#") {
                throw .refused("its entity '\(name)' refers to '\(inner)', which isn't declared before it")
            }
            guard text.utf8.count <= Self.longest else { break }
        }
        text += rest
        guard text.utf8.count <= Self.longest else {
            throw .refused("its entity '\(name)' expands to more than \(Self.longest) characters")
        }
        return text
    }

    /// The character of `#60` or `#x3C`.
    static func character(_ reference: String) -> String? {
        guard reference.hasPrefix("#") else { return nil }
        let isHexadecimal = reference.hasPrefix("#x")
        let code = UInt32(reference.dropFirst(isHexadecimal ? 2 : 1), radix: isHexadecimal ? 16 : 10)
        return code.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
    }

    /// A declared value as XML takes it: references to characters are replaced once, when it is declared.
    static func literal(_ text: String) -> String {
        guard text.contains("&#") else { return text }
        return text.replacing(#/&(#x?[0-9A-Fa-f]+);/#) { character(String($0.1)) ?? "" }
    }

    /// What a reference stands for; nothing if the entity isn't declared.
    mutating func text(_ name: String) throws(JUnitProblem) -> String { try expansion(of: name) ?? "" }

    /// What a reference stands for; nil if the entity isn't declared.
    mutating func expansion(of name: String) throws(JUnitProblem) -> String? {
        guard let text = texts[name] else { return nil }
        spent += text.utf8.count
        guard spent <= Self.budget else {
            throw .refused("its entities expand to more than \(Self.budget) characters")
        }
        return text
    }
}
