import Testing
import Tokenization

@Suite("a growing text") struct GrowingTextTests {
    /// Ten scripts, code, numbers, white space of all kinds, contractions and marks.
    private static let samples = [
        "The quick brown fox doesn't jump over 3 lazy dogs; it's 1,234.50 they'll've paid.\n\n  Then:   nothing.\t\n",
        "for (i = 0; i < n; ++i) {\r\n    if (x[i] != '\\n') { sum += x[i]; }  // 'tis\n}\n\n\n    return sum;\n",
        "Η γρήγορη αλεπού, Быстрая лиса и 42 собаки. שועל חום מהיר, الثعلب البني ١٢٣ السريع!",
        "तेज़ भूरी लोमड़ी, দ্রুত বাদামী শিয়াল, จิ้งจอกสีน้ำตาล, 敏捷的棕色狐狸跳过了懒狗。素早い茶色の狐。빠른 갈색 여우",
        "e\u{301}a\u{308} ﬁn ½ ² Ⅷ 👩‍👩‍👧 <s> </s> <unk> [MASK] <|endoftext|> ▁ ▁▁x  \u{a0} \u{3000}y zzz'S 'LL 'ſ",
    ]

    private static func grow(_ tokenizer: any Tokenizer, _ sample: String, seed: Int) throws {
        var text = GrowingText(tokenizer)
        var soFar = ""
        var settled: [Token] = []
        var piece = ""
        for (index, scalar) in sample.unicodeScalars.enumerated() {
            piece.unicodeScalars.append(scalar)
            guard index * 7 % 5 < seed else { continue }
            let before = text.tokens
            let kept = try text.append(piece)
            soFar += piece
            piece = ""
            let whole = try tokenizer.encode(soFar)
            #expect(text.tokens == whole, "\(soFar.debugDescription)")
            #expect(text.tokens.prefix(kept) == before.prefix(kept))
            #expect(kept == before.count || kept == whole.count || before[kept] != whole[kept])
            // What is settled stays.
            #expect(text.tokens.prefix(settled.count) == settled[...], "\(soFar.debugDescription)")
            settled = Array(text.tokens.prefix(text.settledCount))
        }
    }

    @Test("has the tokens of the whole at every character, and what is settled stays", arguments: Fixture.all)
    func prefixes(fixture: Fixture) throws {
        let tokenizer = try fixture.tokenizer()
        for (number, sample) in (Self.samples + fixture.cases.map(\.text)).enumerated() {
            try Self.grow(tokenizer, sample, seed: 1 + number % 5)
        }
    }

    @Test(
        "is settled up to the words at its end, so that growing costs little",
        arguments: ["gpt2", "smollm", "qwen", "llama3", "tekken", "deepseek", "mistral", "gemma"])
    func settles(name: String) throws {
        let tokenizer = try #require(Fixture.all.first { $0.name == name }).tokenizer()
        let sample = String(repeating: "The quick brown fox jumps over the lazy dog, 12 times. ", count: 40)
        var text = GrowingText(tokenizer)
        for word in sample.split(separator: " ") { try text.append(word + " ") }
        let open = text.tokens[text.settledCount...]
        let settledEnd = text.settledCount > 0 ? text.tokens[text.settledCount - 1].end : 0
        #expect(text.count - settledEnd < 120, "\(open.count) tokens are open")
    }
}
