/// Cuts a condition into words, comparisons and parentheses.
struct RunFilterLexer {
    enum Token: Hashable {
        /// Words in brackets or quotes may hold anything: `scores[model=composed]`, `"a b"`.
        case word(String, isQuoted: Bool)
        case comparison(RunFilter.Comparison)
        case open, close
        case and, or, not
        case end
    }

    struct Place: Hashable {
        let token: Token
        /// From 1.
        let column: Int
        let text: String
    }

    private static let lengthLimit = 10_000

    private let characters: [Character]
    private var position = 0

    static func tokens(of text: String) throws(RunFilterProblem) -> [Place] {
        var lexer = RunFilterLexer(characters: Array(text))
        guard lexer.characters.count <= lengthLimit else {
            throw RunFilterProblem(
                column: 1, message: "\(lexer.characters.count) characters, expected at most \(lengthLimit)")
        }
        var places: [Place] = []
        while true {
            let place = try lexer.next()
            places.append(place)
            if place.token == .end { return places }
        }
    }

    private init(characters: [Character]) { self.characters = characters }

    private mutating func next() throws(RunFilterProblem) -> Place {
        while position < characters.count, characters[position].isWhitespace { position += 1 }
        let start = position
        func place(_ token: Token) -> Place {
            Place(token: token, column: start + 1, text: String(characters[start..<position]))
        }
        guard position < characters.count else { return Place(token: .end, column: start + 1, text: "the end") }
        let rest = String(characters[position..<min(position + 2, characters.count)])
        for (sign, token) in Self.signs where rest.hasPrefix(sign) {
            position += sign.count
            return place(token)
        }
        let (word, isQuoted) = try word()
        guard position > start else {
            throw RunFilterProblem(column: start + 1, message: "found \(String(characters[start]).debugDescription)")
        }
        switch isQuoted ? "" : word.lowercased() {
        case "and": return place(.and)
        case "or": return place(.or)
        case "not": return place(.not)
        default: return place(.word(word, isQuoted: isQuoted))
        }
    }

    /// The longer ones first.
    private static let signs: [(String, Token)] = [
        ("&&", .and), ("||", .or), ("==", .comparison(.equal)), ("!=", .comparison(.notEqual)),
        ("<=", .comparison(.lessOrEqual)), (">=", .comparison(.greaterOrEqual)), ("!~", .comparison(.lacks)),
        ("=", .comparison(.equal)), ("<", .comparison(.less)), (">", .comparison(.greater)),
        ("~", .comparison(.contains)), ("(", .open), (")", .close), ("!", .not),
    ]

    private mutating func word() throws(RunFilterProblem) -> (String, isQuoted: Bool) {
        var word = ""
        var isQuoted = false
        while position < characters.count {
            let character = characters[position]
            if character == "\"" || character == "'" {
                isQuoted = isQuoted || word.isEmpty
                word += try quoted(character)
            } else if character == "[" {
                word += try bracketed()
            } else if character.isWhitespace || "=<>!~()&|".contains(character) {
                break
            } else {
                word.append(character)
                position += 1
            }
        }
        return (word, isQuoted)
    }

    /// A backslash takes the next character as it is.
    private mutating func quoted(_ mark: Character) throws(RunFilterProblem) -> String {
        let start = position
        var text = ""
        position += 1
        while position < characters.count {
            var character = characters[position]
            position += 1
            if character == mark { return text }
            if character == "\\", position < characters.count {
                character = characters[position]
                position += 1
            }
            text.append(character)
        }
        throw RunFilterProblem(column: start + 1, message: "found \(mark) without its end")
    }

    private mutating func bracketed() throws(RunFilterProblem) -> String {
        let start = position
        while position < characters.count {
            position += 1
            if characters[position - 1] == "]" { return String(characters[start..<position]) }
        }
        throw RunFilterProblem(column: start + 1, message: "found [ without its ]")
    }
}
