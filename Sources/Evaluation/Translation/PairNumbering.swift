/// Numbers pairs in the order in which they first come: 0, 1, …
///
/// An n-gram is a pair of the n-gram without its last symbol, whose number is known, and that symbol. So n-grams of any
/// length are compared exactly, at the price of one look-up each.
struct PairNumbering: Sendable {
    private struct Slot {
        var pair: UInt64 = 0
        var number: UInt32 = 0
        /// The round of which the slot is; those of earlier rounds are free.
        var round: UInt32 = 0
    }

    private var slots = [Slot](repeating: Slot(), count: 64)
    private var mask = 63
    private var round: UInt32 = 1
    private(set) var count = 0
    /// Of the hash, so that no text can be made to collide. Numbers don't depend on it.
    private let seed = UInt64.random(in: .min ... .max) | 1

    /// Forgets all pairs, for a round of at most `capacity` different ones. O(1) unless more memory is needed.
    mutating func reset(capacity: Int) {
        var size = 64
        while size < capacity + capacity / 2 { size *= 2 }
        if size > slots.count || round == .max {
            slots = [Slot](repeating: Slot(), count: max(size, slots.count))
            round = 0
        }
        round += 1
        mask = size - 1
        count = 0
    }

    /// The pair's number, which is new if the pair is.
    mutating func number(_ first: UInt32, _ second: UInt32) -> UInt32 {
        let pair = UInt64(first) << 32 | UInt64(second)
        let place = place(of: pair)
        if slots[place].round != round {
            precondition(count <= mask, "more pairs than reset(capacity:) was told")
            slots[place] = Slot(pair: pair, number: UInt32(count), round: round)
            count += 1
        }
        return slots[place].number
    }

    func existingNumber(_ first: UInt32, _ second: UInt32) -> UInt32? {
        let place = place(of: UInt64(first) << 32 | UInt64(second))
        return slots[place].round == round ? slots[place].number : nil
    }

    /// Where the pair is, or would be.
    @inline(__always) private func place(of pair: UInt64) -> Int {
        let product = (pair ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: seed)
        var place = Int(truncatingIfNeeded: product.high ^ product.low) & mask
        while slots[place].round == round, slots[place].pair != pair { place = (place + 1) & mask }
        return place
    }
}
