/// Finds the merges of a corpus, the most frequent pair first (Sennrich et al., arXiv 1508.07909).
///
/// Only the words in which a pair occurs are gone through when it is merged. Equal counts are told apart by the ids of
/// the pair, so that the result doesn't depend on any order.
struct MergeLearner {
    /// A pair of neighbours: its ids, left above right.
    private typealias Pair = UInt64

    private struct Candidate {
        var count: Int
        var pair: Pair
        /// The words in which the pair came up.
        var words: [Int32]

        /// Whether it is merged before another.
        func precedes(_ other: Candidate) -> Bool {
            count != other.count ? count > other.count : pair < other.pair
        }
    }

    /// The tokens of all words, one after the other; a word that shrinks leaves a gap.
    private var tokens: [Int32] = []
    private var starts: [Int] = []
    private var lengths: [Int32] = []
    private var counts: [Int] = []
    private var pairs = PairCounts()
    private var heap: [Candidate] = []

    /// - Parameter ids: the token of each byte; -1 for bytes that are left out.
    init(_ words: WordCounts, _ ids: [Int32]) {
        for word in words.words {
            starts.append(tokens.count)
            for byte in words.text(word) where ids[Int(byte)] >= 0 { tokens.append(ids[Int(byte)]) }
            lengths.append(Int32(tokens.count - starts[starts.count - 1]))
            counts.append(word.count)
        }
        for word in starts.indices where lengths[word] > 1 {
            for index in starts[word]..<starts[word] + Int(lengths[word]) - 1 {
                pairs.add(counts[word], Self.pair(tokens[index], tokens[index + 1]), in: Int32(word))
            }
        }
        pushNewPairs()
    }

    private static func pair(_ left: Int32, _ right: Int32) -> Pair {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// The merges in order, as the ids of their pairs.
    mutating func learn(
        into vocabulary: inout TrainedVocabulary, size: Int, minimumFrequency: Int
    ) -> [(left: Int32, right: Int32)] {
        var merges: [(left: Int32, right: Int32)] = []
        while vocabulary.texts.count < size, var top = pop() {
            let count = pairs.count(top.pair)
            if top.count != count {
                // It has become rarer since it was counted.
                top.count = count
                push(top)
                continue
            }
            if count < 1 || count < minimumFrequency { break }
            let left = Int32(truncatingIfNeeded: top.pair >> 32)
            let right = Int32(truncatingIfNeeded: top.pair & 0xFFFF_FFFF)
            let merged = vocabulary.id(vocabulary.texts[Int(left)] + vocabulary.texts[Int(right)])
            merges.append((left, right))
            for word in top.words { merge(left, right, merged, in: Int(word)) }
            pushNewPairs()
        }
        return merges
    }

    private mutating func merge(_ left: Int32, _ right: Int32, _ merged: Int32, in word: Int) {
        let start = starts[word]
        let end = start + Int(lengths[word])
        let count = counts[word]
        var read = start
        var write = start
        while read < end {
            let token = tokens[read]
            guard token == left, read + 1 < end, tokens[read + 1] == right else {
                tokens[write] = token
                write += 1
                read += 1
                continue
            }
            if write > start {
                pairs.add(-count, Self.pair(tokens[write - 1], left))
                pairs.add(count, Self.pair(tokens[write - 1], merged), in: Int32(word))
            }
            if read + 2 < end {
                pairs.add(-count, Self.pair(right, tokens[read + 2]))
                pairs.add(count, Self.pair(merged, tokens[read + 2]), in: Int32(word))
            }
            tokens[write] = merged
            write += 1
            read += 2
        }
        lengths[word] = Int32(write - start)
    }

    private mutating func pushNewPairs() {
        for (pair, count, words) in pairs.takeNew() where count > 0 {
            push(Candidate(count: count, pair: pair, words: words))
        }
    }

    private mutating func push(_ candidate: Candidate) {
        heap.append(candidate)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if !candidate.precedes(heap[parent]) { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() -> Candidate? {
        guard !heap.isEmpty else { return nil }
        heap.swapAt(0, heap.count - 1)
        let top = heap.removeLast()
        var parent = 0
        while true {
            var child = parent * 2 + 1
            if child >= heap.count { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            if !heap[child].precedes(heap[parent]) { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return top
    }
}

/// How often pairs occur, and in which words those came up that are new.
private struct PairCounts {
    private var keys: [UInt64] = []
    private var counts: [Int] = []
    private var words: [[Int32]] = []
    /// Pairs with words that haven't been taken.
    private var new: [Int32] = []
    private var slots = [Int32](repeating: -1, count: 1 << 12)

    private mutating func index(_ pair: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Self.place(pair) & mask
        while slots[slot] >= 0 {
            if keys[Int(slots[slot])] == pair { return Int(slots[slot]) }
            slot = (slot + 1) & mask
        }
        slots[slot] = Int32(keys.count)
        keys.append(pair)
        counts.append(0)
        words.append([])
        if keys.count * 2 > slots.count { grow() }
        return keys.count - 1
    }

    private static func place(_ pair: UInt64) -> Int {
        Int(truncatingIfNeeded: ByteHash.fold(pair ^ 0x9E37_79B9_7F4A_7C15, ByteHash.seed) >> 1)
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        let mask = slots.count - 1
        for (index, key) in keys.enumerated() {
            var slot = Self.place(key) & mask
            while slots[slot] >= 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(index)
        }
    }

    mutating func count(_ pair: UInt64) -> Int { counts[index(pair)] }

    mutating func add(_ count: Int, _ pair: UInt64) { counts[index(pair)] += count }

    mutating func add(_ count: Int, _ pair: UInt64, in word: Int32) {
        let index = index(pair)
        counts[index] += count
        if words[index].isEmpty { new.append(Int32(index)) }
        if words[index].last != word { words[index].append(word) }
    }

    /// The pairs that came up since the last call.
    mutating func takeNew() -> [(pair: UInt64, count: Int, words: [Int32])] {
        defer { new.removeAll(keepingCapacity: true) }
        return new.map { index in
            let index = Int(index)
            defer { words[index] = [] }
            return (keys[index], counts[index], words[index])
        }
    }
}
