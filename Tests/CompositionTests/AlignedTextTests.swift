import Composition
import Foundation
import LanguageModels
import Testing
import Tokenization

/// Small tokenizers of all kinds: the tokenizers' own fixtures.
enum SmallTokenizer {
    static let names = ["gpt2", "smollm", "qwen", "llama3", "deepseek", "mistral", "gemma", "llama-first", "unigram"]

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "TokenizationTests/Fixtures")

    private static let opened = Dictionary(
        uniqueKeysWithValues: names.map { name in
            (
                name,
                Result {
                    try SubwordTokenizer(
                        tokenizerJSON: Array(Data(contentsOf: folder.appending(path: "\(name).json"))), source: name)
                }
            )
        })

    static func named(_ name: String) throws -> SubwordTokenizer { try #require(opened[name]).get() }

    static let texts = [
        "The quick brown fox doesn't jump over 3 lazy dogs; they'll've paid 1,234.50.\n\n  Then:   nothing.\t\n",
        "for (i = 0; i < n; ++i) {\n    sum += x[i];  // 'tis\n}\n",
        "Быстрая лиса, שועל חום, الثعلب ١٢٣, भूरी लोमड़ी, 敏捷的棕色狐狸。빠른 갈색 여우 👩‍👩‍👧 e\u{301}",
        "fuzar+dovos=47+182=229\n",
    ]

    /// Beginnings of the Universal Declaration of Human Rights, in ten scripts.
    static let scripts = [
        "All human beings are born free and equal in dignity and rights. They are endowed with reason.",
        "Все люди рождаются свободными и равными в своем достоинстве и правах.",
        "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
        "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.", "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق.",
        "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।", "มนุษย์ทั้งปวงเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
        "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心。", "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
        "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.", "ყველა ადამიანი იბადება თავისუფალი და თანასწორი.",
    ]
}

@Suite("an aligned text") struct AlignedTextTests {
    /// The text that an anchor's first tokens make, as far as its characters are complete.
    private static func text(_ ids: some Sequence<Int32>, _ tokenizer: any Tokenizer) -> String {
        var decoder = StreamingDecoder(tokenizer)
        return ids.map { decoder.append($0) }.joined()
    }

