#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The texts of tokens by id, and ids by text.
///
/// Texts are bytes in one block: as `String`s, those that are canonically equivalent would be one.
struct Vocabulary: Sendable {
    /// Where a text is in `bytes`; a length of -1 is an id without a token.
    private struct Place {
        var start: UInt32 = 0
        var length: Int32 = -1

        var range: Range<Int> { Int(start)..<Int(start) + Int(length) }
    }

    private(set) var bytes: [UInt8] = []
    private var places: [Place] = []
    /// Open addressing: the upper half of a text's hash, and its id + 1 below; 0 is a free slot.
    private var slots: [UInt64]
    private var mask: Int
    /// Number of texts.
    private(set) var count = 0
    /// Ids whose text is that of a later one too.
    private(set) var repeatedIDs: [Int] = []

    private static let tagBits: UInt64 = 0xFFFF_FFFF_0000_0000

    init(capacity: Int = 16) {
        var size = 64
        while size < capacity * 2 { size *= 2 }
        slots = [UInt64](repeating: 0, count: size)
        mask = size - 1
        places.reserveCapacity(capacity)
        bytes.reserveCapacity(capacity * 8)
    }

    /// One more than the largest id.
    var idCount: Int { places.count }

    /// The text of a token; nil if there is no such id.
    func text(_ id: Int) -> ArraySlice<UInt8>? {
        guard id >= 0, id < places.count, places[id].length >= 0 else { return nil }
        return bytes[places[id].range]
    }

    /// Enters a text; one entered before gets the new id.
    mutating func insert(_ text: UnsafeBufferPointer<UInt8>, id: Int) {
        if id >= places.count {
            places.append(contentsOf: repeatElement(Place(), count: id + 1 - places.count))
        }
        if (count + 1) * 2 > slots.count { grow() }
        let (slot, tag, found) = find(text)
        places[id] = Place(
            start: UInt32(truncatingIfNeeded: bytes.count), length: Int32(truncatingIfNeeded: text.count))
        bytes.append(contentsOf: text)
        if let found, found != id { places[found].length = -1 }
        if found == nil { count += 1 }
        slots[slot] = tag | UInt64(id + 1)
    }

    mutating func insert(_ text: some Sequence<UInt8>, id: Int) {
        let text = Array(text)
        text.withUnsafeBufferPointer { insert($0, id: id) }
    }

