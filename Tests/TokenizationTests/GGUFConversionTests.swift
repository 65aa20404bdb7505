import Foundation
import Testing
import Tokenization

/// `tokenizer.json` as the keys of a GGUF file, and back.
@Suite("tokenizers in GGUF") struct GGUFConversionTests {
    private static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: Fixture.folder.appending(path: name)))
    }

    private static func texts() throws -> [[UInt8]] {
        try bytes("lines.txt").split(separator: 0x0A).map(Array.init)
            + [" two  spaces", "1234567", "<s>x</s>", "हिन्दी ٣٣ ² \u{1F469}\u{200D}\u{1F680}", "a\r\n\tb  c"].map {
                Array($0.utf8)
            }
    }

    private func expectSame(_ a: SubwordTokenizer, _ b: SubwordTokenizer) throws {
        for text in try Self.texts() {
            let line = String(decoding: text.prefix(60), as: UTF8.self)
            for control in [ControlText.plain, .parsed] {
                #expect(try a.encode(text, control: control) == b.encode(text, control: control), "\(line)")
            }
            let ids = try a.encode(text, control: .plain).map(\.id)
            #expect(a.decode(ids) == b.decode(ids), "\(line)")
        }
        #expect(a.leadingTokens == b.leadingTokens && a.trailingTokens == b.trailingTokens)
        #expect(a.beginning == b.beginning && a.end == b.end)
    }

    @Test(
        "a tokenizer that GGUF has a form for is the same there, and as tokenizer.json again",
        arguments: [
            "gpt2.json", "smollm.json", "qwen.json", "llama3.json", "tekken.json", "mistral.json", "gemma.json",
        ])
    func roundTrip(name: String) throws {
        let bytes = try Self.bytes(name)
        let original = try SubwordTokenizer(tokenizerJSON: bytes)
        let count = original.vocabularyCount + 3
        let conversion = try GGUFVocabulary.converting(tokenizerJSON: bytes, count: count)
        #expect(conversion.vocabulary.tokens.count == count)
        #expect(conversion.vocabulary.kinds.suffix(3) == [5, 5, 5])
        let gguf = try SubwordTokenizer(conversion.vocabulary)
        try expectSame(original, gguf)
        try expectSame(original, try SubwordTokenizer(tokenizerJSON: conversion.vocabulary.tokenizerJSON()))
    }

    @Test("pieces with scores are merges in tokenizer.json, and scores again", arguments: [true, false])
    func pieces(hasPrefix: Bool) throws {
        let words = ["▁the", "▁then", "the", "he", "th", "en", "▁t", "▁", "t", "h", "e", "n", "ाम", "ा", "म", "<turn>"]
        let bytes = (0..<256).map { "<0x\(String(format: "%02X", $0))>" }
        let texts = ["<unk>", "<s>", "</s>"] + bytes + words
        var vocabulary = GGUFVocabulary(model: "llama", tokens: ByteStrings(texts))
        vocabulary.kinds = [2, 3, 3] + bytes.map { _ in 6 } + words.map { $0 == "<turn>" ? 3 : 1 }
        // Some have the same score, as those of real vocabularies.
        vocabulary.scores = texts.indices.map { $0 < 259 ? 0 : -Float($0 / 3) }
        (vocabulary.unknown, vocabulary.beginning, vocabulary.end) = (0, 1, 2)
        (vocabulary.addsBeginning, vocabulary.addsSpacePrefix) = (true, hasPrefix)
        let original = try SubwordTokenizer(vocabulary)
        let json = try vocabulary.tokenizerJSON()
        try expectSame(original, try SubwordTokenizer(tokenizerJSON: json, beginning: "<s>", end: "</s>"))
        let conversion = try GGUFVocabulary.converting(
            tokenizerJSON: json, beginning: "<s>", end: "</s>", count: texts.count)
        #expect(conversion.notes.isEmpty)
        #expect(conversion.vocabulary.kinds == vocabulary.kinds)
        #expect(conversion.vocabulary.addsSpacePrefix == hasPrefix)
        let again = try SubwordTokenizer(conversion.vocabulary)
        try expectSame(original, again)
        #expect(try again.encode("then <turn>", control: .parsed).count < 5)
    }

    @Test(
        "a tokenizer that GGUF has no form for is refused with the part",
        arguments: [
            ("unigram.json", "a model that isn't BPE"), ("word-pieces.json", "a model that isn't BPE"),
            ("suffixed.json", "a prefix or suffix"),
            ("prefixed.json", "how this tokenizer cuts and normalizes text"),
            ("deepseek.json", "how this tokenizer cuts and normalizes text"),
        ])
    func refused(name: String, part: String) throws {
        let bytes = try Self.bytes(name)
        let error = #expect(throws: TokenizerError.self) {
            try GGUFVocabulary.converting(tokenizerJSON: bytes, count: 2000).notes
        }
        #expect(error.map { "\($0)".contains(part) } == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("merges that no scores give are refused: a piece without a merge would be one after all")
    func unscored() throws {
        let bytes = try Self.bytes("mistral.json")
        var document = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        var model = try #require(document["model"] as? [String: Any])
        model["merges"] = try #require(model["merges"] as? [Any]).dropFirst().map { $0 }
        document["model"] = model
        let changed = Array(try JSONSerialization.data(withJSONObject: document))
        let error = #expect(throws: TokenizerError.self) {
            try GGUFVocabulary.converting(tokenizerJSON: changed, count: 2000).notes
        }
        #expect(error.map { "\($0)".contains("the order of its merges") } == true)
    }

    @Test("a tokenizer with more tokens than its model has is refused")
    func tooMany() throws {
        let error = #expect(throws: TokenizerError.self) {
            try GGUFVocabulary.converting(tokenizerJSON: Self.bytes("gpt2.json"), count: 10).notes
        }
        #expect(error.map { "\($0)".contains("and the model has 10") } == true)
    }
}
