import Foundation
import Tasks
import Tensors
import Testing
import Tokenization

@Suite struct ColumnTokenizerTests {
    private let tokenizer: SymbolTokenizer

    init() throws {
        tokenizer = try SymbolTokenizer(
            operators: ["+", "-", "*", "="], keys: ["ab", "abc"], numbers: NumberWriting(style: .columns, width: 3),
            operands: 4)
    }

    @Test("a number behind a label is written digit by digit, each behind its address")
    func placed() throws {
        let tokens = try tokenizer.encode("abc=<2>45*")
        #expect(
            tokens.map { tokenizer.text([$0.id]) } == ["abc", "=", "<2.0>", "5", "<2.1>", "4", "<2.2>", "0", "*"])
        #expect(tokens.map(\.end) == [3, 4, 7, 8, 8, 9, 9, 9, 10])
        #expect(tokenizer.text(tokens.map(\.id)) == "abc=<2>45*")
    }

    @Test(
        "addresses that make no whole number stay as they are",
        arguments: [
            "<1.0>5<2.1>4<1.2>0", "<1.0>5<1.1>4", "<1.0>5<1.2>4<1.1>0", "<1.0>5<1.1>+<1.2>0", "<1.1>5<1.2>4<1.0>0",
        ])
    func loose(text: String) throws {
        #expect(try tokenizer.text(tokenizer.encode(text).map(\.id)) == text)
    }

    @Test("every calculation comes back from its tokens")
    func roundTrip() throws {
        var random = RandomGenerator(seed: 8, "round trip")
        for _ in 0..<200 {
            let size = 1 + random.integer(below: 4)
            let expression = ArithmeticExpression(
                operands: (0..<size).map { _ in random.integer(below: 1_000) },
                operators: (1..<max(size, 1)).map { _ in ArithmeticOperator.allCases[random.integer(below: 3)] })
            let text =
                ColumnCalculation.numbered(expression) + "=" + (try ColumnCalculation(width: 3).text(of: expression))
            let tokens = try tokenizer.encode(text)
            #expect(tokenizer.text(tokens.map(\.id)) == text)
            #expect(tokens.map(\.end) == tokens.map(\.end).sorted() && tokens.last?.end == text.utf8.count)
            var decoder = StreamingDecoder(tokenizer)
            #expect(tokens.map { decoder.append($0.id) }.joined() + decoder.finish() == text)
            #expect(tokens.allSatisfy { $0.id < tokenizer.generatedCount })
        }
    }

    @Test("every id has a spelling of its own, which reads back")
    func spellings() throws {
        let spellings = (2..<Int32(tokenizer.vocabularyCount)).map { tokenizer.text([$0]) }
        #expect(Set(spellings).count == spellings.count)
        for (id, spelling) in zip(Int32(2)..., spellings) {
            #expect(try tokenizer.encode(spelling).map(\.id) == [id], "\(spelling)")
            #expect(tokenizer.id(of: spelling) == id)
        }
        // 2 control tokens, 10 digits, 4 operators, a mark, 50 digits of roles, carries -4…3; 4 operands, 2 + 3 + 4 limbs
        // of final and 2 + 3 of inner products of 3 digits each; 2 keys.
        #expect(tokenizer.generatedCount == 2 + 10 + 4 + 1 + 50 + 8 + 3 * (4 + 9 + 5))
        #expect(tokenizer.vocabularyCount == tokenizer.generatedCount + 2)
    }

    @Test(
        "text that columns can't hold is refused with its place",
        arguments: [
            ("ab=12", "byte 3"), ("<1>1000", "byte 3 of '<1>1000': expected a number from 0 to 999 behind <1>"),
            ("<1>-5", "byte 3"), ("<1>", "byte 3"), ("<5>1", "'<5>'"), ("<1.3>", "'<1.3>'"), ("<1.0", "'<1.0'"),
            ("[1.0.0]", "'[1.0.0]'"), ("(4.0.0)", "'(4.0.0)'"), ("[2.2.0]", "'[2.2.0]'"), ("A12", "'A12'"),
            ("C4", "'C4'"), ("C-5", "'C-5'"), ("A", "'A'"), ("Z1", "'Z1'"), ("<", "'<'"), ("<1.0.0>", "'<1.0.0>'"),
            ("A05", "'A0"), ("C-0", "'C-0'"), ("<01.0>", "byte 0"), ("<1>007", "byte 3"), ("[2.-0.0]1", "byte 0"),
            ("<99999999999999999999>1", "byte 0"), ("é", "byte 0"), ("zz", "'zz'"),
        ])
    func refused(text: String, message: String) {
        let error = #expect(throws: TokenizerError.self) { try tokenizer.encode(text) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test("a long text is shown where it fails, not whole")
    func long() throws {
        let text = String(repeating: "<1.0>5+", count: 100) + "?" + String(repeating: "<1.0>5+", count: 100)
        let error = try #require(#expect(throws: TokenizerError.self) { try tokenizer.encode(text) })
        #expect(error.description.hasPrefix("byte 700 of 1401, in '…") && error.description.contains("5+?<1.0>"))
        #expect(error.description.count < 200)
    }

    @Test(
        "operators that can't be read back are refused", arguments: [",", "<", ")", ".", "×", "\t", " ", "é", "", "+="])
    func operators(symbol: String) {
        let error = #expect(throws: TokenizerError.self) {
            try SymbolTokenizer(
                operators: [symbol], keys: [], numbers: NumberWriting(style: .columns, width: 3), operands: 2)
        }
        #expect(error?.description.contains("can't be an operator") == true)
    }

    @Test("it reads back from its file, and only columns have operands")
    func json() throws {
        #expect(try SymbolTokenizer(json: tokenizer.json()) == tokenizer)
        let plain = try SymbolTokenizer(
            operators: ["="], keys: ["ab"], numbers: NumberWriting(style: .padded, width: 3))
        #expect(
            String(decoding: try plain.json(), as: UTF8.self)
                == #"{"keys":["ab"],"numbers":{"style":"padded","width":3},"operators":["="]}"#)
        for operands in ["", #","operands":0"#, #","operands":100"#, #","operands":-1"#] {
            let text = #"{"keys":["ab"],"numbers":{"style":"columns","width":3},"operators":["="]\#(operands)}"#
            #expect(throws: TokenizerError.self) { try SymbolTokenizer(json: Data(text.utf8)) }
        }
        #expect(throws: TokenizerError.self) {
            try SymbolTokenizer(
                json: Data(#"{"keys":[],"numbers":{"style":"padded","width":3},"operators":["="],"operands":2}"#.utf8))
        }
    }
}
