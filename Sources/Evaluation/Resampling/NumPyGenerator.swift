/// The random numbers of NumPy's `default_rng(seed)`, so that resamples are those that sacrebleu draws.
///
/// A permuted congruential generator of 128 bits with output XSL-RR. Sources: M. O'Neill, PCG: a family of simple fast
/// space-efficient statistically good algorithms for random number generation, 2014; NumPy's `SeedSequence`, `pcg64.c` and
/// `distributions.c`; D. Lemire, Fast random integer generation in an interval, 2019.
package struct NumPyGenerator: Sendable {
    private var state: (high: UInt64, low: UInt64) = (0, 0)
    private let increment: (high: UInt64, low: UInt64)
    /// The upper half of a number whose lower half was used.
    private var half: UInt32?

    package init(seed: UInt64) {
        let words = SeedSequence(seed).words()
        // 2 i + 1
        increment = (words[2] << 1 | words[3] >> 63, words[3] << 1 | 1)
        step()
        Self.add(&state, (words[0], words[1]))
        step()
    }

    private static func add(_ a: inout (high: UInt64, low: UInt64), _ b: (high: UInt64, low: UInt64)) {
        let (low, carries) = a.low.addingReportingOverflow(b.low)
        a = (a.high &+ b.high &+ (carries ? 1 : 0), low)
    }

    private mutating func step() {
        let multiplier: (high: UInt64, low: UInt64) = (0x2360_ED05_1FC6_5DA4, 0x4385_DF64_9FCC_F645)
        let (high, low) = state.low.multipliedFullWidth(by: multiplier.low)
        state = (high &+ state.high &* multiplier.low &+ state.low &* multiplier.high, low)
        Self.add(&state, increment)
    }

    private mutating func next64() -> UInt64 {
        step()
        let (value, rotation) = (state.high ^ state.low, state.high >> 58)
        return value >> rotation | value << ((64 &- rotation) & 63)
    }

    private mutating func next32() -> UInt32 {
        if let half {
            self.half = nil
            return half
        }
        let value = next64()
        half = UInt32(value >> 32)
        return UInt32(truncatingIfNeeded: value)
    }

    /// A whole number from 0 to below `bound`, as `integers(bound)` and `choice(bound)` draw it.
    ///
    /// - Precondition: `bound` is positive.
    package mutating func index(below bound: UInt32) -> Int {
        precondition(bound > 0, "no number is below 0")
        // Nothing is drawn where there is no choice.
        guard bound > 1 else { return 0 }
        var product = UInt64(next32()) * UInt64(bound)
        if UInt32(truncatingIfNeeded: product) < bound {
            let threshold = (0 &- bound) % bound
            while UInt32(truncatingIfNeeded: product) < threshold {
                product = UInt64(next32()) * UInt64(bound)
            }
        }
        return Int(product >> 32)
    }
}

/// NumPy's `SeedSequence`: spreads a seed over the bits of a generator's state.
private struct SeedSequence {
    private var pool: [UInt32] = []

    init(_ seed: UInt64) {
        var constant: UInt32 = 0x43B0_D7E5
        func hash(_ value: UInt32) -> UInt32 { Self.hash(value, &constant, multiplier: 0x931E_8875) }
        pool = [UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32), 0, 0].map(hash)
        for source in 0..<4 {
            for target in 0..<4 where target != source {
                let mixed = 0xCA01_F9DD &* pool[target] &- 0x4973_F715 &* hash(pool[source])
                pool[target] = mixed ^ mixed >> 16
            }
        }
    }

    private static func hash(_ value: UInt32, _ constant: inout UInt32, multiplier: UInt32) -> UInt32 {
        var value = value ^ constant
        constant &*= multiplier
        value &*= constant
        return value ^ value >> 16
    }

    /// The four words of a state and an increment.
    func words() -> [UInt64] {
        var constant: UInt32 = 0x8B51_F9DD
        let halves = (0..<8).map { UInt64(Self.hash(pool[$0 % 4], &constant, multiplier: 0x58F3_8DED)) }
        return (0..<4).map { halves[2 * $0] | halves[2 * $0 + 1] << 32 }
    }
}
