import Tokenization

extension SymbolTokenizer {
    package func encode(_ text: [UInt8], control: ControlText) throws -> [Token] {
        var tokens: [Token] = []
        tokens.reserveCapacity(columns == nil ? text.count : text.count / 2)
        var index = 0
        while index < text.count {
            if control == .parsed, let id = controlToken(at: index, of: text) {
                index += SymbolTokenizer.controlTexts[Int(id)].utf8.count
                tokens.append(Token(id: id, end: index))
            } else if let columns {
                try appendColumns(text, &index, columns, to: &tokens)
            } else if isSign(text, index) || Self.isDigit(text[index]) {
                try appendNumber(text, &index, to: &tokens)
            } else {
                try appendWord(text, &index, to: &tokens)
            }
        }
        return tokens
    }

    private func controlToken(at index: Int, of text: [UInt8]) -> Int32? {
        SymbolTokenizer.controlTexts.firstIndex { text[index...].starts(with: $0.utf8) }.map { Int32($0) }
    }

    /// Whether a minus at `index` is a sign: at the start, or right after another operator.
    private func isSign(_ text: [UInt8], _ index: Int) -> Bool {
        guard text[index] == UInt8(ascii: "-"), index + 1 < text.count, Self.isDigit(text[index + 1]) else {
            return false
        }
        return index == 0 || !Self.isDigit(text[index - 1]) && !Self.isLetter(text[index - 1])
    }

    /// Appends the number at `index`, which moves behind it.
    private func appendNumber(_ text: [UInt8], _ index: inout Int, to tokens: inout [Token]) throws {
        let start = index
        let signed = !Self.isDigit(text[index])
        if signed { index += 1 }
        while index < text.count, Self.isDigit(text[index]) { index += 1 }
        let spelled = String(decoding: text[start..<index], as: UTF8.self)
        guard let number = Int(spelled), let (negative, digits) = numbers.digits(of: number) else {
            throw TokenizerError(
                "\(place(start, of: text)): \(spelled) is too large; numbers up to ±\(numbers.capacity) can be written")
        }
        if negative {
            guard let minus = ids["-"] else { throw missing("-", at: start, of: text) }
            tokens.append(Token(id: minus, end: start + 1))
        }
        // With another count of digits than people write, the last token takes the rest of the bytes.
        let first = signed ? start + 1 : start
        for (place, digit) in digits.enumerated() {
            let end = place == digits.count - 1 ? index : min(first + place + 1, index)
            tokens.append(Token(id: SymbolTokenizer.firstDigit + Int32(digit), end: end))
        }
    }

    /// Appends the operator, the key or the letter at `index`, which moves behind it.
    func appendWord(_ text: [UInt8], _ index: inout Int, to tokens: inout [Token]) throws {
        let start = index
        index += 1
        if Self.isLetter(text[start]), !keys.isEmpty {
            while index < text.count, Self.isLetter(text[index]) { index += 1 }
        }
        let word = String(decoding: text[start..<index], as: UTF8.self)
        guard let id = ids[word] else { throw missing(word, at: start, of: text) }
        tokens.append(Token(id: id, end: index))
    }

    /// `byte 3 of 'ab=500'`; of a long text only what surrounds the byte.
    func place(_ byte: Int, of text: [UInt8]) -> String {
        let reach = 24
        guard text.count > 4 * reach else { return "byte \(byte) of '\(String(decoding: text, as: UTF8.self))'" }
        let excerpt = text[max(0, byte - reach)..<min(text.count, byte + reach)]
        return "byte \(byte) of \(text.count), in '…\(String(decoding: excerpt, as: UTF8.self))…'"
    }

    func missing(_ entry: String, at byte: Int, of text: [UInt8]) -> TokenizerError {
        TokenizerError(
            "\(place(byte, of: text)): '\(entry)' is not in the vocabulary of \(generatedCount) symbols and "
                + "\(vocabularyCount - generatedCount) \(keys.isEmpty ? "letters" : "keys")")
    }
}
