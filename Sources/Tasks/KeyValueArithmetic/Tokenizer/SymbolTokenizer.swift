import Artifacts
import Foundation
import Tokenization

/// A tokenizer over a declared vocabulary: control tokens, digits, operators, letters or whole keys.
///
/// Ids in order: `<bos>`, `<eos>`, the ten digits, the operators, what columns are written with if numbers are written so,
/// then what is only read: single letters if keys are spelled in characters, or the keys. Numbers are written as `numbers`
/// says.
package struct SymbolTokenizer: Codable, Equatable, Sendable {
    package let operators: [String]
    /// Single tokens; empty if keys are spelled in characters.
    package let keys: [String]
    package let numbers: NumberWriting
    /// Maximum number of operands of a calculation in columns; 0 if numbers are written otherwise.
    package let operands: Int

    private static let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)
    static let controlTexts = ["<bos>", "<eos>"]
    static let firstDigit = Int32(controlTexts.count)

    let columns: ColumnAlphabet?
    /// Ids by text, for operators and what is only read.
    let ids: [String: Int32]

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case operators, keys, numbers, operands
    }

    /// - Throws: `TokenizerError` if an entry of the vocabulary is duplicated or can't be read back from text, or columns
    ///   can't be written for so many operands.
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

    package init(from decoder: any Decoder) throws {
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

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(operators, forKey: .operators)
        try container.encode(keys, forKey: .keys)
        try container.encode(numbers, forKey: .numbers)
        if operands > 0 { try container.encode(operands, forKey: .operands) }
    }

    /// The id of the first symbol that only columns are written with.
    var firstColumnSymbol: Int { Int(SymbolTokenizer.firstDigit) + 10 + operators.count }

    static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte) }

    func digit(_ id: Int32) -> Int? {
        let digit = Int(id - SymbolTokenizer.firstDigit)
        return (0..<10).contains(digit) ? digit : nil
    }

    /// How the vocabulary writes an operator, a letter or a key.
    func spelling(_ id: Int32) -> String {
        let place = Int(id - SymbolTokenizer.firstDigit) - 10
        if place < operators.count { return operators[place] }
        let entries = keys.isEmpty ? SymbolTokenizer.letters : keys
        return entries[place - operators.count - (columns?.count ?? 0)]
    }
}

extension SymbolTokenizer: Tokenizer {
    package var vocabularyCount: Int { generatedCount + ids.count - operators.count }
    package var generatedCount: Int { firstColumnSymbol + (columns?.count ?? 0) }
    package var beginning: Int32? { 0 }
    package var end: Int32? { 1 }
    package var leadingTokens: [Int32] { [0] }
    package var trailingTokens: [Int32] { [] }

    package var digest: String {
        let document = JSONValue.object([
            "format": .string("calm symbol tokenizer 1"),
            "operators": .array(operators.map(JSONValue.string)),
            "keys": .array(keys.map(JSONValue.string)),
            "numbers": .string(numbers.style.rawValue), "width": .int(numbers.width), "operands": .int(operands),
        ])
        return Digest(of: document.canonicalBytes).hex
    }

    package func isControl(_ id: Int32) -> Bool { SymbolTokenizer.controlTexts.indices.contains(Int(id)) }

    package func id(of token: String) -> Int32? {
        if let control = SymbolTokenizer.controlTexts.firstIndex(of: token) { return Int32(control) }
        if let digit = Int(token), (0..<10).contains(digit), token.utf8.count == 1 {
            return SymbolTokenizer.firstDigit + Int32(digit)
        }
        if let id = ids[token] { return id }
        guard let columns, let symbol = (0..<columns.count).first(where: { columns.spelling($0) == token }) else {
            return nil
        }
        return Int32(firstColumnSymbol + symbol)
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
