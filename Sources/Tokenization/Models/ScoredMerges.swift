/// Merges of a vocabulary that has scores instead: every way to make a piece of two others, better pieces first.
///
/// The order is the one in which converters write `tokenizer.json`: by score, then the length of the left part, then of
/// the right, all descending, then by id.
enum ScoredMerges {
    private static let block = 256

    static func merges(_ vocabulary: Vocabulary, pieces: [Int], score: (Int) -> Float) -> Merges {
        var merges = Merges(capacity: pieces.count * 2)
        var order = pieces
        if zip(pieces, pieces.dropFirst()).contains(where: { score($0) < score($1) }) {
            order = pieces.enumerated().sorted {
                let (a, b) = (score($0.element), score($1.element))
                return a != b ? a > b : $0.offset < $1.offset
            }.map { $0.element }
        }
        var blocks: [ArraySlice<Int>] = []
        var start = 0
        while start < order.count {
            // Pieces of equal score compete by length, so that they stay in one block.
            var end = min(start + block, order.count)
            while end < order.count, score(order[end]) == score(order[end - 1]) { end += 1 }
            blocks.append(order[start..<end])
            start = end
        }
        for var splits in TokenSplits.splits(of: blocks, in: vocabulary) {
            sort(&splits, score)
            merges.append(contentsOf: splits.lazy.map { ($0.left, $0.right, $0.result) })
        }
        return merges
    }

    /// Sorts the splits of different tokens of equal score, which are neighbours.
    private static func sort(_ splits: inout [TokenSplits.Split], _ score: (Int) -> Float) {
        var start = 0
        while start < splits.count {
            let best = score(Int(splits[start].result))
            var end = start + 1
            var isMixed = false
            while end < splits.count, score(Int(splits[end].result)) == best {
                isMixed = isMixed || splits[end].result != splits[start].result
                end += 1
            }
            if isMixed {
                let sorted = splits[start..<end].enumerated().sorted { first, second in
                    let (a, b) = (first.element, second.element)
                    if a.leftLength != b.leftLength { return a.leftLength > b.leftLength }
                    if a.rightLength != b.rightLength { return a.rightLength > b.rightLength }
                    return first.offset < second.offset
                }
                splits.replaceSubrange(start..<end, with: sorted.lazy.map { $0.element })
            }
            start = end
        }
    }
}
