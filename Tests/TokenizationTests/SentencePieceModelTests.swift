import Testing
import Tokenization

@Suite struct SentencePieceModelTests {
    private func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
        varint(UInt64(number << 3 | 2)) + varint(UInt64(bytes.count)) + bytes
    }

    private func field(_ number: Int, _ value: UInt64) -> [UInt8] { varint(UInt64(number << 3)) + varint(value) }

    private func varint(_ value: UInt64) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
    }

    /// The vocabulary of a fixture as SentencePiece writes it, with the scores that its merges were made from.
    private func model(_ name: String, hasPrefix: Bool, type: UInt64 = 2) throws -> [UInt8] {
        let tokenizer = try SubwordTokenizer(tokenizerJSON: Fixture.json(name))
        var bytes: [UInt8] = []
        for id in 0..<tokenizer.vocabularyCount {
            let text = try #require(tokenizer.text(of: Int32(id)))
            let score = Float(-(id / 2)).bitPattern
            let kind: UInt64 = id == 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1
            let littleEndian = (0..<4).map { UInt8(truncatingIfNeeded: score >> ($0 * 8)) }
            bytes += field(1, field(1, text) + [2 << 3 | 5] + littleEndian + field(3, kind))
        }
        bytes += field(2, field(3, type) + field(35, 1) + field(40, 0) + field(41, 1) + field(42, 2))
        return bytes + field(3, field(3, hasPrefix ? 1 : 0))
    }

    @Test(arguments: [("mistral", true), ("gemma", false)]) func encodesAsItsTokenizerJSON(
        name: String, hasPrefix: Bool
    ) throws {
        let tokenizer = try SubwordTokenizer(sentencePiece: model(name, hasPrefix: hasPrefix))
        #expect(tokenizer.leadingTokens == [1] && tokenizer.beginning == 1 && tokenizer.end == 2)
        for sample in try #require(Fixture.all.first { $0.name == name }).cases {
            let tokens = try tokenizer.encode(sample.text, control: .parsed)
            #expect(tokens.map(\.id) == sample.ids, "\(sample.text.debugDescription)")
            #expect(sample.text.roundedUp(tokens.map(\.end)) == sample.ends)
        }
    }

    @Test func anotherKindOfModelIsNamed() throws {
        let bytes = try model("mistral", hasPrefix: true, type: 1)
        let error = try #require(throws: TokenizerError.self) {
            try SubwordTokenizer(sentencePiece: bytes, source: "x")
        }
        #expect(error.description.contains("x: model type 1 isn't supported"))
    }

    @Test func cutAndBrokenFilesAreErrors() throws {
        let bytes = try model("mistral", hasPrefix: true)
        for count in [1, 2, 10, 100, bytes.count / 2, bytes.count - 1] {
            #expect(throws: TokenizerError.self) { try SubwordTokenizer(sentencePiece: Array(bytes.prefix(count))) }
        }
        #expect(throws: TokenizerError.self) {
            try SubwordTokenizer(sentencePiece: [UInt8](repeating: 0xFF, count: 64))
        }
        #expect(throws: TokenizerError.self) { try SubwordTokenizer(sentencePiece: []) }
    }
}
