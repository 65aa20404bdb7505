import Foundation

/// A tokenizer over a declared vocabulary: control tokens, digits, operators, letters or whole keys.
///
/// Ids in order: `<bos>`, `<eos>`, the ten digits, the operators, then what is only read: single letters if keys are
/// spelled in characters, or the keys. Numbers are written as `numbers` says.
package struct SymbolTokenizer: Tokenizer, Codable, Equatable {
    package let operators: [String]
    /// Single tokens; empty if keys are spelled in characters.
    package let keys: [String]
    package let numbers: NumberWriting

    private static let control = ["<bos>", "<eos>"]
    private static let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)
    private static let firstDigit: Int32 = 2

    /// Ids by text, for operators and what is only read.
    private let ids: [String: Int32]

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case operators, keys, numbers
    }

    /// - Throws: `TokenizerError` if an entry of the vocabulary stands twice or can't be read back from text.
    package init(operators: [String], keys: [String], numbers: NumberWriting) throws {
        self.operators = operators
        self.keys = keys
        self.numbers = numbers
        for entry in operators where entry.count != 1 || entry.first?.isLetter == true || entry.first?.isNumber == true
        {
            throw TokenizerError("'\(entry)' can't be an operator: expected one character, neither letter nor digit")
        }
        for key in keys where key.isEmpty || !key.utf8.allSatisfy({ (97...122).contains($0) }) {
            throw TokenizerError("'\(key)' can't be a key: expected letters a to z")
        }
        let first = SymbolTokenizer.firstDigit + 10
        let entries = operators + (keys.isEmpty ? SymbolTokenizer.letters : keys)
        ids = Dictionary(
            entries.enumerated().map { ($1, first + Int32($0)) }, uniquingKeysWith: { first, _ in first })
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
            numbers: numbers)
    }

    package var beginning: Int32 { 0 }
    package var end: Int32 { 1 }
    package var generatedCount: Int { Int(SymbolTokenizer.firstDigit) + 10 + operators.count }
    package var vocabularyCount: Int { Int(SymbolTokenizer.firstDigit) + 10 + ids.count }

    /// Whether a minus at `index` is a sign: at the start, or right after another operator.
    private func isSign(_ bytes: ArraySlice<UInt8>, _ index: Int) -> Bool {
        guard bytes[index] == UInt8(ascii: "-"), index + 1 < bytes.endIndex, isDigit(bytes[index + 1]) else {
            return false
        }
        return index == bytes.startIndex || !isDigit(bytes[index - 1]) && !isLetter(bytes[index - 1])
    }

    package func encode(_ text: String) throws -> [Token] {
        let bytes = Array(text.utf8)[...]
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
                        "byte \(start) of '\(text)': \(spelled) is too large; numbers up to ±\(numbers.capacity) "
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
            } else if isLetter(bytes[index]) {
                while index < bytes.count, isLetter(bytes[index]) { index += 1 }
                if keys.isEmpty {
                    for place in start..<index {
                        let letter = String(decoding: bytes[place...place], as: UTF8.self)
                        guard let id = ids[letter] else { throw missing(letter, at: place, of: text) }
                        tokens.append(Token(id: id, end: place + 1))
                    }
                } else {
                    let key = String(decoding: bytes[start..<index], as: UTF8.self)
                    guard let id = ids[key] else { throw missing(key, at: start, of: text) }
                    tokens.append(Token(id: id, end: index))
                }
            } else {
                let symbol = String(decoding: bytes[index...index], as: UTF8.self)
                guard let id = ids[symbol] else { throw missing(symbol, at: start, of: text) }
                index += 1
                tokens.append(Token(id: id, end: index))
            }
        }
        return tokens
    }

    /// The text of `ids`; control tokens are left out, and digits that spell no number stand in brackets.
    package func decode(_ ids: some Sequence<Int32>) -> String {
        let ids = Array(ids)
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

    private func digit(_ id: Int32) -> Int? {
        let digit = Int(id - SymbolTokenizer.firstDigit)
        return (0..<10).contains(digit) ? digit : nil
    }

    private func spelling(_ id: Int32) -> String {
        let place = Int(id - SymbolTokenizer.firstDigit) - 10
        if place < 0 { return "" }
        if place < operators.count { return operators[place] }
        let entries = keys.isEmpty ? SymbolTokenizer.letters : keys
        return place - operators.count < entries.count ? entries[place - operators.count] : "[\(id)]"
    }

    private func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    private func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte) }

    private func missing(_ entry: String, at byte: Int, of text: String) -> TokenizerError {
        TokenizerError(
            "byte \(byte) of '\(text)': '\(entry)' is not in the vocabulary of \(generatedCount) symbols and "
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
