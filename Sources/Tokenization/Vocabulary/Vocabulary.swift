/// The texts of tokens by id, and ids by text.
///
/// Texts are bytes in one block: as `String`s, those that are canonically equivalent would be one.
struct Vocabulary: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where the text of each id is in `bytes`; a length of -1 is an id without a token.
    private var starts: [UInt32] = []
    private var lengths: [Int32] = []
    /// Open addressing: the upper half of a text's hash, and its id + 1 below; 0 is a free slot.
    private var slots: [UInt64]
    private var mask: Int
    /// Number of texts.
    private(set) var count = 0
    /// Ids whose text is that of a later one too.
    private(set) var repeatedIDs: [Int] = []

    init(capacity: Int = 16) {
        var size = 64
        while size < capacity * 2 { size *= 2 }
        slots = [UInt64](repeating: 0, count: size)
        mask = size - 1
        starts.reserveCapacity(capacity)
        lengths.reserveCapacity(capacity)
        bytes.reserveCapacity(capacity * 8)
    }

    /// One more than the largest id.
    var idCount: Int { lengths.count }

    /// The text of a token; nil if there is no such id.
    func text(_ id: Int) -> ArraySlice<UInt8>? {
        guard id >= 0, id < lengths.count, lengths[id] >= 0 else { return nil }
        return bytes[Int(starts[id])..<Int(starts[id]) + Int(lengths[id])]
    }

    func length(_ id: Int) -> Int { Int(lengths[id]) }

    /// Enters a text; one entered before keeps its place and gets the new id.
    mutating func insert(_ text: UnsafeBufferPointer<UInt8>, id: Int) {
        if id >= lengths.count {
            starts.append(contentsOf: repeatElement(0, count: id + 1 - lengths.count))
            lengths.append(contentsOf: repeatElement(-1, count: id + 1 - lengths.count))
        }
        if (count + 1) * 2 > slots.count { grow() }
        starts[id] = UInt32(truncatingIfNeeded: bytes.count)
        lengths[id] = Int32(truncatingIfNeeded: text.count)
        bytes.append(contentsOf: text)
        let (slot, found) = find(text)
        if let found, found != id { lengths[found] = -1 }
        if found == nil { count += 1 }
        slots[slot] = Self.tag(text) | UInt64(id + 1)
    }

    mutating func insert(_ text: some Sequence<UInt8>, id: Int) {
        let text = Array(text)
        text.withUnsafeBufferPointer { insert($0, id: id) }
    }

    /// Adds a text at the end of a list; the same text before it keeps its place too, but this is the id of it.
    mutating func append(_ text: UnsafeBufferPointer<UInt8>, id: Int) {
        let other = find(text).id
        insert(text, id: id)
        if let other {
            lengths[other] = Int32(text.count)
            repeatedIDs.append(other)
        }
    }

    func id(_ text: UnsafeBufferPointer<UInt8>) -> Int? { find(text).id }

    func id(_ text: [UInt8]) -> Int? { text.withUnsafeBufferPointer { find($0).id } }

    func id(_ text: String) -> Int? { id(Array(text.utf8)) }

    @inline(__always) private static func tag(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
        guard let base = text.baseAddress else { return 0 }
        return ByteHash.hash(base, text.count) & 0xFFFF_FFFF_0000_0000
    }

    @inline(__always) private func find(_ text: UnsafeBufferPointer<UInt8>) -> (slot: Int, id: Int?) {
        let tag = Self.tag(text)
        var slot = Int(truncatingIfNeeded: tag >> 32) & mask
        while true {
            let entry = slots[slot]
            if entry == 0 { return (slot, nil) }
            if entry & 0xFFFF_FFFF_0000_0000 == tag {
                let id = Int(entry & 0xFFFF_FFFF) - 1
                if Int(lengths[id]) == text.count, equals(id, text) { return (slot, id) }
            }
            slot = (slot + 1) & mask
        }
    }

    @inline(__always) private func equals(_ id: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { all in
            let start = Int(starts[id])
            for index in 0..<text.count where all[start + index] != text[index] { return false }
            return true
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
