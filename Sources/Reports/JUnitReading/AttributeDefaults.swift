import CLibXML2

/// Values that a document type gives attributes that aren't written: `<!ATTLIST testcase status CDATA "failed">`.
///
/// They aren't read. No writer of reports is known to declare any; one that may say what became of a test makes the report
/// incomplete.
enum AttributeDefaults {
    /// What to say of the first that may say what became of a test; nil if there is none.
    static func first(in subset: xmlDtdPtr?) -> String? {
        var node = subset?.pointee.children
        while let current = node {
            node = current.pointee.next
            guard current.pointee.type == XML_ATTRIBUTE_DECL else { continue }
            let attribute = UnsafeRawPointer(current).assumingMemoryBound(to: xmlAttribute.self).pointee
            guard let name = attribute.name, attribute.defaultValue != nil else { continue }
            if let sentence = sentence(String(cString: name)) { return sentence }
        }
        return nil
    }

    /// The same of a declaration's text behind `<!ATTLIST`.
    static func first(inDeclaration text: String) -> String? {
        // Behind the element's name, each attribute has a name, a type and a default; only values are quoted.
        var rest = Substring(text).drop(while: \.isWhitespace).drop { !$0.isWhitespace }
        while let quote = rest.firstIndex(where: { $0 == "\"" || $0 == "'" }) {
            for name in rest[..<quote].split(whereSeparator: \.isWhitespace) {
                if let sentence = sentence(String(name)) { return sentence }
            }
            let value = rest[rest.index(after: quote)...]
            guard let end = value.firstIndex(of: rest[quote]) else { return nil }
            rest = value[value.index(after: end)...]
        }
        return nil
    }

    private static func sentence(_ attribute: String) -> String? {
        let word = JUnitWords.normalized(attribute)
        let saysOutcome =
            switch JUnitAttribute.named[word] {
            case .word, .flag, .mark, .exitCode: true
            case .className, .file, .duration, .configuration, nil: JUnitCount.named[word] != nil
            }
        guard saysOutcome else { return nil }
        return "the document type gives the attribute '\(attribute.prefix(40))' a default value, which isn't read"
    }
}
