import Foundation
import Testing
import Tokenization

@Suite struct TiktokenRanksTests {
    /// The vocabulary of a fixture as ranks.
    private func ranks(_ name: String) throws -> (file: [UInt8], control: [String]) {
        let tokenizer = try SubwordTokenizer(tokenizerJSON: Fixture.json(name))
        var lines: [String] = []
        var control: [String] = []
        for id in 0..<Int32(tokenizer.vocabularyCount) {
            var bytes: [UInt8] = []
            var state = DecodingState()
            tokenizer.decode(id, into: &bytes, state: &state)
            let text = String(decoding: bytes, as: UTF8.self)
            if text.hasPrefix("<|") && text.hasSuffix("|>") || text.contains("tool_call>") {
                control.append(text)
            } else {
                lines.append("\(Data(bytes).base64EncodedString()) \(id)")
            }
        }
        return (Array(lines.joined(separator: "\n").utf8), control)
    }

    @Test(arguments: [("gpt2", "gpt-2"), ("llama3", "llama-bpe"), ("qwen", "qwen2")])
    func ranksGiveTheSameTokensAsMerges(name: String, preTokenizer: String) throws {
        let (file, control) = try ranks(name)
        let tokenizer = try SubwordTokenizer(tiktoken: file, preTokenizer: preTokenizer, controlTokens: control)
        for sample in try #require(Fixture.all.first { $0.name == name }).cases {
            let tokens = try tokenizer.encode(sample.text, control: .parsed)
            #expect(tokens.map(\.id) == sample.ids, "\(sample.text.debugDescription)")
        }
    }

    @Test(arguments: [
        ("YQ== 0\nYg==", ":2: expected a token"), ("YQ== 0\n!! 1", ":2: expected a token"),
        ("YQ== 0\nYg== 0", ":2: a token or rank that came before"), ("YQ== 0\nYQ== 1", ":2: a token or rank"),
        ("YQ== 999999999999", ":1: expected a token"), ("YQ== -1", ":1: expected"), ("", "found no tokens"),
        ("\n\n", "found no tokens"),
    ]) func whatIsWrongIsNamed(file: String, message: String) throws {
        let error = try #require(throws: TokenizerError.self) {
            try SubwordTokenizer(tiktoken: Array(file.utf8), preTokenizer: "gpt-2", source: "x.tiktoken")
        }
        #expect(error.description.hasPrefix("x.tiktoken") && error.description.contains(message))
    }

    @Test func anotherPreTokenizerIsNamed() {
        #expect(throws: TokenizerError.self) {
            try SubwordTokenizer(tiktoken: Array("YQ== 0".utf8), preTokenizer: "unheard-of")
        }
    }
}
