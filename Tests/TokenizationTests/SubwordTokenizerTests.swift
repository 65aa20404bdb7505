import Testing
import Tokenization

/// Small tokenizers of each kind. `Oracle/compare.py` does the same with 100,000 random and adversarial strings a
/// tokenizer, real ones too: a slow check that needs Python and Hugging Face's library.
@Suite struct SubwordTokenizerTests {
    @Test func everyFixtureHasCases() {
        #expect(Fixture.all.map(\.name) == Fixture.names)
        for fixture in Fixture.all { #expect(fixture.cases.count > 60, "\(fixture.name)") }
    }

    @Test(arguments: Fixture.all) func idsAndPlacesAreThoseOfHuggingFace(fixture: Fixture) throws {
        let tokenizer = try fixture.tokenizer()
        for sample in fixture.cases {
            let tokens = try tokenizer.encode(sample.text, control: .parsed)
            #expect(tokens.map(\.id) == sample.ids, "\(sample.text.debugDescription)")
            #expect(sample.text.roundedUp(tokens.map(\.end)) == sample.ends, "\(sample.text.debugDescription)")
            let plain = try tokenizer.encode(sample.text, control: .plain)
            #expect(plain.map(\.id) == sample.plain, "\(sample.text.debugDescription)")
        }
    }

    @Test(arguments: Fixture.all) func aSecondEncodingIsTheSame(fixture: Fixture) throws {
        // By then the pieces are in the cache.
        let tokenizer = try fixture.tokenizer()
        for sample in fixture.cases {
            #expect(try tokenizer.encode(sample.text) == tokenizer.encode(sample.text))
        }
    }

    @Test(arguments: Fixture.all) func decodesAsHuggingFaceDoes(fixture: Fixture) throws {
        let tokenizer = try fixture.tokenizer()
        for sample in fixture.cases {
            // Of single bytes that make no text, Hugging Face writes one U+FFFD each; bytes are told by the encoder's tests.
            if sample.decoded.contains("\u{FFFD}") { continue }
            let text = String(decoding: tokenizer.decode(sample.ids, keepingControl: true), as: UTF8.self)
            #expect(text.utf8.elementsEqual(sample.decoded.utf8), "\(sample.text.debugDescription)")
            // Hugging Face doesn't know control tokens again that it normalizes.
            if fixture.name == "llama-normalized" { continue }
            let skipped = String(decoding: tokenizer.decode(sample.ids), as: UTF8.self)
            #expect(skipped.utf8.elementsEqual(sample.skipped.utf8), "\(sample.text.debugDescription)")
        }
    }

    @Test(arguments: Fixture.all) func streamsWhatItDecodes(fixture: Fixture) throws {
        let tokenizer = try fixture.tokenizer()
        for sample in fixture.cases {
            var decoder = StreamingDecoder(tokenizer)
            let streamed = sample.ids.map { decoder.append($0) }.joined() + decoder.finish()
            #expect(streamed.utf8.elementsEqual(String(decoding: tokenizer.decode(sample.ids), as: UTF8.self).utf8))
        }
    }

    @Test(arguments: ["gpt2", "llama3", "gemma"]) func bytesOfTokensAreTheirPlaces(name: String) throws {
        let tokenizer = try #require(Fixture.all.first { $0.name == name }).tokenizer()
        for sample in Fixture.all[0].cases where !sample.text.contains("▁") {
            let tokens = try tokenizer.encode(sample.text)
            if tokens.contains(where: { $0.id == tokenizer.id(of: "<unk>") }) { continue }
            var bytes: [UInt8] = []
            var state = DecodingState()
            for token in tokens {
                tokenizer.decode(token.id, into: &bytes, state: &state)
                #expect(bytes.count == token.end, "\(sample.text.debugDescription)")
            }
            #expect(bytes == Array(sample.text.utf8))
        }
    }

    @Test func invalidBytesAreReplacedAsPythonDoes() throws {
        let tokenizer = try SubwordTokenizer(tokenizerJSON: Fixture.json("gpt2"))
        let bytes: [UInt8] = [0x61, 0xFF, 0xE2, 0x82, 0x62, 0xF0, 0x9F, 0x98, 0xED, 0xA0, 0x80, 0xC3]
        let text = "a\u{FFFD}\u{FFFD}b\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"
        #expect(try tokenizer.encode(bytes, control: .plain) == tokenizer.encode(text))
    }

    @Test(
        arguments: [
            [0x80], [0xC3], [0xC0, 0xAF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xFE],
            [0xE2, 0x28, 0xA1],
        ] as [[UInt8]]) func eachKindOfInvalidByteIsReplaced(bytes: [UInt8]) throws
    {
        let tokenizer = try SubwordTokenizer(tokenizerJSON: Fixture.json("gpt2"))
        for text in [bytes, Array("abcdefgh".utf8) + bytes, bytes + Array("é".utf8)] {
            let replaced = String(decoding: text, as: UTF8.self)
            #expect(try tokenizer.encode(text, control: .plain) == tokenizer.encode(replaced))
        }
    }

    @Test func framesAndControlTokensAreThoseOfTheFile() throws {
        let tokenizer = try SubwordTokenizer(tokenizerJSON: Fixture.json("mistral"))
        #expect(tokenizer.leadingTokens == [1] && tokenizer.trailingTokens == [2])
        #expect(tokenizer.beginning == 1 && tokenizer.end == 2)
        #expect(tokenizer.id(of: "<s>") == 1 && tokenizer.isControl(1) && !tokenizer.isControl(300))
        #expect(tokenizer.vocabularyCount == 900)
        let named = try SubwordTokenizer(
            tokenizerJSON: Fixture.json("gpt2"), beginning: "<|im_start|>", end: "<|im_end|>")
        #expect(named.beginning == named.id(of: "<|im_start|>") && named.end == named.id(of: "<|im_end|>"))
    }

    @Test func theDigestIsOfWhatCounts() throws {
        let json = try Fixture.json("gpt2")
        let digest = try SubwordTokenizer(tokenizerJSON: json).digest
        #expect(digest.count == 64)
        // White space doesn't count.
        #expect(try SubwordTokenizer(tokenizerJSON: [0x20] + json).digest == digest)
        #expect(try SubwordTokenizer(tokenizerJSON: json, end: "<|im_end|>").digest != digest)
        var digests: Set<String> = []
        for fixture in Fixture.all { digests.insert(try fixture.tokenizer().digest) }
        #expect(digests.count == Fixture.all.count)
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["gpt2", "gemma", "mistral", "llama-normalized", "unigram", "odd"])
    func longPiecesTakeTimeInProportion(name: String) throws {
        let tokenizer = try #require(Fixture.all.first { $0.name == name }).tokenizer()
        for text in ["ab", "é", "<", " ", "\n", "'", "1", "▁", "a\u{301}"] {
            let tokens = try tokenizer.encode(String(repeating: text, count: 40_000 / text.utf8.count))
            #expect(!tokens.isEmpty || text == " " || text == "\n" || text == "▁")
        }
    }

    @Test func encodesFromManyTasksAtOnce() async throws {
        let tokenizer = try SubwordTokenizer(tokenizerJSON: Fixture.json("gemma"))
        let texts = try #require(Fixture.all.first { $0.name == "gemma" }).cases.map(\.text)
        let expected = try texts.map { try tokenizer.encode($0) }
        try await withThrowingTaskGroup(of: [[Token]].self) { group in
            for _ in 0..<8 { group.addTask { try texts.map { try tokenizer.encode($0) } } }
            for try await found in group { #expect(found == expected) }
        }
    }
}
