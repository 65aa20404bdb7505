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

    private static let quoteForms = ["\"", "&quot;", "&#34;", "&#034;", "&#x22;"]
    private static let apostropheForms = ["'", "&apos;", "&#39;", "&#039;", "&#x27;"]
    /// What some writers escape besides the five.
    private static let extents = ["", "/", "`", "/`="]

    /// The text in all ways that differ from it.
    static func forms(of text: String) -> Set<String> {
        let scalars = text.unicodeScalars
        func has(_ characters: String) -> Bool { scalars.contains { characters.unicodeScalars.contains($0) } }
        let hasOthers = scalars.contains { isOther($0) }
        guard hasOthers || has("&<>\"'/`=") else { return [] }
        var forms: Set<String> = []
        for reference in Reference.allCases {
            for others in hasOthers ? [nil, .decimal, .upper, .lower] as [Reference?] : [nil] {
                for quote in has("\"") ? quoteForms : [""] {
                    for apostrophe in has("'") ? apostropheForms : [""] {
                        for keepsGreater in has(">") ? [true, false] : [true] {
                            for extent in has("/`=") ? extents : [""] {
                                forms.insert(
                                    scalars.map { scalar in
                                        switch scalar {
                                        case "\"": quote
                                        case "'": apostrophe
                                        case ">" where keepsGreater: ">"
                                        case "&", "<", ">": reference.text(scalar)
                                        case _ where extent.unicodeScalars.contains(scalar):
                                            (reference == .name ? .upper : reference).text(scalar)
                                        case _ where isOther(scalar): others?.text(scalar) ?? String(scalar)
                                        default: String(scalar)
                                        }
                                    }.joined())
                            }
                        }
                    }
                }
            }
        }
        return forms
    }

    /// What is written as a number by those who write ASCII, or keep an attribute's white space.
    private static func isOther(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x20 || !scalar.isASCII }
}