    /// Adds a text at the end of a list; the same text before it keeps its place too, but this is the id of it.
    mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
        let other = find(text).id
        insert(text, id: places.count)
        if let other {
            places[other].length = Int32(text.count)
            repeatedIDs.append(other)
        }
    }

    func id(_ text: UnsafeBufferPointer<UInt8>) -> Int? { find(text).id }

    /// The same, found at once if it is `guess` or one of the two ids after it.
    func id(_ text: UnsafeBufferPointer<UInt8>, after guess: Int) -> Int? {
        for id in guess..<min(guess + 3, places.count) where equals(places[id], text) { return id }
        return find(text).id
    }

    func id(_ text: [UInt8]) -> Int? { text.withUnsafeBufferPointer { find($0).id } }

    func id(_ text: String) -> Int? { id(Array(text.utf8)) }

    @inline(__always) private func find(_ text: UnsafeBufferPointer<UInt8>) -> (slot: Int, tag: UInt64, id: Int?) {
        var tag: UInt64 = 0
        if let base = text.baseAddress { tag = ByteHash.hash(base, text.count) & Self.tagBits }
        var slot = Int(truncatingIfNeeded: tag >> 32) & mask
        return slots.withUnsafeBufferPointer { slots in
            while true {
                let entry = slots[slot]
                if entry == 0 { return (slot, tag, nil) }
                if entry & Self.tagBits == tag {
                    let id = Int(entry & ~Self.tagBits) - 1
                    if equals(places[id], text) { return (slot, tag, id) }
                }
                slot = (slot + 1) & mask
            }
        }
    }

    /// The ids of the texts between consecutive `ends` of a buffer, -1 for those that are no tokens.
    ///
    /// Looked up in rounds, so that the waits for memory overlap.
    func ids(_ text: [UInt8], ends: [Int], into ids: inout [Int32]) {
        let count = ends.count
        ids.removeAll(keepingCapacity: true)
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count * 2) { work in
            let entries = work[..<count]
            text.withUnsafeBufferPointer { text in
                guard let base = text.baseAddress else { return }
                var start = 0
                for index in 0..<count {
                    let tag = ByteHash.hash(base + start, ends[index] - start) & Self.tagBits
                    work[index] = slots[Int(truncatingIfNeeded: tag >> 32) & mask]
                    work[count + index] = tag
                    start = ends[index]
                }
                for index in 0..<count {
                    let entry = entries[index]
                    ids.append(
                        entry != 0 && entry & Self.tagBits == work[count + index]
                            ? Int32(truncatingIfNeeded: entry & ~Self.tagBits) - 1 : -1)
                }
                for index in 0..<count where ids[index] >= 0 {
                    work[count + index] = UInt64(bytes[min(Int(places[Int(ids[index])].start), bytes.count - 1)])
                }
                start = 0
                for index in 0..<count {
                    let text = UnsafeBufferPointer(start: base + start, count: ends[index] - start)
                    if ids[index] < 0 || !equals(places[Int(ids[index])], text) {
                        ids[index] = find(text).id.map { Int32($0) } ?? -1
                    }
                    start = ends[index]
                }
            }
        }
    }

    /// A part of `bytes`, and its hash.
    struct Part {
        var start: Int
        var length: Int
        var hash: UInt64
    }

    /// The ids of parts of the vocabulary's own bytes, -1 for those that are no tokens; in rounds as well.
    func ids(_ parts: [Part], into ids: inout [Int32]) {
        ids.removeAll(keepingCapacity: true)
        let isElsewhere: Int32 = -2
        for part in parts {
            let entry = slots[Int(truncatingIfNeeded: part.hash >> 32) & mask]
            if entry == 0 {
                ids.append(-1)
            } else {
                // Of a slot that another text has, the place is found later.
                let isHere = entry & Self.tagBits == part.hash & Self.tagBits
                ids.append(isHere ? Int32(truncatingIfNeeded: entry) - 1 : isElsewhere)
            }
        }
        bytes.withUnsafeBufferPointer { bytes in
            for (index, part) in parts.enumerated() where ids[index] != -1 {
                let text = UnsafeBufferPointer(rebasing: bytes[part.start..<part.start + part.length])
                if ids[index] == isElsewhere || !equals(places[Int(ids[index])], text) {
                    ids[index] = find(text).id.map { Int32($0) } ?? -1
                }
            }
        }
    }

    /// One bit for each text's hash, few enough to stay in a processor's cache: tells most texts that are no tokens at once.
    struct Filter {
        private var bits: [UInt64]

        fileprivate init(_ entries: [UInt64]) {
            var size = 16
            while size * 8 < entries.count { size *= 2 }
            bits = [UInt64](repeating: 0, count: size)
            for entry in entries where entry != 0 { bits[place(entry)] |= bit(entry) }
        }

        private func place(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 38) & (bits.count - 1) }
        private func bit(_ hash: UInt64) -> UInt64 { 1 << (hash >> 32 & 63) }

        /// False only for texts that are no tokens.
        @inline(__always) func mayHave(_ hash: UInt64) -> Bool { bits[place(hash)] & bit(hash) != 0 }
    }

    var filter: Filter { Filter(slots) }

    @inline(__always) private func equals(_ place: Place, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard Int(place.length) == text.count else { return false }
        guard let other = text.baseAddress, !text.isEmpty else { return true }
        return bytes.withUnsafeBufferPointer { bytes in
            let mine = UnsafeRawPointer(bytes.baseAddress! + Int(place.start))
            let other = UnsafeRawPointer(other)
            if text.count > 16 { return memcmp(mine, other, text.count) == 0 }
            func same<T: FixedWidthInteger>(_ type: T.Type) -> Bool {
                let last = text.count - MemoryLayout<T>.size
                return mine.loadUnaligned(as: T.self) == other.loadUnaligned(as: T.self)
                    && mine.loadUnaligned(fromByteOffset: last, as: T.self)
                        == other.loadUnaligned(fromByteOffset: last, as: T.self)
            }
            if text.count >= 8 { return same(UInt64.self) }
            if text.count >= 4 { return same(UInt32.self) }
            return same(UInt8.self) && (text.count < 3 || bytes[Int(place.start) + 1] == text[1])
        }
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        mask = slots.count - 1
        for entry in old where entry != 0 {
            var slot = Int(truncatingIfNeeded: entry >> 32) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = entry
        }
    }
}
