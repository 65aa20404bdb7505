/// How often each word occurs in a corpus.
struct WordCounts: Sendable {
    private var text: [UInt8] = []
    private(set) var words: [Word] = []
    /// Open addressing: the upper half of a word's hash, and its index + 1 below.
    private var slots: [UInt64]

    struct Word: Sendable {
        var start: Int
        var length: Int
        var count: Int
    }

    init(capacity: Int = 1 << 12) { slots = [UInt64](repeating: 0, count: capacity) }

    func text(_ word: Word) -> ArraySlice<UInt8> { text[word.start..<word.start + word.length] }

    /// The bytes that occur.
    var bytes: Set<UInt8> { Set(text) }

    mutating func add(_ word: UnsafeBufferPointer<UInt8>) {
        guard let base = word.baseAddress, !word.isEmpty else { return }
        if (words.count + 1) * 2 > slots.count { grow() }
        let tag = ByteHash.hash(base, word.count) & 0xFFFF_FFFF_0000_0000
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: tag >> 32) & mask
        while slots[slot] != 0 {
            if slots[slot] & 0xFFFF_FFFF_0000_0000 == tag {
                let index = Int(slots[slot] & 0xFFFF_FFFF) - 1
                let known = words[index]
                if known.length == word.count, text[known.start..<known.start + known.length].elementsEqual(word) {
                    words[index].count += 1
                    return
                }
            }
            slot = (slot + 1) & mask
        }
        slots[slot] = tag | UInt64(words.count + 1)
        words.append(Word(start: text.count, length: word.count, count: 1))
        text.append(contentsOf: word)
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: max(64, old.count * 2))
        let mask = slots.count - 1
        for entry in old where entry != 0 {
            var slot = Int(truncatingIfNeeded: entry >> 32) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = entry
        }
    }
}
