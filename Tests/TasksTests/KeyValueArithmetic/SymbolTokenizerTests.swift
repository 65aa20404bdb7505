import Foundation
import Tasks
import Testing
import Tokenization

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
            #expect(tokenizer.text(tokens.map(\.id)) == text)
            #expect(tokens.map(\.end) == tokens.map(\.end).sorted())
            #expect((tokens.last?.end ?? 0) == text.utf8.count)
            var decoder = StreamingDecoder(tokenizer)
            let pieces = tokens.map { decoder.append($0.id) } + [decoder.finish()]
            #expect(pieces.joined() == text)
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
        #expect(tokenizer.text(tokens.dropFirst()) == "[10]=7")
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

    @Test("text that looks like a control token is one only where that is asked for")
    func controlText() throws {
        let tokenizer = try tokenizer(.padded, width: 2)
        let tokens = try tokenizer.encode("<bos>ab=7<eos>", control: .parsed)
        #expect(tokens.map(\.id).first == tokenizer.beginning && tokens.map(\.id).last == tokenizer.end)
        #expect(tokens.map(\.end) == [5, 7, 8, 9, 9, 14])
        let ids = tokens.map(\.id)
        #expect(tokenizer.text(ids) == "ab=7")
        #expect(String(decoding: tokenizer.decode(ids, keepingControl: true), as: UTF8.self) == "<bos>ab=7<eos>")
        let error = #expect(throws: TokenizerError.self) { try tokenizer.encode("<bos>ab") }
        #expect(error?.description.hasPrefix("byte 0 of '<bos>ab': '<'") == true)
    }

    @Test("a control token ends a number", arguments: [("1", "1"), ("12", "12")])
    func controlWithinNumber(second: String, shown: String) throws {
        let tokenizer = try tokenizer(.complement, width: 2)
        // The digits of 12 with a control token between them, then 12 or 1 in two digits.
        let twelve = try tokenizer.encode("12").map(\.id)
        let ids = [twelve[0], 0, twelve[1]] + (try tokenizer.encode("=" + second).map(\.id))
        #expect(tokenizer.text(ids) == "[2][1]=\(shown)")
    }

    @Test("a token is found by how the vocabulary writes it, and ids outside of it stand for nothing")
    func entries() throws {
        let tokenizer = try tokenizer(.natural, width: 0)
        #expect(tokenizer.id(of: "<eos>") == 1 && tokenizer.id(of: "7") == 9 && tokenizer.id(of: "+") == 12)
        #expect(tokenizer.id(of: "abc") == 17)
        for stranger in ["", "10", "+7", "zz", "<1.0>", "٣"] {
            #expect(tokenizer.id(of: stranger) == nil, "\(stranger)")
        }
        #expect(tokenizer.text([-1, 17, 18, .max]) == "abc")
    }

    @Test("tokenizers that differ in anything have different digests")
    func digests() throws {
        let all = [
            try tokenizer(.padded, width: 5), try tokenizer(.padded, width: 4), try tokenizer(.complement, width: 5),
            try tokenizer(.padded, width: 5, keys: []), try tokenizer(.padded, width: 5, keys: ["abc", "ab"]),
            try SymbolTokenizer(
                operators: ["+", "="], keys: ["ab", "abc"], numbers: NumberWriting(style: .padded, width: 5)),
            try SymbolTokenizer(
                operators: ["+", "="], keys: ["ab"], numbers: NumberWriting(style: .columns, width: 5), operands: 2),
            try SymbolTokenizer(
                operators: ["+", "="], keys: ["ab"], numbers: NumberWriting(style: .columns, width: 5), operands: 3),
        ]
        #expect(Set(all.map(\.digest)).count == all.count)
        #expect(try SymbolTokenizer(json: all[0].json()).digest == all[0].digest && all[0].digest.utf8.count == 64)
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
