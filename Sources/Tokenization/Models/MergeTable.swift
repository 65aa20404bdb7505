/// What merging two adjacent tokens gives, by their ids.
struct MergeTable: Sendable {
    /// `rank << 32 | id of the merged token`; `none` if the two aren't merged.
    typealias Merge = UInt64
    static let none = UInt64.max

    /// Keys and values by turns.
    private var slots: [UInt64]
    private var mask: Int
    private let factor: UInt64
    private(set) var count = 0

    init(capacity: Int) {
        var size = 64
        while size < capacity * 2 { size *= 2 }
        slots = [UInt64](repeating: .max, count: size * 2)
        mask = size - 1
        factor = ByteHash.seed
    }

    @inline(__always) private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    @inline(__always) private func slot(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: ByteHash.fold(key ^ 0x9E37_79B9_7F4A_7C15, factor)) & mask
    }

    /// Enters a merge; the last of several for the same pair counts.
    mutating func insert(_ left: Int32, _ right: Int32, rank: Int, id: Int32) {
        if count * 2 > mask { grow() }
        let key = Self.key(left, right)
        var slot = slot(key)
        while slots[slot * 2] != .max, slots[slot * 2] != key { slot = (slot + 1) & mask }
        if slots[slot * 2] == .max { count += 1 }
        slots[slot * 2] = key
        slots[slot * 2 + 1] = UInt64(UInt32(truncatingIfNeeded: rank)) << 32 | UInt64(UInt32(bitPattern: id))
    }

    /// Reads the place of a pair, so that it is at hand when the pair is entered.
    @inline(__always) func touch(_ left: Int32, _ right: Int32) -> UInt64 {
        slots[slot(Self.key(left, right)) * 2]
    }

    @inline(__always) subscript(left: Int32, right: Int32) -> Merge {
        let key = Self.key(left, right)
        var slot = slot(key)
        return slots.withUnsafeBufferPointer { slots in
            while true {
                let found = slots[slot &* 2]
                if found == key { return slots[slot &* 2 &+ 1] }
                if found == .max { return Self.none }
                slot = (slot &+ 1) & mask
            }
        }
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: .max, count: old.count * 2)
        mask = old.count - 1
        for index in stride(from: 0, to: old.count, by: 2) where old[index] != .max {
            var slot = slot(old[index])
            while slots[slot * 2] != .max { slot = (slot + 1) & mask }
            slots[slot * 2] = old[index]
            slots[slot * 2 + 1] = old[index + 1]
        }
    }
}
