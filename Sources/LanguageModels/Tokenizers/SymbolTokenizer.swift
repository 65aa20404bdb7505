import Foundation

/// A tokenizer over a declared vocabulary: control tokens, digits, operators, letters or whole keys.
///
/// Ids in order: `<bos>`, `<eos>`, the ten digits, the operators, what columns are written with if numbers are written so,
/// then what is only read: single letters if keys are spelled in characters, or the keys. Numbers are written as `numbers` says.
package struct SymbolTokenizer: Tokenizer, Codable, Equatable {
    package let operators: [String]
    /// Single tokens; empty if keys are spelled in characters.
    package let keys: [String]
    package let numbers: NumberWriting
    /// The most operands of a calculation in columns; 0 if numbers are written otherwise.
    package let operands: Int

    private static let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)
    private static let firstDigit: Int32 = 2

    private let columns: ColumnAlphabet?
    /// Ids by text, for operators and what is only read.
    private let ids: [String: Int32]

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case operators, keys, numbers, operands
    }

    /// - Throws: `TokenizerError` if an entry of the vocabulary stands twice or can't be read back from text, or columns can't
    ///   be written for so many operands.
    package init(operators: [String], keys: [String], numbers: NumberWriting, operands: Int = 0) throws {
        self.operators = operators
        self.keys = keys
        self.numbers = numbers
        self.operands = operands
        guard numbers.style == .columns ? (1...99).contains(operands) : operands == 0 else {
            throw TokenizerError(
                "numbers in style \(numbers.style.rawValue) can't be written for expressions of \(operands) operands")
        }
        columns = operands > 0 ? ColumnAlphabet(operands: operands, width: numbers.width) : nil
        let reserved = numbers.style == .columns ? ColumnAlphabet.punctuation : []
        for entry in operators {
            guard let byte = entry.utf8.first, entry.utf8.count == 1, (33...126).contains(byte),
                !SymbolTokenizer.isDigit(byte), !(65...90).contains(byte & ~32), !reserved.contains(byte)
            else {
                throw TokenizerError(
                    "'\(entry)' can't be an operator: expected one ASCII character, neither letter nor digit"
                        + (reserved.isEmpty ? "" : ", nor one of those that columns are written with"))
            }
        }
        for key in keys where key.isEmpty || !key.utf8.allSatisfy({ (97...122).contains($0) }) {
            throw TokenizerError("'\(key)' can't be a key: expected letters a to z")
        }
        let first = SymbolTokenizer.firstDigit + 10
        let read = first + Int32(operators.count + (columns?.count ?? 0))
        let entries = operators + (keys.isEmpty ? SymbolTokenizer.letters : keys)
        ids = Dictionary(
            entries.enumerated().map { index, entry in
                (entry, index < operators.count ? first + Int32(index) : read + Int32(index - operators.count))
            }, uniquingKeysWith: { first, _ in first })
        guard ids.count == entries.count else {
            throw TokenizerError("a vocabulary of \(entries.count) entries holds only \(ids.count) different ones")
        }
    }

    package init(from decoder: any Swift.Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let numbers = try container.decode(NumberWriting.self, forKey: .numbers)
        guard numbers.isValid else {
            throw TokenizerError("numbers in style \(numbers.style.rawValue) can't have a width of \(numbers.width)")
        }
        try self.init(
            operators: container.decode([String].self, forKey: .operators),
            keys: container.decode([String].self, forKey: .keys),
            numbers: numbers,
            operands: container.decodeIfPresent(Int.self, forKey: .operands) ?? 0)
    }

    package func encode(to encoder: any Swift.Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(operators, forKey: .operators)
        try container.encode(keys, forKey: .keys)
        try container.encode(numbers, forKey: .numbers)
        if operands > 0 { try container.encode(operands, forKey: .operands) }
    }

    package var beginning: Int32 { 0 }
    package var end: Int32 { 1 }
    package var generatedCount: Int { firstColumnSymbol + (columns?.count ?? 0) }
    package var vocabularyCount: Int { Int(SymbolTokenizer.firstDigit) + 10 + (columns?.count ?? 0) + ids.count }
    private var firstColumnSymbol: Int { Int(SymbolTokenizer.firstDigit) + 10 + operators.count }

    /// Whether a minus at `index` is a sign: at the start, or right after another operator.
    private func isSign(_ bytes: ArraySlice<UInt8>, _ index: Int) -> Bool {
        guard bytes[index] == UInt8(ascii: "-"), index + 1 < bytes.endIndex, isDigit(bytes[index + 1]) else {
            return false
        }
        return index == bytes.startIndex || !isDigit(bytes[index - 1]) && !isLetter(bytes[index - 1])
    }

    package func encode(_ text: String) throws -> [Token] {
        let bytes = Array(text.utf8)[...]
        if let columns { return try encode(bytes, of: text, columns) }
        var tokens: [Token] = []
        tokens.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let start = index
            let signed = isSign(bytes, index)
            if signed || isDigit(bytes[index]) {
                if signed { index += 1 }
                while index < bytes.count, isDigit(bytes[index]) { index += 1 }
                let spelled = String(decoding: bytes[start..<index], as: UTF8.self)
                guard let number = Int(spelled), let (negative, digits) = numbers.digits(of: number) else {
                    throw TokenizerError(
                        "\(place(start, of: text)): \(spelled) is too large; numbers up to ±\(numbers.capacity) "
                            + "can be written")
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
            } else {
                try appendWord(bytes, of: text, &index, to: &tokens)
            }
        }
        return tokens
    }

    /// Text in which numbers are written in columns.
    private func encode(_ bytes: ArraySlice<UInt8>, of text: String, _ columns: ColumnAlphabet) throws -> [Token] {
        var tokens: [Token] = []
        tokens.reserveCapacity(bytes.count / 2)
        var index = 0

        /// An integer as it is written back: without zeros in front, and no `-0`.
        func integer() -> Int? {
            let isNegative = index < bytes.count && bytes[index] == UInt8(ascii: "-")
            if isNegative { index += 1 }
            var value = 0
            let first = index
            while index < bytes.count, isDigit(bytes[index]), index - first < 9 {
                value = 10 * value + Int(bytes[index] - 48)
                index += 1
            }
            guard index > first, bytes[first] != UInt8(ascii: "0") || index == first + 1 && !isNegative else {
                return nil
            }
            return isNegative ? -value : value
        }
        func append(_ symbol: Int?, from start: Int) throws {
            guard let symbol else {
                throw missing(String(decoding: bytes[start..<index], as: UTF8.self), at: start, of: text)
            }
            tokens.append(Token(id: Int32(firstColumnSymbol + symbol), end: index))
        }

        while index < bytes.count {
            let (start, byte) = (index, bytes[index])
            if let kind = ColumnAlphabet.Label.Kind.allCases.first(where: { $0.brackets.opening == byte }) {
                var parts: [Int] = []
                repeat {
                    index += 1
                    guard let part = integer() else { break }
                    parts.append(part)
                } while index < bytes.count && bytes[index] == UInt8(ascii: ".") && parts.count < 3
                let count = kind == .operand ? 1 : 2
                let isClosed = index < bytes.count && bytes[index] == kind.brackets.closing
                if index < bytes.count { index += 1 }
                guard isClosed, parts.count == count || parts.count == count + 1 else {
                    throw missing(String(decoding: bytes[start..<index], as: UTF8.self), at: start, of: text)
                }
                let label = ColumnAlphabet.Label(kind: kind, operand: parts[0], limb: count == 1 ? 0 : parts[1])
                if parts.count > count {
                    try append(columns.symbol(label, place: parts[count]), from: start)
                    continue
                }
                let first = index
                guard let number = integer(), index == bytes.count || !isDigit(bytes[index]),
                    let (negative, digits) = numbers.digits(of: number), !negative
                else {
                    throw TokenizerError(
                        "\(place(first, of: text)): expected a number from 0 to \(numbers.capacity) behind \(label.text())"
                    )
                }
                // With another count of digits than people write, the last token takes the rest of the bytes.
                let end = index
                for (place, digit) in digits.enumerated() {
                    index = min(first + place, end)
                    try append(columns.symbol(label, place: place), from: start)
                    let last = place == digits.count - 1 ? end : min(first + place + 1, end)
                    tokens.append(Token(id: SymbolTokenizer.firstDigit + Int32(digit), end: last))
                }
                index = end
            } else if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) {
                index += 1
                let value = integer()
                try append(value.flatMap { columns.symbol(role: byte, value: $0) }, from: start)
            } else if let mark = columns.symbol(mark: byte) {
                index += 1
                try append(mark, from: start)
            } else if isDigit(byte) {
                index += 1
                guard index == bytes.count || !isDigit(bytes[index]) else {
                    throw TokenizerError(
                        "\(place(start, of: text)): a number in columns stands behind a label, such as <1>22")
                }
                tokens.append(Token(id: SymbolTokenizer.firstDigit + Int32(byte - 48), end: index))
            } else {
                try appendWord(bytes, of: text, &index, to: &tokens)
            }
        }
        return tokens
    }

    /// Appends the operator, the key or the letter at `index`, which moves behind it.
    private func appendWord(
        _ bytes: ArraySlice<UInt8>, of text: String, _ index: inout Int, to tokens: inout [Token]
    ) throws {
        let start = index
        index += 1
        if isLetter(bytes[start]), !keys.isEmpty {
            while index < bytes.count, isLetter(bytes[index]) { index += 1 }
        }
        let word = String(decoding: bytes[start..<index], as: UTF8.self)
        guard let id = ids[word] else { throw missing(word, at: start, of: text) }
        tokens.append(Token(id: id, end: index))
    }

    /// The text of `ids`; control tokens are left out, and digits that spell no number stand in brackets.
    package func decode(_ ids: some Sequence<Int32>) -> String {
        let ids = Array(ids)
        if let columns { return decode(ids, columns) }
        var text = ""
        var index = 0
        while index < ids.count {
            let id = ids[index]
            guard let digit = digit(id) else {
                text += spelling(id)
                index += 1
                continue
            }
            var digits = [digit]
            index += 1
            // Numbers of a fixed width that follow each other directly don't occur in text: one run is one number.
            while index < ids.count, let next = self.digit(ids[index]) {
                digits.append(next)
                index += 1
            }
            if let number = numbers.number(digits: digits, negative: false) {
                text += String(number)
            } else {
                text += "[" + digits.map(String.init).joined() + "]"
            }
        }
        return text
    }

    private func decode(_ ids: [Int32], _ columns: ColumnAlphabet) -> String {
        func address(_ index: Int) -> (label: ColumnAlphabet.Label, place: Int)? {
            columns.address(Int(ids[index]) - firstColumnSymbol)
        }
        var text = ""
        var index = 0
        while index < ids.count {
            let end = index + 2 * numbers.width
            if let (label, place) = address(index), place == 0, end <= ids.count {
                let digits = (0..<numbers.width).compactMap { place -> Int? in
                    guard let next = address(index + 2 * place), next.label == label, next.place == place else {
                        return nil
                    }
                    return digit(ids[index + 2 * place + 1])
                }
                if let number = numbers.number(digits: digits, negative: false) {
                    text += label.text() + String(number)
                    index = end
                    continue
                }
            }
            let symbol = Int(ids[index]) - firstColumnSymbol
            if let digit = digit(ids[index]) {
                text += String(digit)
            } else if symbol >= 0, symbol < columns.count {
                text += columns.spelling(symbol)
            } else {
                text += spelling(ids[index])
            }
            index += 1
        }
        return text
    }

    private func digit(_ id: Int32) -> Int? {
        let digit = Int(id - SymbolTokenizer.firstDigit)
        return (0..<10).contains(digit) ? digit : nil
    }

    private func spelling(_ id: Int32) -> String {
        let place = Int(id - SymbolTokenizer.firstDigit) - 10
        if place < 0 { return "" }
        if place < operators.count { return operators[place] }
        let entries = keys.isEmpty ? SymbolTokenizer.letters : keys
        let entry = place - operators.count - (columns?.count ?? 0)
        return entries.indices.contains(entry) ? entries[entry] : "[\(id)]"
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    private func isDigit(_ byte: UInt8) -> Bool { SymbolTokenizer.isDigit(byte) }
    private func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte) }

    /// `byte 3 of 'ab=500'`; of a long text what surrounds the byte.
    private func place(_ byte: Int, of text: String) -> String {
        let reach = 24
        guard text.utf8.count > 4 * reach else { return "byte \(byte) of '\(text)'" }
        let bytes = Array(text.utf8)
        let excerpt = bytes[max(0, byte - reach)..<min(bytes.count, byte + reach)]
        return "byte \(byte) of \(bytes.count), in '…\(String(decoding: excerpt, as: UTF8.self))…'"
    }

    private func missing(_ entry: String, at byte: Int, of text: String) -> TokenizerError {
        TokenizerError(
            "\(place(byte, of: text)): '\(entry)' is not in the vocabulary of \(generatedCount) symbols and "
                + "\(vocabularyCount - generatedCount) \(keys.isEmpty ? "letters" : "keys")")
    }
}

extension SymbolTokenizer {
    /// The tokenizer's file, `tokenizer.json`.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return try encoder.encode(self)
    }

    package init(json: Data) throws {
        do {
            self = try JSONDecoder().decode(SymbolTokenizer.self, from: json)
        } catch let error as DecodingError {
            throw TokenizerError("tokenizer.json can't be read: \(error)")
        }
    }
}
