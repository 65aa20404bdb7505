/// A unigram language model (Kudo, arXiv 1804.10959): of all ways to cut a piece, the one of the highest total score.
struct UnigramModel: Sendable {
    let vocabulary: Vocabulary
    let scores: [Double]
    let unknown: Int32?
    private let trie: ByteTrie
    private let unknownScore: Double
    /// `<0xNN>` of each byte, if all can be fallen back to.
    private let fallbackTokens: [Int32]?

    /// How much worse than the worst token an unknown character is.
    private static let penalty = 10.0

    init(vocabulary: Vocabulary, scores: [Double], unknown: Int32?, fallsBackToBytes: Bool) {
        self.vocabulary = vocabulary
        self.scores = scores
        self.unknown = unknown
        var trie = ByteTrie(bytes: vocabulary.bytes.count / 2)
        for id in 0..<vocabulary.idCount {
            if let text = vocabulary.text(id), !text.isEmpty { trie.insert(text, value: Int32(id)) }
        }
        self.trie = trie
        unknownScore = (scores.min() ?? .infinity) - Self.penalty
        fallbackTokens =
            fallsBackToBytes
            ? (0..<256).map { vocabulary.id(ByteToken.text(UInt8($0))).map(Int32.init) ?? -1 } : nil
    }

    func encode(
        _ base: UnsafePointer<UInt8>, _ range: Range<Int>, _ scratch: EncodingScratch
    ) throws(TokenizerError) {
        let count = range.count
        guard count > 0 else { return }
        let text = base + range.lowerBound
        let symbols = scratch.symbols
        if count <= PieceCache.longestKey {
            let key = PieceCache.key(text, count, isFirst: false)
            if let found = scratch.cache.find(key) { return scratch.emit(cached: found) }
            try tokenize(text, count, symbols)
            scratch.cache.insert(key, symbols)
        } else {
            try tokenize(text, count, symbols)
        }
        scratch.emitSymbols()
    }

    /// The best cut that ends at each byte.
    private struct Best {
        var score = 0.0
        var start = -1
        var id: Int32 = -1
    }

    private func tokenize(_ text: UnsafePointer<UInt8>, _ count: Int, _ symbols: Symbols) throws(TokenizerError) {
        symbols.removeAll()
        var best = [Best](repeating: Best(), count: count + 1)
        var start = 0
        while start < count {
            let score = best[start].score
            let length = UTF8Scanning.length(text[start])
            var hasSingle = false
            func offer(_ id: Int32, _ tokenScore: Double, _ end: Int) {
                let candidate = tokenScore + score
                if best[end].start < 0 || candidate > best[end].score {
                    best[end] = Best(score: candidate, start: start, id: id)
                }
            }
            var node = trie.child(root: text[start])
            var end = start + 1
            while node >= 0 {
                let id = trie.value(node)
                if id >= 0 {
                    offer(id, scores[Int(id)], end)
                    if end - start == length { hasSingle = true }
                }
                if end == count { break }
                node = trie.child(node, text[end])
                end += 1
            }
            if !hasSingle {
                guard let unknown else {
                    throw TokenizerError(
                        "text: '\(String(decoding: UnsafeBufferPointer(start: text + start, count: length), as: UTF8.self))' "
                            + "has no token, and the vocabulary has no unknown token, which would stand for it")
                }
                offer(unknown, unknownScore, start + length)
            }
            start += length
        }
        append(best, text, count, symbols)
    }

    /// The best way to the end, with neighbouring unknown characters as one.
    private func append(_ best: [Best], _ text: UnsafePointer<UInt8>, _ count: Int, _ symbols: Symbols) {
        var cuts: [(range: Range<Int>, isUnknown: Bool)] = []
        var end = count
        while end > 0 {
            let step = best[end]
            let isUnknown = step.id == unknown
            if isUnknown, let last = cuts.last, last.isUnknown {
                cuts[cuts.count - 1].range = step.start..<last.range.upperBound
            } else {
                cuts.append((step.start..<end, isUnknown))
            }
            end = step.start
        }
        for (range, _) in cuts.reversed() {
            let bytes = UnsafeBufferPointer(start: text + range.lowerBound, count: range.count)
            if let id = vocabulary.id(bytes) {
                symbols.append(Int32(id), length: range.count)
            } else if let fallbackTokens, bytes.allSatisfy({ fallbackTokens[Int($0)] >= 0 }) {
                // Each stands for the whole, as far as places go.
                for (index, byte) in bytes.enumerated() {
                    symbols.append(fallbackTokens[Int(byte)], length: index == 0 ? range.count : 0)
                }
            } else if let unknown {
                symbols.append(unknown, length: range.count)
            }
        }
    }
}
