import Tokenization

// Text in which numbers are written in columns.
extension SymbolTokenizer {
    /// Appends what stands at `index`, which moves behind it.
    func appendColumns(
        _ text: [UInt8], _ index: inout Int, _ columns: ColumnAlphabet, to tokens: inout [Token]
    ) throws {
        let (start, byte) = (index, text[index])
        if let kind = ColumnAlphabet.Label.Kind.allCases.first(where: { $0.brackets.opening == byte }) {
            try appendLabel(kind, text, &index, columns, to: &tokens)
            return
        }
        if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) {
            index += 1
            let symbol = integer(text, &index).flatMap { columns.symbol(role: byte, value: $0) }
            tokens.append(try token(symbol, text, start..<index))
        } else if let mark = columns.symbol(mark: byte) {
            index += 1
            tokens.append(try token(mark, text, start..<index))
        } else if Self.isDigit(byte) {
            index += 1
            guard index == text.count || !Self.isDigit(text[index]) else {
                throw TokenizerError(
                    "\(place(start, of: text)): a number in columns stands behind a label, such as <1>22")
            }
            tokens.append(Token(id: SymbolTokenizer.firstDigit + Int32(byte - 48), end: index))
        } else {
            try appendWord(text, &index, to: &tokens)
        }
    }

    /// Appends an address such as `<1.0>`, or a label such as `<1>` with the number behind it.
    private func appendLabel(
        _ kind: ColumnAlphabet.Label.Kind, _ text: [UInt8], _ index: inout Int, _ columns: ColumnAlphabet,
        to tokens: inout [Token]
    ) throws {
        let start = index
        var parts: [Int] = []
        repeat {
            index += 1
            guard let part = integer(text, &index) else { break }
            parts.append(part)
        } while index < text.count && text[index] == UInt8(ascii: ".") && parts.count < 3
        let count = kind == .operand ? 1 : 2
        let isClosed = index < text.count && text[index] == kind.brackets.closing
        if index < text.count { index += 1 }
        guard isClosed, parts.count == count || parts.count == count + 1 else {
            throw missing(String(decoding: text[start..<index], as: UTF8.self), at: start, of: text)
        }
        let label = ColumnAlphabet.Label(kind: kind, operand: parts[0], limb: count == 1 ? 0 : parts[1])
        if parts.count > count {
            tokens.append(try token(columns.symbol(label, place: parts[count]), text, start..<index))
            return
        }
        let first = index
        guard let number = integer(text, &index), index == text.count || !Self.isDigit(text[index]),
            let (negative, digits) = numbers.digits(of: number), !negative
        else {
            throw TokenizerError(
                "\(place(first, of: text)): expected a number from 0 to \(numbers.capacity) behind \(label.text())")
        }
        // With another count of digits than people write, the last token takes the rest of the bytes.
        for (place, digit) in digits.enumerated() {
            let address = start..<min(first + place, index)
            tokens.append(try token(columns.symbol(label, place: place), text, address))
            let last = place == digits.count - 1 ? index : min(first + place + 1, index)
            tokens.append(Token(id: SymbolTokenizer.firstDigit + Int32(digit), end: last))
        }
    }

    /// The token of a symbol of the columns that `range` spells.
    private func token(_ symbol: Int?, _ text: [UInt8], _ range: Range<Int>) throws -> Token {
        guard let symbol else {
            throw missing(String(decoding: text[range], as: UTF8.self), at: range.lowerBound, of: text)
        }
        return Token(id: Int32(firstColumnSymbol + symbol), end: range.upperBound)
    }

    /// An integer as it is written back: without zeros in front, and no `-0`.
    private func integer(_ text: [UInt8], _ index: inout Int) -> Int? {
        let isNegative = index < text.count && text[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        var value = 0
        let first = index
        while index < text.count, Self.isDigit(text[index]), index - first < 9 {
            value = 10 * value + Int(text[index] - 48)
            index += 1
        }
        guard index > first, text[first] != UInt8(ascii: "0") || index == first + 1 && !isNegative else { return nil }
        return isNegative ? -value : value
    }
}
