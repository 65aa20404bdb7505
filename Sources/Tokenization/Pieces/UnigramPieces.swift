/// The likeliest pieces: SentencePiece's Viterbi search, with its roundings to single precision.
struct UnigramPieces: Sendable {
    private var trie: ByteTrie
    private let scores: [Double]
    private let unknownScore: Double

    /// How much worse than the worst piece an unknown character is.
    private static let penalty: Float = 10

    init(_ pieces: [SentencePieceFile.Piece]) {
        let normal = pieces.filter { $0.kind == .normal }.map(\.score)
        let (lowest, highest) = (normal.min() ?? .greatestFiniteMagnitude, normal.max() ?? -.greatestFiniteMagnitude)
        unknownScore = Double(lowest - Self.penalty)
        scores = pieces.map { piece in
            // Symbols that a user defined always win.
            piece.kind == .userDefined ? Double(Float(piece.text.count) * highest) - 0.1 : Double(piece.score)
        }
        trie = ByteTrie(bytes: pieces.reduce(0) { $0 + $1.text.count })
        for (id, piece) in pieces.enumerated() where piece.isText && piece.kind != .unused && !piece.text.isEmpty {
            trie.insert(piece.text, value: Int32(id))
        }
    }

    private struct Best {
        var score: Float = 0
        var start = -1
        var isUnknown = false
    }

    func parts(of text: [UInt8]) -> [SentencePieceSegmenter.Part] {
        // By place: the best way to it.
        var best = [Best](repeating: Best(), count: text.count + 1)
        var start = 0
        while start < text.count {
            let score = Double(best[start].score)
            let length = min(UTF8Scanning.length(text[start]), text.count - start)
            var hasCharacter = false
            func offer(_ own: Double, _ end: Int, isUnknown: Bool) {
                let candidate = Float(own + score)
                if best[end].start < 0 || candidate > best[end].score {
                    best[end] = Best(score: candidate, start: start, isUnknown: isUnknown)
                }
            }
            var node: Int32 = 0
            for end in start..<text.count {
                node = node == 0 ? trie.child(root: text[end]) : trie.child(node, text[end])
                guard node >= 0 else { break }
                let id = trie.value(node)
                guard id >= 0 else { continue }
                offer(scores[Int(id)], end + 1, isUnknown: false)
                if end + 1 - start == length { hasCharacter = true }
            }
            if !hasCharacter { offer(unknownScore, start + length, isUnknown: true) }
            start += length
        }
        var parts: [SentencePieceSegmenter.Part] = []
        var end = text.count
        while end > 0 {
            parts.append(.init(range: best[end].start..<end, isUnknown: best[end].isUnknown))
            end = best[end].start
        }
        return parts.reversed()
    }
}
