/// Merges of a vocabulary that has scores instead: every way to make a piece of two others, better pieces first.
///
/// The order is the one in which converters write `tokenizer.json`: by score, then the length of the left part, then of
/// the right, all descending, then by id.
enum ScoredMerges {
    private struct Candidate {
        var left: Int32
        var right: Int32
        var result: Int32
        /// Lengths in characters.
        var leftLength: Int
        var rightLength: Int
    }

    static func merges(_ vocabulary: Vocabulary, pieces: [Int], score: (Int) -> Float) -> Merges {
        var merges = Merges(capacity: pieces.count * 2)
        var order = pieces
        if zip(pieces, pieces.dropFirst()).contains(where: { score($0) < score($1) }) {
            order = pieces.enumerated().sorted {
                let (a, b) = (score($0.element), score($1.element))
                return a != b ? a > b : $0.offset < $1.offset
            }.map { $0.element }
        }
        var finder = SplitFinder(vocabulary)
        var group: [Candidate] = []
        var start = 0
        while start < order.count {
            // Pieces of equal score compete by length.
            var end = start + 1
            while end < order.count, score(order[end]) == score(order[start]) { end += 1 }
            group.removeAll(keepingCapacity: true)
            for index in start..<end {
                finder.forEachSplit(of: order[index]) { left, right, leftLength, rightLength in
                    group.append(
                        Candidate(
                            left: left, right: right, result: Int32(order[index]), leftLength: leftLength,
                            rightLength: rightLength))
                }
            }
            if end > start + 1 {
                group = group.enumerated().sorted { first, second in
                    let (a, b) = (first.element, second.element)
                    if a.leftLength != b.leftLength { return a.leftLength > b.leftLength }
                    if a.rightLength != b.rightLength { return a.rightLength > b.rightLength }
                    return first.offset < second.offset
                }.map { $0.element }
            }
            for candidate in group { merges.append(candidate.left, candidate.right, candidate.result) }
            start = end
        }
        return merges
    }
}

/// Finds the ways to make a token of two others.
private struct SplitFinder {
    let vocabulary: Vocabulary
    private var texts: [UInt8] = []
    private var ends: [Int] = []
    private var leftIDs: [Int32] = []
    private var rightIDs: [Int32] = []
    private var cuts: [Int] = []

    init(_ vocabulary: Vocabulary) { self.vocabulary = vocabulary }

    /// Calls `body` with the two tokens of each split and their lengths in characters, the longest left part first.
    mutating func forEachSplit(of id: Int, _ body: (Int32, Int32, Int, Int) -> Void) {
        guard let text = vocabulary.text(id) else { return }
        texts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        cuts.removeAll(keepingCapacity: true)
        for index in text.indices.dropFirst() where text[index] & 0xC0 != 0x80 {
            cuts.append(index)
            texts.append(contentsOf: text[..<index])
            ends.append(texts.count)
        }
        if cuts.isEmpty { return }
        vocabulary.ids(texts, ends: ends, into: &leftIDs)
        texts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        for (index, cut) in cuts.enumerated() where leftIDs[index] >= 0 {
            texts.append(contentsOf: text[cut...])
            ends.append(texts.count)
        }
        if ends.isEmpty { return }
        vocabulary.ids(texts, ends: ends, into: &rightIDs)
        var place = ends.count
        for index in cuts.indices.reversed() where leftIDs[index] >= 0 {
            place -= 1
            if rightIDs[place] >= 0 { body(leftIDs[index], rightIDs[place], index + 1, cuts.count - index) }
        }
    }
}
