import Foundation
import Testing
import Tokenization

/// The vocabularies of fixtures as a GGUF file has them: what they encode must stay the same.
@Suite struct GGUFVocabularyTests {
    private struct File: Decodable {
        struct Model: Decodable { var merges: [[String]] }
        struct Added: Decodable {
            var id: Int32
            var special: Bool
        }

        var model: Model
        var addedTokens: [Added]

        enum CodingKeys: String, CodingKey {
            case model
            case addedTokens = "added_tokens"
        }
    }

    private static func vocabulary(_ name: String, model: String) throws -> GGUFVocabulary {
        let json = try Fixture.json(name)
        let tokenizer = try SubwordTokenizer(tokenizerJSON: json)
        let file = try JSONDecoder().decode(File.self, from: Data(json))
        var tokens = ByteStrings()
        for id in 0..<tokenizer.vocabularyCount { tokens.append(try #require(tokenizer.text(of: Int32(id)))) }
        var vocabulary = GGUFVocabulary(model: model, tokens: tokens)
        vocabulary.kinds = [Int32](repeating: GGUFVocabulary.Kind.normal.rawValue, count: tokens.count)
        for token in file.addedTokens {
            vocabulary.kinds[Int(token.id)] = (token.special ? GGUFVocabulary.Kind.control : .userDefined).rawValue
        }
        vocabulary.merges = ByteStrings(file.model.merges.map { $0.joined(separator: " ") })
        return vocabulary
    }

    private func expectCases(of name: String, _ tokenizer: SubwordTokenizer) throws {
        let fixture = try #require(Fixture.all.first { $0.name == name })
        for sample in fixture.cases {
            let tokens = try tokenizer.encode(sample.text, control: .parsed)
            #expect(tokens.map(\.id) == sample.ids, "\(sample.text.debugDescription)")
            #expect(sample.text.roundedUp(tokens.map(\.end)) == sample.ends, "\(sample.text.debugDescription)")
            #expect(try tokenizer.encode(sample.text, control: .plain).map(\.id) == sample.plain)
            if !sample.decoded.contains("\u{FFFD}") {
                #expect(String(decoding: tokenizer.decode(sample.ids), as: UTF8.self) == sample.skipped)
            }
        }
    }

    @Test(arguments: [
        ("gpt2", "gpt-2"), ("smollm", "smollm"), ("qwen", "qwen2"), ("llama3", "llama-bpe"), ("tekken", "tekken"),
    ])
    func byteLevel(name: String, preTokenizer: String) throws {
        var vocabulary = try Self.vocabulary(name, model: "gpt2")
        vocabulary.preTokenizer = preTokenizer
        vocabulary.beginning = 5
        let tokenizer = try SubwordTokenizer(vocabulary)
        try expectCases(of: name, tokenizer)
        #expect(tokenizer.leadingTokens == (["llama-bpe", "tekken"].contains(preTokenizer) ? [5] : []))
    }

    @Test(arguments: ["mistral", "gemma"]) func sentencePiece(name: String) throws {
        var vocabulary = try Self.vocabulary(name, model: "llama")
        vocabulary.scores = (0..<vocabulary.tokens.count).map { Float(-($0 / 2)) }
        for id in 3..<259 { vocabulary.kinds[id] = GGUFVocabulary.Kind.byte.rawValue }
        vocabulary.kinds[0] = GGUFVocabulary.Kind.unknown.rawValue
        (vocabulary.unknown, vocabulary.beginning, vocabulary.end) = (0, 1, 2)
        vocabulary.addsSpacePrefix = name == "mistral" ? nil : false
        vocabulary.addsEnd = true
        // Merges aren't read: the scores count.
        vocabulary.merges = ByteStrings()
        let tokenizer = try SubwordTokenizer(vocabulary)
        try expectCases(of: name, tokenizer)
        #expect(tokenizer.leadingTokens == [1] && tokenizer.trailingTokens == [2])
    }

    @Test func runsOfSpacesAreWrittenWithMarks() throws {
        var vocabulary = GGUFVocabulary(
            model: "llama", tokens: ByteStrings(["<unk>", "▁", "  ", "    ", "a", "\n", "\n\n"]))
        vocabulary.scores = [0, -1, -2, -3, -4, -5, -6]
        vocabulary.kinds = [2, 1, 4, 4, 1, 4, 4]
        vocabulary.unknown = 0
        vocabulary.addsSpacePrefix = false
        let tokenizer = try SubwordTokenizer(vocabulary)
        #expect(try tokenizer.encode("a       a\n\n\n").map(\.id) == [4, 3, 2, 1, 4, 6, 5])
        #expect(tokenizer.decode([4, 3, 2, 1, 4]) == Array("a       a".utf8))
    }

    @Test func equalScoresGoByTheLengthOfTheLeftPart() throws {
        // As converters sort: "ab" + "c" comes before "c" + "d".
        var vocabulary = GGUFVocabulary(
            model: "llama", tokens: ByteStrings(["<unk>", "a", "b", "c", "d", "ab", "cd", "abc"]))
        vocabulary.scores = [0, -9, -9, -9, -9, -1, -2, -2]
        vocabulary.kinds = [2, 1, 1, 1, 1, 1, 1, 1]
        vocabulary.unknown = 0
        vocabulary.addsSpacePrefix = false
        #expect(try SubwordTokenizer(vocabulary).encode("abcd").map(\.id) == [7, 4])
    }

    @Test func unusedTokensStandForNothing() throws {
        var vocabulary = GGUFVocabulary(model: "gpt2", tokens: ByteStrings(["a", "[PAD1]"]))
        vocabulary.preTokenizer = "gpt-2"
        vocabulary.kinds = [1, 5]
        let tokenizer = try SubwordTokenizer(vocabulary)
        #expect(tokenizer.vocabularyCount == 2)
        #expect(tokenizer.decode([0, 1, 0]) == Array("aa".utf8))
        #expect(try tokenizer.encode("[PAD1]a", control: .parsed).map(\.id) == [0])
    }

    @Test(arguments: [
        ("another model", "tokenizer.ggml.model 'rwkv'"), ("another pre", "tokenizer.ggml.pre: found 'unheard-of'"),
        ("no pre", "tokenizer.ggml.pre: found nothing"), ("few scores", "tokenizer.ggml.scores: found 1, expected 2"),
        ("few kinds", "tokenizer.ggml.token_type: found 1, expected 2"),
        ("an id out of range", "tokenizer.ggml.bos_token_id: found 2, expected an id below 2"),
        ("a foreign merge", "tokenizer.ggml.merges[0]: 'c' isn't in the vocabulary"),
        ("a merge of one", "tokenizer.ggml.merges[0]: 'ab' isn't in the vocabulary"),
        ("no tokens", "tokenizer.ggml.tokens: found none"), ("no UTF-8", "tokenizer.ggml.tokens[1]: found bytes"),
        ("a cut character", "tokenizer.ggml.tokens[1]: found bytes"), ("a score that is none", "scores[1]: found NaN"),
        ("no scores", "tokenizer.ggml.scores: found none"),
    ]) func whatIsWrongIsNamed(fault: String, message: String) throws {
        var vocabulary = GGUFVocabulary(model: "gpt2", tokens: ByteStrings(["a", "b"]))
        vocabulary.preTokenizer = "gpt-2"
        switch fault {
        case "another model": vocabulary.model = "rwkv"
        case "another pre": vocabulary.preTokenizer = "unheard-of"
        case "no pre": vocabulary.preTokenizer = nil
        case "few scores": vocabulary.scores = [1]
        case "few kinds": vocabulary.kinds = [1]
        case "an id out of range": vocabulary.beginning = 2
        case "a foreign merge": vocabulary.merges = ByteStrings(["a c"])
        case "a merge of one": vocabulary.merges = ByteStrings(["ab"])
        case "no tokens": vocabulary.tokens = ByteStrings()
        case "no UTF-8":
            vocabulary.tokens = ByteStrings(["a"])
            vocabulary.tokens.append([0xFF])
        case "a cut character":
            vocabulary.tokens = ByteStrings()
            vocabulary.tokens.append([0xC3])
            vocabulary.tokens.append([0xA9])
        case "a score that is none": vocabulary.scores = [0, .nan]
        default: vocabulary.model = "llama"
        }
        let error = try #require(throws: TokenizerError.self) { try SubwordTokenizer(vocabulary, source: "x.gguf") }
        #expect(error.description.contains(message) && error.description.hasPrefix("x.gguf: "))
    }
}
