/// Cuts a template into tokens, as Jinja does with `trim_blocks` and `lstrip_blocks`:
/// the first newline behind a block or comment goes, and so does white space between the start of a line and a block or
/// comment. `-` strips all white space on its side, `+` none.
struct TemplateLexer {
    private let source: [Unicode.Scalar]
    private var position = 0
    private var tokens: [Token] = []
    /// The last token ended with a newline, or nothing came yet.
    private var isLineStart = true

    /// The source with `\n` as its only newline, and without one newline at its end.
    static func normalized(_ text: String) -> [Unicode.Scalar] {
        var scalars = newlinesNormalized(Array(text.unicodeScalars))
        if scalars.last == "\n" { scalars.removeLast() }
        return scalars
    }

    static func tokens(of source: [Unicode.Scalar]) throws(TemplateError) -> [Token] {
        var lexer = TemplateLexer(source: source)
        try lexer.run()
        return lexer.tokens
    }

    private init(source: [Unicode.Scalar]) { self.source = source }

    private mutating func run() throws(TemplateError) {
        while let begin = nextTag(from: position) {
            let sign = scalar(begin + 2)
            let isVariable = source[begin + 1] == "{"
            let raw = source[begin + 1] == "%" ? rawEnd(begin, word: "raw") : nil
            addData(position..<begin, sign: sign, strips: !isVariable)
            let start = begin + (sign == "-" || sign == "+" ? 3 : 2)
            if let raw {
                isLineStart = source[raw - 1] == "\n"
                position = raw
                try readRaw(from: begin)
            } else if source[begin + 1] == "#" {
                try skipComment(from: begin, start)
            } else {
                tokens.append(Token(kind: isVariable ? .variableBegin : .blockBegin, offset: begin))
                position = start
                try readExpression(isVariable, from: begin)
            }
        }
        addData(position..<source.count, sign: nil, strips: false)
        tokens.append(Token(kind: .end, offset: source.count))
    }

    private func scalar(_ index: Int) -> Unicode.Scalar? { index < source.count ? source[index] : nil }

    private func has(_ text: String, at index: Int) -> Bool {
        var index = index
        for expected in text.unicodeScalars {
            guard scalar(index) == expected else { return false }
            index += 1
        }
        return true
    }

    private func nextTag(from start: Int) -> Int? {
        var index = start
        while index + 1 < source.count {
            if source[index] == "{", "{%#".unicodeScalars.contains(source[index + 1]) { return index }
            index += 1
        }
        return nil
    }

