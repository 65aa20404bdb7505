import Foundation
import LanguageModels
import Testing

@Suite struct SymbolTokenizerTests {
    private func tokenizer(_ style: NumberWriting.Style, width: Int, keys: [String] = ["ab", "abc"]) throws
        -> SymbolTokenizer
    {
        try SymbolTokenizer(
            operators: ["+", "-", "*", "="], keys: keys, numbers: NumberWriting(style: style, width: width))
    }

    @Test(
        "text comes back from its tokens in every way of writing numbers",
        arguments: [
            (NumberWriting.Style.natural, 0), (.padded, 4), (.reversed, 4), (.complement, 4),
        ])
    func roundTrip(style: NumberWriting.Style, width: Int) throws {
        let tokenizer = try tokenizer(style, width: width)
        for text in ["ab+abc-ab=", "12+400-33=412=379", "3-12=-9", "0=0", "5--7=12", "-4999", "ab=-1=4999", ""] {
            let tokens = try tokenizer.encode(text)
            #expect(tokenizer.decode(tokens.map(\.id)) == text)
            #expect(tokens.map(\.end) == tokens.map(\.end).sorted())
            #expect((tokens.last?.end ?? 0) == text.utf8.count)
        }
    }

    @Test(
        "numbers are spelled as their style says",
        arguments: [
            (NumberWriting.Style.natural, 0, -120, [1, 2, 0], true),
            (.padded, 4, -120, [0, 1, 2, 0], true),
            (.reversed, 4, -120, [0, 2, 1, 0], true),
            (.complement, 4, -120, [0, 8, 8, 9], false),
            (.complement, 4, 120, [0, 2, 1, 0], false),
        ])
    func spelling(style: NumberWriting.Style, width: Int, number: Int, digits: [Int], negative: Bool) {
        let writing = NumberWriting(style: style, width: width)
        let spelled = writing.digits(of: number)
        #expect(spelled?.digits == digits)
        #expect(spelled?.negative == negative)
        #expect(writing.number(digits: digits, negative: negative) == number)
    }

    @Test("a number beyond the width is refused with its place")
    func tooLarge() throws {
        let tokenizer = try tokenizer(.complement, width: 3)
        #expect(NumberWriting(style: .complement, width: 3).capacity == 499)
        let error = #expect(throws: TokenizerError.self) { try tokenizer.encode("ab=500") }
        #expect(error?.description.contains("byte 3") == true)
        #expect(NumberWriting.width(for: 500, style: .complement) == 4)
    }

    @Test("digits that spell no number are shown in brackets")
    func malformed() throws {
        let tokenizer = try tokenizer(.complement, width: 3)
        let tokens = try tokenizer.encode("12=7").map(\.id)
        #expect(tokenizer.decode(tokens.dropFirst()) == "[10]=7")
    }

    @Test("keys are single tokens or spelled in characters, and only read")
    func keys() throws {
        let whole = try tokenizer(.natural, width: 0)
        #expect(try whole.encode("abc").count == 1)
        #expect(whole.vocabularyCount == 18)
        let spelled = try tokenizer(.natural, width: 0, keys: [])
        #expect(try spelled.encode("abc").map(\.end) == [1, 2, 3])
        #expect(spelled.vocabularyCount == 42)
        #expect(whole.generatedCount == 16 && spelled.generatedCount == 16)
        #expect(try whole.encode("abc").allSatisfy { $0.id >= 16 })
    }

    @Test("text outside of the vocabulary is refused with its place", arguments: ["zz", "ab+é", "ab / ab"])
    func unknown(text: String) throws {
        let tokenizer = try tokenizer(.natural, width: 0)
        #expect(throws: TokenizerError.self) { try tokenizer.encode(text) }
    }

    @Test("a tokenizer reads back from its file, and a broken file is refused")
    func json() throws {
        let tokenizer = try tokenizer(.padded, width: 5)
        #expect(try SymbolTokenizer(json: tokenizer.json()) == tokenizer)
        #expect(throws: TokenizerError.self) { try SymbolTokenizer(json: Data(#"{"operators":["+"]}"#.utf8)) }
        #expect(throws: TokenizerError.self) {
            try SymbolTokenizer(
                json: Data(#"{"operators":["+","+"],"keys":[],"numbers":{"style":"natural","width":0}}"#.utf8))
        }
    }
}
