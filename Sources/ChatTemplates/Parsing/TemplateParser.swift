/// Parses a template by Jinja's grammar, with the tags `break`, `continue` and `generation`.
struct TemplateParser {
    private var tokens: [Token]
    private var position = 0
    private var depth = 0
    /// Loops around the current place, within the current macro.
    var loopDepth = 0
    /// Where the latest tag begins.
    var tagOffset = 0
    /// Unknown filters and tests are errors at once, but within `if` only when they are reached.
    var isSoft = false
    /// The special names that the macros around the current place use.
    var specials: [Set<String>] = []

    static func parse(_ source: [Unicode.Scalar]) throws(TemplateError) -> [Statement] {
        var parser = TemplateParser(tokens: try TemplateLexer.tokens(of: source))
        let body = try parser.body(until: [])
        return body
    }

    private init(tokens: [Token]) { self.tokens = tokens }

    var current: Token { tokens[position] }

    func peek(_ distance: Int = 1) -> Token { tokens[min(position + distance, tokens.count - 1)] }

    mutating func advance() -> Token {
        let token = tokens[position]
        if position < tokens.count - 1 { position += 1 }
        return token
    }

    func fail(_ message: String, at offset: Int? = nil) -> TemplateError {
        TemplateError(.syntax, message, at: offset ?? current.offset)
    }

    func isSymbol(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }

    func isName(_ name: String) -> Bool { current.kind == .name(name) }

    mutating func skip(symbol: String) -> Bool {
        guard isSymbol(symbol) else { return false }
        _ = advance()
        return true
    }

    mutating func skip(name: String) -> Bool {
        guard isName(name) else { return false }
        _ = advance()
        return true
    }

    mutating func expect(symbol: String) throws(TemplateError) {
        guard skip(symbol: symbol) else { throw fail("expected '\(symbol)', found \(current.description)") }
    }

    mutating func expectName() throws(TemplateError) -> String {
        guard case .name(let name) = current.kind else {
            throw fail("expected a name, found \(current.description)")
        }
        _ = advance()
        return name
    }

    mutating func expect(name: String) throws(TemplateError) {
        guard skip(name: name) else { throw fail("expected '\(name)', found \(current.description)") }
    }

    /// Runs `parse` one level deeper.
    mutating func nested<Value>(
        _ parse: (inout TemplateParser) throws(TemplateError) -> Value
    ) throws(TemplateError) -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 100 else { throw TemplateError(.limit, "nested too deeply", at: current.offset) }
        return try parse(&self)
    }

    /// Statements up to one of the closing tags, whose name is then the current token; or to the end of the template.
    mutating func body(until closing: [String]) throws(TemplateError) -> [Statement] {
        let opening = tagOffset
        return try nested { (parser) throws(TemplateError) in
            var statements: [Statement] = []
            while true {
                let token = parser.advance()
                switch token.kind {
                case .data(let text): statements.append(Statement(kind: .data(text), offset: token.offset))
                case .variableBegin:
                    let value = try parser.tuple()
                    guard parser.current.kind == .variableEnd else {
                        throw parser.fail("expected '}}', found \(parser.current.description)")
                    }
                    _ = parser.advance()
                    statements.append(Statement(kind: .output([value]), offset: token.offset))
                case .blockBegin:
                    if case .name(let name) = parser.current.kind, closing.contains(name) { return statements }
                    statements.append(try parser.statement(at: token.offset))
                    try parser.expectBlockEnd()
                case .end:
                    guard closing.isEmpty else {
                        let expected = closing.map { "'\($0)'" }.joined(separator: " or ")
                        throw parser.fail("the template ends without \(expected)", at: opening)
                    }
                    return statements
                default: throw parser.fail("unexpected \(token.description)", at: token.offset)
                }
            }
        }
    }

    mutating func expectBlockEnd() throws(TemplateError) {
        guard current.kind == .blockEnd else { throw fail("expected '%}', found \(current.description)") }
        _ = advance()
    }
}
