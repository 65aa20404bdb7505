import Testing
import Tokenization

/// Every byte is a token.
private struct ByteTokenizer: Tokenizer {
    var vocabularyCount: Int { 256 }
    var digest: String { "bytes" }
    var beginning: Int32? { nil }
    var end: Int32? { nil }
    var leadingTokens: [Int32] { [] }
    var trailingTokens: [Int32] { [] }

    func encode(_ text: [UInt8], control: ControlText) -> [Token] {
        text.enumerated().map { Token(id: Int32($1), end: $0 + 1) }
    }

    func id(of token: String) -> Int32? { nil }
    func isControl(_ id: Int32) -> Bool { false }

    func decode(_ id: Int32, into bytes: inout [UInt8], state: inout DecodingState) {
        bytes.append(UInt8(id))
    }
}

@Suite struct StreamingDecoderTests {
    @Test(arguments: [
        "plain", "Zürich, Ελλάδα, मलावी, 😀👩‍👩‍👧", "e\u{301}\u{FFFD}", "\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}",
    ]) func neverSplitsACharacter(text: String) throws {
        var decoder = StreamingDecoder(ByteTokenizer())
        var pieces: [String] = []
        for token in try ByteTokenizer().encode(text) { pieces.append(decoder.append(token.id)) }
        pieces.append(decoder.finish())
        #expect(pieces.filter { !$0.isEmpty } == text.unicodeScalars.map(String.init))
    }

    @Test(
        arguments: [
            [0xC3], [0xE2, 0x82], [0x80, 0x41], [0xC3, 0xC3, 0xA9], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x41],
            [0xF4, 0x90, 0x80, 0x80], [0xFF, 0xFE], [0xE0, 0x9F], [0xF0, 0x9F, 0x98, 0x41], [0xC0, 0xAF],
        ] as [[UInt8]]) func joinsToTheTextOfTheWhole(bytes: [UInt8])
    {
        var decoder = StreamingDecoder(ByteTokenizer())
        var text = ""
        for byte in bytes { text += decoder.append(Int32(byte)) }
        text += decoder.finish()
        #expect(Array(text.unicodeScalars) == Array(String(decoding: bytes, as: UTF8.self).unicodeScalars))
    }

    @Test(
        arguments: [[0xE0, 0x9F], [0xED, 0xA0], [0xF0, 0x8F], [0xF4, 0x90], [0xC3, 0x28], [0xE2, 0x28]] as [[UInt8]])
    func whatNothingCanCompleteIsNotHeldBack(bytes: [UInt8]) {
        var decoder = StreamingDecoder(ByteTokenizer())
        #expect(decoder.append(Int32(bytes[0])) == "")
        #expect(decoder.append(Int32(bytes[1])) == String(decoding: bytes, as: UTF8.self))
    }
}
