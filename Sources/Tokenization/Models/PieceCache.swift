/// Remembers the tokens of short pieces: most of a text is words that came before.
struct PieceCache {
    struct Entry {
        var low: UInt64 = 0
        var high: UInt64 = 0
        /// Where the tokens are in `tokens`, and how many; a count of 0 is a free entry.
        var start: UInt32 = 0
        var count: UInt16 = 0
        /// Number of bytes, and whether the piece begins its text.
        var kind: UInt16 = 0
    }

    static let longestKey = 16
    private var entries = [Entry](repeating: Entry(), count: 1 << 12)
    private var used = 0
    /// `bytes << 32 | id` of each token.
    private(set) var tokens: [UInt64] = []

    private static let largest = 1 << 16
    private static let mostTokens = 1 << 19

    @inline(__always) static func key(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, isFirst: Bool
    ) -> Entry {
        var entry = Entry()
        let raw = UnsafeRawPointer(bytes)
        if count >= 8 {
            entry.low = raw.loadUnaligned(as: UInt64.self)
            // Overlaps the first eight bytes unless there are 16; with the count it is still one to one.
            entry.high = raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        } else if count >= 4 {
            entry.low = UInt64(raw.loadUnaligned(as: UInt32.self))
            entry.high = UInt64(raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        } else {
            entry.low =
                UInt64(bytes[0]) | UInt64(bytes[count / 2]) << 8 | UInt64(bytes[count - 1]) << 16
        }
        entry.kind = UInt16(count) << 1 | (isFirst ? 1 : 0)
        return entry
    }

    @inline(__always) private func slot(_ key: Entry) -> Int {
        let hash = ByteHash.fold(key.low ^ ByteHash.seed, key.high ^ 0xA076_1D64_78BD_642F ^ UInt64(key.kind) << 48)
        return Int(truncatingIfNeeded: hash ^ hash >> 32) & (entries.count - 1)
    }

    /// The tokens of a piece seen before.
    @inline(__always) func find(_ key: Entry) -> Range<Int>? {
        var slot = slot(key)
        for _ in 0..<4 {
            let entry = entries[slot]
            if entry.low == key.low, entry.high == key.high, entry.kind == key.kind, entry.count > 0 {
                return Int(entry.start)..<Int(entry.start) + Int(entry.count)
            }
            slot = (slot + 1) & (entries.count - 1)
        }
        return nil
    }

    mutating func insert(_ key: Entry, _ symbols: Symbols) {
        guard symbols.count > 0 else { return }
        if tokens.count > Self.mostTokens {
            tokens.removeAll(keepingCapacity: true)
            for index in entries.indices { entries[index].count = 0 }
            used = 0
        } else if used * 2 > entries.count, entries.count < Self.largest {
            let old = entries
            entries = [Entry](repeating: Entry(), count: old.count * 4)
            used = 0
            for entry in old where entry.count > 0 { place(entry) }
        }
        var entry = key
        entry.start = UInt32(tokens.count)
        entry.count = UInt16(symbols.count)
        for index in 0..<symbols.count {
            tokens.append(
                UInt64(UInt32(bitPattern: symbols.lengths[index])) << 32
                    | UInt64(UInt32(bitPattern: symbols.ids[index])))
        }
        place(entry)
    }

    private mutating func place(_ entry: Entry) {
        let first = slot(entry)
        var slot = first
        for _ in 0..<4 {
            if entries[slot].count == 0 {
                used += 1
                entries[slot] = entry
                return
            }
            slot = (slot + 1) & (entries.count - 1)
        }
        entries[first] = entry
    }
}
