/// How programs write a text in HTML and XML.
enum MarkupEscapes {
    /// How numbers of characters are written, or the names that the five special ones have.
    private enum Reference: CaseIterable {
        case name, decimal, upper, lower

        func text(_ scalar: Unicode.Scalar) -> String {
            switch self {
            case .name: Self.names[scalar] ?? String(scalar)
            case .decimal: "&#\(scalar.value);"
            case .upper: "&#x\(String(scalar.value, radix: 16, uppercase: true));"
            case .lower: "&#x\(String(scalar.value, radix: 16));"
            }
        }

        private static let names: [Unicode.Scalar: String] = [
            "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&apos;",
        ]
    }

    private static let quoteForms = ["\"", "&quot;", "&#34;", "&#x22;"]
    private static let apostropheForms = ["'", "&apos;", "&#39;", "&#039;", "&#x27;"]
    /// What some writers escape besides the five.
    private static let extents = ["", "/", "/`="]

    /// The text in all ways that differ from it.
    static func forms(of text: String) -> Set<String> {
        let characters = Set(text.unicodeScalars)
        let others = characters.filter(isOther)
        func choices(_ forms: [String], ifAny special: String) -> [String] {
            special.unicodeScalars.contains(where: characters.contains) ? forms : [forms[0]]
        }
        guard !others.isEmpty || "&<>\"'/`=".unicodeScalars.contains(where: characters.contains) else { return [] }
        var forms: Set<String> = []
        for reference in Reference.allCases {
            let isNamed = reference == .name
            for quote in isNamed ? choices(quoteForms, ifAny: "\"") : [reference.text("\"")] {
                for apostrophe in isNamed ? choices(apostropheForms, ifAny: "'") : [reference.text("'")] {
                    for greater in choices([reference.text(">"), ">"], ifAny: ">") {
                        for extent in choices(extents, ifAny: "/`=") {
                            var written: [Unicode.Scalar: String] = [
                                "\"": quote, "'": apostrophe, ">": greater, "&": reference.text("&"),
                                "<": reference.text("<"),
                            ]
                            for scalar in extent.unicodeScalars {
                                written[scalar] = (isNamed ? .upper : reference).text(scalar)
                            }
                            forms.insert(replace(in: text, by: written))
                            if others.isEmpty { continue }
                            for scalar in others { written[scalar] = (isNamed ? .decimal : reference).text(scalar) }
                            forms.insert(replace(in: text, by: written))
                        }
                    }
                }
            }
        }
        return forms
    }

    private static func replace(in text: String, by written: [Unicode.Scalar: String]) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if let form = written[scalar] { result += form } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }

    /// What is written as a number by those who write ASCII, or keep an attribute's white space.
    private static func isOther(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x20 || !scalar.isASCII }
}
