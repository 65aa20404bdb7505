/// How a prompt or an answer is made of a pair: a text with `{language}`, `{source}` and `{english}`; `{{` and `}}` are braces.
package struct PairTemplate: Equatable, Sendable {
    package enum Field: String, CaseIterable, Sendable { case language, source, english }

    private enum Part: Equatable {
        case text(String)
        case field(Field)
    }

    private var parts: [Part] = []

    /// What is wrong with a template's text.
    package struct Problem: Error, Equatable {
        package let message: String
    }

    package init(_ text: String) throws(Problem) {
        var rest = text[...]
        var literal = ""
        while let character = rest.popFirst() {
            switch character {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                literal.append(rest.removeFirst())
            case "{":
                let name = rest.prefix { $0 != "}" }
                guard let field = Field(rawValue: String(name)), name.endIndex < rest.endIndex else {
                    throw Problem(message: "found '{\(name.prefix(40))', expected \(Self.expected)")
                }
                parts += [.text(literal), .field(field)]
                literal = ""
                rest = rest[rest.index(after: name.endIndex)...]
            case "}":
                throw Problem(message: "found a lone '}', expected \(Self.expected)")
            default:
                literal.append(character)
            }
        }
        parts.append(.text(literal))
    }

    private static var expected: String {
        Field.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ") + "; a brace itself is written twice"
    }

    package var fields: [Field] { parts.compactMap { if case .field(let field) = $0 { field } else { nil } } }

    package func text(_ pair: TranslationPair, language: String) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .field(.language): language
            case .field(.source): pair.source
            case .field(.english): pair.english
            }
        }.joined()
    }
}
