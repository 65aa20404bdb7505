import Foundation
import Synchronization

/// Finds the ways to make a token of two others.
///
/// Of a token of n characters there are n - 1 to try, more than a million in a large vocabulary: what a small filter of hashes
/// doesn't rule out is looked up for many tokens at a time.
struct TokenSplits {
    struct Split: Sendable {
        var left: Int32
        var right: Int32
        /// The token that is split.
        var result: Int32
        /// Lengths in characters.
        var leftLength: Int32
        var rightLength: Int32
    }

    private let vocabulary: Vocabulary
    private let filter: Vocabulary.Filter
    /// Left and right in turn.
    private var parts: [Vocabulary.Part] = []
    private var candidates: [Split] = []
    private var ids: [Int32] = []

    init(_ vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
        filter = vocabulary.filter
    }

    /// The splits of each block of tokens, found on two threads where there are many: opening a tokenizer waits for this.
    static func splits(of blocks: [ArraySlice<Int>], in vocabulary: Vocabulary) -> [[Split]] {
        let parts = blocks.count < 16 || ProcessInfo.processInfo.activeProcessorCount < 2 ? 1 : 2
        let found = Mutex<[[[Split]]]>(Array(repeating: [], count: parts))
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            var finder = TokenSplits(vocabulary)
            let range = blocks.count * part / parts..<blocks.count * (part + 1) / parts
            let splits = blocks[range].map { finder.splits(of: $0) }
            found.withLock { $0[part] = splits }
        }
        return found.withLock { Array($0.joined()) }
    }

    /// The splits of each token in turn, those with the longest left part first.
    mutating func splits(of tokens: ArraySlice<Int>) -> [Split] {
        parts.removeAll(keepingCapacity: true)
        candidates.removeAll(keepingCapacity: true)
        for token in tokens { collect(token) }
        vocabulary.ids(parts, into: &ids)
        var splits: [Split] = []
        splits.reserveCapacity(candidates.count)
        for (index, candidate) in candidates.enumerated() where ids[2 * index] >= 0 && ids[2 * index + 1] >= 0 {
            var split = candidate
            (split.left, split.right) = (ids[2 * index], ids[2 * index + 1])
            splits.append(split)
        }
        return splits
    }

    private mutating func collect(_ token: Int) {
        guard let range = vocabulary.text(token)?.indices else { return }
        vocabulary.bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            func part(_ start: Int, _ end: Int) -> Vocabulary.Part {
                Vocabulary.Part(start: start, length: end - start, hash: ByteHash.hash(base + start, end - start))
            }
            let first = candidates.count
            var after: Int32 = 0
            for cut in (range.lowerBound..<range.upperBound).dropFirst().reversed() where base[cut] & 0xC0 != 0x80 {
                after += 1
                let left = part(range.lowerBound, cut)
                guard filter.mayHave(left.hash) else { continue }
                let right = part(cut, range.upperBound)
                guard filter.mayHave(right.hash) else { continue }
                parts.append(left)
                parts.append(right)
                candidates.append(
                    Split(left: 0, right: 0, result: Int32(token), leftLength: 0, rightLength: after))
            }
            for index in first..<candidates.count {
                candidates[index].leftLength = after + 1 - candidates[index].rightLength
            }
        }
    }
}
