/// Pieces by merging neighbours, the best score first, and of equal ones the leftmost: SentencePiece's BPE.
struct BytePairPieces: Sendable {
    private var ids: [ArraySlice<UInt8>: Int] = [:]
    private let pieces: [SentencePieceFile.Piece]

    init(_ pieces: [SentencePieceFile.Piece]) {
        self.pieces = pieces
        ids.reserveCapacity(pieces.count)
        for (id, piece) in pieces.enumerated() where piece.isText { ids[piece.text[...]] = id }
    }

    private struct Symbol {
        var range: Range<Int>
        var previous: Int
        var next: Int
        /// A symbol that a user defined is merged with none.
        var isFrozen: Bool
    }

    private struct Pair: Comparable {
        let score: Float
        let left: Int
        let right: Int
        let count: Int

        /// Whether it is merged after the other.
        static func < (a: Pair, b: Pair) -> Bool { (a.score, -a.left) < (b.score, -b.left) }
    }

    /// - Parameter symbolEnd: where a symbol ends that a user defined, if the text begins with one.
    func parts(
        of text: [UInt8], _ symbolEnd: (ArraySlice<UInt8>) -> Int?
    ) -> [SentencePieceSegmenter.Part] {
        var symbols: [Symbol] = []
        var start = 0
        while start < text.count {
            let frozen = symbolEnd(text[start...])
            let end = frozen ?? min(text.count, start + UTF8Scanning.length(text[start]))
            symbols.append(
                Symbol(
                    range: start..<end, previous: symbols.count - 1, next: end == text.count ? -1 : symbols.count + 1,
                    isFrozen: frozen != nil))
            start = end
        }
        // Pieces that aren't in use, merged for the sake of others: where they are cut again.
        var cuts: [ArraySlice<UInt8>: Int] = [:]
        var queue = PairQueue<Pair>()
        func offer(_ left: Int, _ right: Int) {
            guard left >= 0, right >= 0, !symbols[left].isFrozen, !symbols[right].isFrozen else { return }
            let range = symbols[left].range.lowerBound..<symbols[right].range.upperBound
            guard let id = ids[text[range]] else { return }
            queue.push(Pair(score: pieces[id].score, left: left, right: right, count: range.count))
            if pieces[id].kind == .unused { cuts[text[range]] = symbols[left].range.count }
        }
        for index in symbols.indices.dropFirst() { offer(index - 1, index) }
        while let pair = queue.pop() {
            let (left, right) = (symbols[pair.left].range, symbols[pair.right].range)
            guard !left.isEmpty, !right.isEmpty, left.count + right.count == pair.count else { continue }
            symbols[pair.left].range = left.lowerBound..<right.upperBound
            symbols[pair.right].range = right.upperBound..<right.upperBound
            symbols[pair.left].next = symbols[pair.right].next
            if symbols[pair.right].next >= 0 { symbols[symbols[pair.right].next].previous = pair.left }
            offer(symbols[pair.left].previous, pair.left)
            offer(pair.left, symbols[pair.left].next)
        }
        var parts: [SentencePieceSegmenter.Part] = []
        var index = symbols.isEmpty ? -1 : 0
        while index >= 0 {
            append(symbols[index].range, of: text, cuts, to: &parts)
            index = symbols[index].next
        }
        return parts
    }

    private func append(
        _ range: Range<Int>, of text: [UInt8], _ cuts: [ArraySlice<UInt8>: Int],
        to parts: inout [SentencePieceSegmenter.Part]
    ) {
        let id = ids[text[range]]
        if let id, pieces[id].kind == .unused, let cut = cuts[text[range]] {
            append(range.lowerBound..<(range.lowerBound + cut), of: text, cuts, to: &parts)
            append((range.lowerBound + cut)..<range.upperBound, of: text, cuts, to: &parts)
        } else {
            parts.append(.init(range: range, isUnknown: id == nil))
        }
    }
}

/// A binary heap: the largest first.
private struct PairQueue<Element: Comparable> {
    private var elements: [Element] = []

    mutating func push(_ element: Element) {
        elements.append(element)
        var child = elements.count - 1
        while child > 0, elements[(child - 1) / 2] < elements[child] {
            elements.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Element? {
        guard let last = elements.popLast() else { return nil }
        guard let top = elements.first else { return last }
        elements[0] = last
        var parent = 0
        while true {
            var largest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < elements.count && elements[largest] < elements[child] {
                largest = child
            }
            if largest == parent { return top }
            elements.swapAt(parent, largest)
            parent = largest
        }
    }
}
