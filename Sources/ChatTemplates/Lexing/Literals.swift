/// Python's numbers: `1_000`, `0x1F`, `0o7`, `0b1`, `1.5`, `1e3`.
enum NumberLiteral {
    typealias Text = (digits: String, consumed: Int)

    static func match(_ source: [Unicode.Scalar], _ start: Int) -> (text: Text, isFloat: Bool, radix: Int)? {
        guard isDigit(source, start, 10) else { return nil }
        let whole = digits(source, start, 10)
        if start == 0 || source[start - 1] != ".", let end = floatEnd(source, whole) {
            return ((text(source[start..<end]), end - start), true, 10)
        }
        if source[start] == "0", start + 1 < source.count {
            let radix = ["x": 16, "X": 16, "o": 8, "O": 8, "b": 2, "B": 2][source[start + 1]]
            if let radix {
                var first = start + 2
                if first < source.count, source[first] == "_" { first += 1 }
                if isDigit(source, first, radix) {
                    let end = digits(source, first, radix)
                    return ((text(source[first..<end]), end - start), false, radix)
                }
            }
        }
        // A number with a leading zero is 0, and what follows another number.
        let end = source[start] == "0" ? zeros(source, start) : whole
        return ((text(source[start..<end]), end - start), false, 10)
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars.filter { $0 != "_" })
        return String(view)
    }

    private static func isDigit(_ source: [Unicode.Scalar], _ index: Int, _ radix: Int) -> Bool {
        guard index < source.count, source[index].isASCII else { return false }
        return Character(source[index]).hexDigitValue.map { $0 < radix } ?? false
    }

    /// Digits, with single underscores between them.
    private static func digits(_ source: [Unicode.Scalar], _ start: Int, _ radix: Int) -> Int {
        var index = start
        while isDigit(source, index, radix)
            || (index > start && index < source.count && source[index] == "_" && isDigit(source, index + 1, radix))
        {
            index += 1
        }
        return index
    }

    private static func zeros(_ source: [Unicode.Scalar], _ start: Int) -> Int {
        var index = start
        while index < source.count, source[index] == "0" { index += 1 }
        return index
    }

    /// The end of a fraction or an exponent behind the whole digits, if there is one.
    private static func floatEnd(_ source: [Unicode.Scalar], _ whole: Int) -> Int? {
        var end: Int?
        var index = whole
        if index < source.count, source[index] == ".", isDigit(source, index + 1, 10) {
            index = digits(source, index + 1, 10)
            end = index
        }
        if index < source.count, source[index] == "e" || source[index] == "E" {
            var first = index + 1
            if first < source.count, source[first] == "+" || source[first] == "-" { first += 1 }
            if isDigit(source, first, 10) { end = digits(source, first, 10) }
        }
        return end
    }
}

/// Python's escapes in a string.
enum StringLiteral {
    static func value(of body: ArraySlice<Unicode.Scalar>, at offset: Int) throws(TemplateError) -> String {
        let body = newlinesNormalized(body)
        var text = String.UnicodeScalarView()
        var index = 0
        while index < body.count {
            let scalar = body[index]
            index += 1
            guard scalar == "\\", index < body.count else {
                text.append(scalar)
                continue
            }
            let escape = body[index]
            index += 1
            if let plain = plainEscapes[escape] {
                text.append(plain)
            } else if escape == "\n" {
                continue
            } else if let length = hexadecimalEscapes[escape] {
                text.append(try hexadecimal(body, &index, length, offset))
            } else if let digit = octalDigit(escape) {
                var value = digit
                for _ in 0..<2 {
                    guard index < body.count, let next = octalDigit(body[index]) else { break }
                    value = value * 8 + next
                    index += 1
                }
                text.append(Unicode.Scalar(UInt32(value)) ?? "?")
            } else if escape == "N" {
                throw TemplateError(.unsupported, "characters by name (\\N) are not supported", at: offset)
            } else if escape.isASCII {
                text.append("\\")
                text.append(escape)
            } else {
                // Jinja writes characters beyond ASCII as escapes first, and this backslash makes that one plain text.
                let digits = String(escape.value, radix: 16)
                let (letter, width) = escape.value < 0x100 ? ("x", 2) : escape.value < 0x10000 ? ("u", 4) : ("U", 8)
                let zeros = String(repeating: "0", count: width - digits.count)
                text.append(contentsOf: ("\\" + letter + zeros + digits).unicodeScalars)
            }
        }
        return String(text)
    }

    private static let plainEscapes: [Unicode.Scalar: Unicode.Scalar] = [
        "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r", "t": "\t",
        "v": "\u{B}",
    ]

    private static let hexadecimalEscapes: [Unicode.Scalar: Int] = ["x": 2, "u": 4, "U": 8]

    private static func octalDigit(_ scalar: Unicode.Scalar) -> Int? {
        (48...55).contains(scalar.value) ? Int(scalar.value) - 48 : nil
    }

    private static func hexadecimal(
        _ body: [Unicode.Scalar], _ index: inout Int, _ length: Int, _ offset: Int
    ) throws(TemplateError) -> Unicode.Scalar {
        var value: UInt32 = 0
        for _ in 0..<length {
            guard index < body.count, body[index].isASCII, let digit = Character(body[index]).hexDigitValue,
                value < 0x1000_0000
            else {
                throw TemplateError(.syntax, "an escape in a string needs \(length) hexadecimal digits", at: offset)
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw TemplateError(.unsupported, "an escape in a string that is not a character", at: offset)
        }
        return scalar
    }
}