    private mutating func addData(_ range: Range<Int>, sign: Unicode.Scalar?, strips: Bool) {
        var end = range.upperBound
        if sign == "-" {
            while end > range.lowerBound, source[end - 1].isPythonSpace { end -= 1 }
        } else if strips, sign != "+" {
            var lineStart = end
            while lineStart > range.lowerBound, source[lineStart - 1] != "\n" { lineStart -= 1 }
            let isAtStart = lineStart > range.lowerBound || isLineStart
            if isAtStart, source[lineStart..<end].allSatisfy(\.isPythonSpace) { end = lineStart }
        }
        guard end > range.lowerBound else { return }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: source[range.lowerBound..<end])
        tokens.append(Token(kind: .data(String(text)), offset: range.lowerBound))
    }

    /// Behind the end of a tag, with what goes with it. `close` is at the tag's two characters or the sign before them.
    private func behindEnd(_ close: Int, trimsNewline: Bool) -> Int {
        var index = close
        switch source[index] {
        case "-":
            index += 3
            while let next = scalar(index), next.isPythonSpace { index += 1 }
        case "+": index += 3
        default:
            index += 2
            if trimsNewline, scalar(index) == "\n" { index += 1 }
        }
        return index
    }

    private mutating func skipComment(from begin: Int, _ start: Int) throws(TemplateError) {
        var index = start
        while index < source.count {
            let isSigned = source[index] == "-" || source[index] == "+"
            if has("#}", at: isSigned ? index + 1 : index) {
                position = behindEnd(index, trimsNewline: true)
                isLineStart = source[position - 1] == "\n"
                return
            }
            index += 1
        }
        // As in Jinja: nothing behind it is nothing without an end.
        position = source.count
        guard start < source.count else { return }
        throw TemplateError(.syntax, "a comment without its end '#}'", at: begin)
    }

    /// Behind `{% word %}` at `begin`, if that is there.
    private func rawEnd(_ begin: Int, word: String) -> Int? {
        var index = begin + 2
        if scalar(index) == "-" || scalar(index) == "+" { index += 1 }
        while let next = scalar(index), next.isPythonSpace { index += 1 }
        guard has(word, at: index) else { return nil }
        index += word.unicodeScalars.count
        while let next = scalar(index), next.isPythonSpace { index += 1 }
        if has("-%}", at: index) || (word == "endraw" && has("+%}", at: index)) || has("%}", at: index) {
            return behindEnd(index, trimsNewline: word == "endraw")
        }
        return nil
    }

    private mutating func readRaw(from begin: Int) throws(TemplateError) {
        var index = position
        while index + 1 < source.count {
            if has("{%", at: index), let end = rawEnd(index, word: "endraw") {
                addData(position..<index, sign: scalar(index + 2), strips: true)
                position = end
                isLineStart = source[end - 1] == "\n"
                return
            }
            index += 1
        }
        guard position < source.count else { return }
        throw TemplateError(.syntax, "'raw' without its 'endraw'", at: begin)
    }

    private mutating func readExpression(_ isVariable: Bool, from begin: Int) throws(TemplateError) {
        var open: [Unicode.Scalar] = []
        while position < source.count {
            let next = source[position]
            if open.isEmpty {
                let close = isVariable ? "}}" : "%}"
                let isSigned = next == "-" || (next == "+" && !isVariable)
                if has(close, at: isSigned ? position + 1 : position) {
                    tokens.append(Token(kind: isVariable ? .variableEnd : .blockEnd, offset: position))
                    position = behindEnd(position, trimsNewline: !isVariable)
                    isLineStart = source[position - 1] == "\n"
                    return
                }
            }
            if next.isPythonSpace {
                position += 1
            } else if let token = try literal() {
                tokens.append(token)
            } else {
                try readSymbol(&open)
            }
        }
        throw TemplateError(.syntax, "'\(isVariable ? "{{" : "{%")' without its end", at: begin)
    }

    private mutating func readSymbol(_ open: inout [Unicode.Scalar]) throws(TemplateError) {
        let start = position
        for length in [2, 1] {
            guard start + length <= source.count else { continue }
            var text = String.UnicodeScalarView()
            text.append(contentsOf: source[start..<start + length])
            let symbol = String(text)
            guard Self.symbols.contains(symbol) else { continue }
            switch symbol {
            case "(", "[", "{":
                open.append(source[start])
                guard open.count <= 100 else { throw TemplateError(.limit, "nested too deeply", at: start) }
            case ")", "]", "}":
                let expected: Unicode.Scalar = symbol == ")" ? "(" : symbol == "]" ? "[" : "{"
                guard open.popLast() == expected else {
                    throw TemplateError(.syntax, "unexpected '\(symbol)'", at: start)
                }
            default: break
            }
            position += length
            return tokens.append(Token(kind: .symbol(symbol), offset: start))
        }
        throw TemplateError(.syntax, "unexpected character '\(source[start])'", at: start)
    }

    private static let symbols: Set<String> = [
        "+", "-", "/", "//", "*", "%", "**", "~", "[", "]", "(", ")", "{", "}", "==", "!=", ">", ">=", "<", "<=", "=",
        ".",
        ":", "|", ",", ";",
    ]

    private mutating func literal() throws(TemplateError) -> Token? {
        if let token = try number() { return token }
        if let token = try name() { return token }
        return try string()
    }

    private mutating func name() throws(TemplateError) -> Token? {
        let start = position
        while let next = scalar(position), next.isWordCharacter { position += 1 }
        guard position > start else { return nil }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: source[start..<position])
        guard let first = text.first, !first.properties.isPythonDigit else {
            throw TemplateError(.syntax, "invalid name '\(String(text))'", at: start)
        }
        return Token(kind: .name(String(text)), offset: start)
    }

    private mutating func string() throws(TemplateError) -> Token? {
        let quote = source[position]
        guard quote == "'" || quote == "\"" else { return nil }
        let start = position
        var index = start + 1
        while let next = scalar(index), next != quote { index += next == "\\" ? 2 : 1 }
        guard index < source.count else {
            throw TemplateError(.syntax, "a string without its closing quote", at: start)
        }
        position = index + 1
        let text = try StringLiteral.value(of: source[start + 1..<index], at: start)
        return Token(kind: .string(text), offset: start)
    }

    private mutating func number() throws(TemplateError) -> Token? {
        let start = position
        guard let (text, isFloat, radix) = NumberLiteral.match(source, start) else { return nil }
        // `.5` after a name is an element, not a fraction.
        position = start + text.consumed
        if isFloat, let value = Double(text.digits) { return Token(kind: .float(value), offset: start) }
        guard let value = Int(text.digits, radix: radix) else {
            throw TemplateError(.unsupported, "the number \(text.digits) is beyond 64 bits", at: start)
        }
        return Token(kind: .integer(value), offset: start)
    }
}

/// `\r\n` and `\r` become `\n`.
func newlinesNormalized(_ scalars: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var wasReturn = false
    for scalar in scalars {
        if scalar == "\r" {
            result.append("\n")
        } else if scalar != "\n" || !wasReturn {
            result.append(scalar)
        }
        wasReturn = scalar == "\r"
    }
    return result
}