    /// Reads ids in pieces, and checks of each of the anchor's tokens that it sees what a reading of the text so far is, and
    /// of each token of the augmenting model that it stands at its place.
    static func check(
        _ alignment: TextAlignment, _ ids: [Int32], pieces: [Int], expected: (String) throws -> [Int32]
    ) throws -> (branched: Int, count: Int) {
        var text = AlignedText(alignment)
        var main: [Int32] = []
        var (done, branched) = (0, 0)
        for piece in pieces {
            let part = Array(ids[done..<min(ids.count, done + piece)])
            guard !part.isEmpty else { break }
            let stretch = text.read(part)
            main.removeSubrange(stretch.first...)
            main += stretch.tokens[..<stretch.mainCount]
            #expect(stretch.sights.count == part.count)
            #expect(
                Array(stretch.positions[..<stretch.mainCount])
                    == (0..<stretch.mainCount).map { Int32(stretch.first + $0) })
            for (index, sight) in stretch.sights.enumerated() {
                let seen = main[..<sight.cut] + stretch.tokens[sight.branch]
                let sofar = Self.text(ids[...(done + index)], alignment.anchor)
                #expect(Array(seen) == (try expected(sofar)), "\(sofar.debugDescription)")
                #expect(
                    Array(stretch.positions[sight.branch])
                        == sight.branch.indices.map { Int32(sight.cut + $0 - sight.branch.lowerBound) })
                let positions = stretch.anchorPositions[sight.branch]
                #expect(positions.allSatisfy { $0 >= 0 && $0 <= done + index }, "a token that isn't read yet")
                if !sight.branch.isEmpty { branched += 1 }
            }
            done += part.count
            #expect(text.count == main.count)
        }
        #expect(done == ids.count)
        return (branched, done)
    }

    @Test(
        "each of the anchor's tokens sees the text up to its end in the other model's tokens",
        arguments: SmallTokenizer.names, SmallTokenizer.names)
    func sees(anchor: String, augmenting: String) throws {
        let (own, other) = (try SmallTokenizer.named(anchor), try SmallTokenizer.named(augmenting))
        let alignment = TextAlignment(anchor: own, augmenting: other, openChunk: .provisional)
        for text in SmallTokenizer.texts + SmallTokenizer.scripts {
            let ids = own.leadingTokens + (try own.encode(text).map(\.id))
            for pieces in [[ids.count], [1, 1, 2, 1, 5, 1, 1, 1, ids.count]] {
                let (branched, count) = try Self.check(alignment, ids, pieces: pieces) {
                    other.leadingTokens + (try other.encode($0).map(\.id))
                }
                // One's own tokens within a word are nearly always those of the text that ends there; but characters that are
                // several tokens are seen when they are whole.
                if anchor == augmenting, !SmallTokenizer.scripts.contains(text) { #expect(branched * 10 < count) }
            }
        }
    }

    private static let folder = ProcessInfo.processInfo.environment["CALM_TEST_MODELS"]

    @Test(
        "real models read along in ten scripts, each in the tokens of the whole text, and nearly always without branches where words end",
        .enabled(if: folder != nil, "set CALM_TEST_MODELS to a folder with GGUF files of real models"))
    func real() throws {
        let folder = URL(fileURLWithPath: Self.folder ?? "")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "gguf" }
        let tokenizers = try files.map { try TextInterface(PretrainedModel.Checkpoint($0.path)).tokenizer }
        for (name, own) in zip(files, tokenizers) {
            for (otherName, other) in zip(files, tokenizers) where own.digest != other.digest {
                let alignment = TextAlignment(anchor: own, augmenting: other, openChunk: .provisional)
                var (branched, count) = (0, 0)
                for text in SmallTokenizer.scripts + SmallTokenizer.texts {
                    let ids = own.leadingTokens + (try own.encode(text).map(\.id))
                    let found = try Self.check(alignment, ids, pieces: [3, 1, 1, ids.count]) {
                        other.leadingTokens + (try other.encode($0).map(\.id))
                    }
                    branched += found.branched
                    count += found.count
                }
                print(
                    "\(name.lastPathComponent) reads along with \(otherName.lastPathComponent): \(branched) of \(count) tokens see a branch"
                )
                #expect(branched * 2 < count)
            }
        }
    }

    @Test("where the open chunk is hidden, a token sees what no later byte can change", arguments: ["gpt2", "mistral"])
    func hides(augmenting: String) throws {
        let (own, other) = (try SmallTokenizer.named("qwen"), try SmallTokenizer.named(augmenting))
        let alignment = TextAlignment(anchor: own, augmenting: other, openChunk: .hidden)
        for text in SmallTokenizer.texts {
            let ids = try own.encode(text).map(\.id)
            let whole = other.leadingTokens + (try other.encode(text).map(\.id))
            var last = 0
            let branched = try Self.check(alignment, ids, pieces: [3, 1, ids.count]) { sofar in
                var growing = GrowingText(other)
                for character in sofar.unicodeScalars { try growing.append(String(character)) }
                // Read in larger pieces, no less is known to be settled.
                let seen = Array(whole.prefix(other.leadingTokens.count + growing.settledCount))
                last = seen.count
                return seen
            }.branched
            #expect(branched == 0)
            #expect(last < whole.count || last == 0)
        }
    }

    @Test("a text that is cut is what it was at the cut", arguments: ["gpt2", "gemma"])
    func truncates(augmenting: String) throws {
        let (own, other) = (try SmallTokenizer.named("llama3"), try SmallTokenizer.named(augmenting))
        let alignment = TextAlignment(anchor: own, augmenting: other, openChunk: .provisional)
        let ids = try own.encode(SmallTokenizer.texts[0]).map(\.id)
        for cut in 1..<ids.count {
            var (text, other) = (AlignedText(alignment), AlignedText(alignment))
            _ = text.read(ids)
            text.truncate(to: cut)
            _ = other.read(ids.prefix(cut))
            #expect(text.count == other.count)
            let (again, direct) = (text.read(ids.dropFirst(cut)), other.read(ids.dropFirst(cut)))
            #expect(again.first <= direct.first)
            #expect(again.tokens.suffix(direct.tokens.count) == direct.tokens[...])
        }
    }

    @Test("a model that reads so many tokens sees the beginning of a longer text")
    func limited() throws {
        let tokenizer = try SmallTokenizer.named("gpt2")
        let alignment = TextAlignment(
            anchor: try SmallTokenizer.named("qwen"), augmenting: tokenizer, openChunk: .provisional, longest: 7)
        let ids = try alignment.anchor.encode(SmallTokenizer.texts[0]).map(\.id)
        var text = AlignedText(alignment)
        let stretch = text.read(ids)
        #expect(text.count == 7)
        #expect(stretch.positions.allSatisfy { $0 < 7 })
        #expect(
            Array(stretch.tokens[..<stretch.mainCount])
                == (try tokenizer.encode(SmallTokenizer.texts[0])).prefix(7).map(\.id))
    }
}
