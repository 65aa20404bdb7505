/// A tree of byte strings, each with a value, walked byte by byte.
struct ByteTrie: Sendable {
    /// Children of the root by byte, which most walks don't get past.
    private var roots = [Int32](repeating: -1, count: 256)
    private var values: [Int32] = [-1]
    /// Open addressing: `(node << 8 | byte) << 28 | child`; 0 is a free slot.
    private var slots: [UInt64]
    private var mask: Int

    /// Nodes are numbers of 28 bits.
    static let mostNodes = 1 << 28

    init(bytes: Int = 0) {
        var size = 64
        while size < bytes * 2 { size *= 2 }
        slots = [UInt64](repeating: 0, count: size)
        mask = size - 1
    }

    var isEmpty: Bool { values.count == 1 }

    @inline(__always) func child(root byte: UInt8) -> Int32 { roots[Int(byte)] }

    /// -1 if there is none.
    @inline(__always) func child(_ node: Int32, _ byte: UInt8) -> Int32 {
        let key = UInt64(node) << 8 | UInt64(byte)
        var slot = place(key)
        while true {
            let entry = slots[slot]
            if entry == 0 { return -1 }
            if entry >> 28 == key { return Int32(truncatingIfNeeded: entry & 0xFFF_FFFF) }
            slot = (slot + 1) & mask
        }
    }

    /// -1 for a node that only leads to others.
    @inline(__always) func value(_ node: Int32) -> Int32 { values[Int(node)] }

    @inline(__always) private func place(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: ByteHash.fold(key ^ 0x9E37_79B9_7F4A_7C15, ByteHash.seed)) & mask
    }

    /// Enters a string that isn't empty; its last value counts.
    mutating func insert(_ text: some Sequence<UInt8>, value: Int32) {
        var node: Int32 = 0
        for byte in text {
            let known = node == 0 ? roots[Int(byte)] : child(node, byte)
            if known >= 0 {
                node = known
                continue
            }
            guard values.count < Self.mostNodes else { return }
            let new = Int32(values.count)
            values.append(-1)
            if node == 0 {
                roots[Int(byte)] = new
            } else {
                if values.count * 2 > slots.count { grow() }
                store(UInt64(node) << 8 | UInt64(byte), new)
            }
            node = new
        }
        if node > 0 { values[Int(node)] = value }
    }

    private mutating func store(_ key: UInt64, _ child: Int32) {
        var slot = place(key)
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = key << 28 | UInt64(child)
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        mask = slots.count - 1
        for entry in old where entry != 0 { store(entry >> 28, Int32(entry & 0xFFF_FFFF)) }
    }
}
